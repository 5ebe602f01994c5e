import type { IncomingMessage } from 'node:http';
import type { Delivery } from '../config/send-report-config.ts';
import { RunError } from '../errors.ts';
import type { Report } from '../report/build-report.ts';
import { RESPONSE_TIMEOUT_MS, statusError, unreachableError } from './errors.ts';
import { post } from './request.ts';

/** Time limit in milliseconds for the body of the reply, after the status line. */
const REPLY_TIMEOUT_MS = 5_000;
/** The built-in reporter reads 4096 bytes of status line, headers and body together. */
const REPLY_LIMIT_BYTES = 4_096;

/** Proof that a report was sent. */
export interface Receipt {
  /** The endpoint's host. */
  readonly endpoint: string;
  readonly status: number;
  /** ISO 8601, UTC: when the reply's status line arrived. */
  readonly at: string;
}

/** Reply after a 2xx status: its body, or why the body could not be read. */
export type Reply =
  | { readonly body: Uint8Array }
  | { readonly unreadable: 'too large' | 'too slow' | 'connection lost' };

/** A report that was sent. */
export interface Sent {
  readonly receipt: Receipt;
  /**
   * Reads the reply, within its time limit. An unreadable reply is not a failure.
   *
   * @param remainingMs remaining time of the run
   * @throws RunError ENDPOINT_* for a status that is not 2xx
   */
  readonly readReply: (remainingMs: number) => Promise<Reply>;
}

async function readReply(response: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Reply> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.byteLength;
      if (bytes > REPLY_LIMIT_BYTES) return { unreadable: 'too large' };
      chunks.push(chunk);
    }
  } catch {
    return { unreadable: signal.aborted ? 'too slow' : 'connection lost' };
  }
  return { body: Buffer.concat(chunks) };
}

/**
 * Posts the exact bytes of the report once, and waits for the status line.
 *
 * @throws RunError ENDPOINT_* when no status line arrives
 */
export async function deliver(
  report: Report,
  { endpoint }: Delivery,
  signal: AbortSignal,
): Promise<Sent> {
  const waiting = new AbortController();
  const either = AbortSignal.any([signal, waiting.signal]);
  const abortAfter = (ms: number): NodeJS.Timeout =>
    setTimeout(
      () => waiting.abort(new DOMException('The endpoint did not answer in time.', 'TimeoutError')),
      ms,
    );
  const timer = abortAfter(RESPONSE_TIMEOUT_MS);
  let response: IncomingMessage;
  try {
    response = await post(endpoint, report.body, either);
  } catch (error) {
    throw error instanceof RunError ? error : unreachableError(error);
  } finally {
    clearTimeout(timer);
  }
  const { statusCode: status = 0 } = response;
  return {
    receipt: { endpoint: new URL(endpoint).host, status, at: new Date().toISOString() },
    async readReply(remainingMs) {
      const replyTimer = abortAfter(Math.max(0, Math.min(REPLY_TIMEOUT_MS, remainingMs)));
      try {
        if (status < 200 || status > 299) throw statusError(status);
        return await readReply(response, either);
      } finally {
        clearTimeout(replyTimer);
        waiting.abort();
      }
    },
  };
}
