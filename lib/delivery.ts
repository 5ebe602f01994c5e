import { isTlsError, RunError, tokenOf } from './errors.ts';
import type { Report } from './report/report.ts';
import type { Delivery } from './settings.ts';
import { PRODUCT } from './version.ts';

/** To connect, send, and get the status line. */
const RESPONSE_TIMEOUT_MS = 10_000;
/** To read the reply's body after that. */
const REPLY_TIMEOUT_MS = 5_000;
/** The built-in reporter reads 4096 bytes of status line, headers and body together; a real reply is far smaller. */
const REPLY_LIMIT_BYTES = 4_096;

/**
 * Every header that we send; Node's fetch adds Host, Connection, Content-Length, Accept-Language and Sec-Fetch-Mode.
 * The README publishes the list and a test pins it.
 */
export const REQUEST_HEADERS = {
  'Content-Type': 'application/json',
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'User-Agent': PRODUCT,
} as const;

/** What left: the proof for whoever answers for it. */
export interface Receipt {
  /** The endpoint's host. */
  readonly endpoint: string;
  readonly status: number;
  /** ISO 8601, UTC: when the reply's status line arrived. */
  readonly at: string;
}

/** What came back after a 2xx status: the body, or why there is none to be judged. */
export type Reply =
  | { readonly body: Uint8Array }
  | { readonly unreadable: 'too large' | 'too slow' | 'broken off' };

/** The report has left: what proves it, and what came back. */
export interface Sent {
  readonly receipt: Receipt;
  /**
   * Reads the reply. One that cannot be read is no failure, and one that is too slow is not waited for.
   *
   * @param remainingMs what is left of the run
   * @throws RunError ENDPOINT_* for a status that is not 2xx
   */
  readonly readReply: (remainingMs: number) => Promise<Reply>;
}

/** The error under fetch's own "fetch failed". */
function causeOf(thrown: unknown): unknown {
  return thrown instanceof TypeError && thrown.cause !== undefined ? thrown.cause : thrown;
}

function unreachableError(thrown: unknown): RunError {
  const original = causeOf(thrown);
  const origin = tokenOf(original);
  const details = { origin, original };
  if (origin === 'TimeoutError') {
    return new RunError(
      'ENDPOINT_TIMEOUT',
      `The telemetry endpoint did not answer within ${RESPONSE_TIMEOUT_MS / 1000} s.`,
      {
        remedy:
          'In a private subnet the function needs a NAT gateway or a proxy (HTTPS_PROXY with NODE_USE_ENV_PROXY=1). The next tick tries again.',
        ...details,
      },
    );
  }
  if (isTlsError(origin)) {
    return new RunError(
      'ENDPOINT_TLS',
      'TLS with the telemetry endpoint failed: its certificate does not verify, or it speaks no version that this client accepts.',
      {
        remedy:
          'Something between the function and the endpoint may open TLS: give its authority with NODE_EXTRA_CA_CERTS. The report was not sent.',
        ...details,
      },
    );
  }
  return new RunError(
    'ENDPOINT_UNREACHABLE',
    'The telemetry endpoint cannot be reached, or broke the connection off.',
    {
      remedy:
        'Check the way out: NAT gateway or proxy, security group, name resolution. The next tick tries again.',
      ...details,
    },
  );
}

function statusError({ status }: Response): RunError {
  if (status >= 300 && status < 400) {
    return new RunError(
      'ENDPOINT_REDIRECTED',
      `The telemetry endpoint answered ${status}, a redirect; redirects are not followed.`,
      {
        remedy: 'Set the endpoint in DELIVERY to the address that is meant.',
        origin: String(status),
      },
    );
  }
  const isTemporary = status >= 500 || status === 408 || status === 429;
  return new RunError(
    isTemporary ? 'ENDPOINT_UNAVAILABLE' : 'ENDPOINT_REJECTED',
    `telemetry got unexpected HTTP response status: ${status}`,
    {
      remedy: isTemporary
        ? 'The endpoint is overloaded or broken. The next tick tries again.'
        : 'Check the endpoint in DELIVERY, and whether a proxy on the way refuses the request.',
      origin: String(status),
    },
  );
}

async function readReply(response: Response, signal: AbortSignal): Promise<Reply> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > REPLY_LIMIT_BYTES) return { unreadable: 'too large' };
      chunks.push(chunk);
    }
  } catch {
    return { unreadable: signal.aborted ? 'too slow' : 'broken off' };
  }
  return { body: Buffer.concat(chunks) };
}

/**
 * Posts the report's exact bytes, once, and waits for the status line.
 *
 * @throws RunError ENDPOINT_* when none arrives
 */
export async function deliver(
  report: Report,
  { endpoint }: Delivery,
  signal: AbortSignal,
): Promise<Sent> {
  const waiting = new AbortController();
  const either = AbortSignal.any([signal, waiting.signal]);
  const giveUpAfter = (ms: number): NodeJS.Timeout =>
    setTimeout(
      () => waiting.abort(new DOMException('The endpoint did not answer in time.', 'TimeoutError')),
      ms,
    );
  const timer = giveUpAfter(RESPONSE_TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      headers: REQUEST_HEADERS,
      body: report.body,
      redirect: 'manual',
      signal: either,
    });
  } catch (error) {
    throw unreachableError(error);
  } finally {
    clearTimeout(timer);
  }
  return {
    receipt: {
      endpoint: new URL(endpoint).host,
      status: response.status,
      at: new Date().toISOString(),
    },
    async readReply(remainingMs) {
      const replyTimer = giveUpAfter(Math.max(0, Math.min(REPLY_TIMEOUT_MS, remainingMs)));
      try {
        if (!response.ok) throw statusError(response);
        return await readReply(response, either);
      } finally {
        clearTimeout(replyTimer);
        waiting.abort();
      }
    },
  };
}
