import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Socket } from 'node:net';
import type { Delivery } from '../config/send-report-config.ts';
import { errorCodeOf, RunError } from '../errors.ts';
import { tlsFaultOf, tlsOriginOf } from '../network/tls-faults.ts';
import { PRODUCT } from '../product.ts';
import type { Report } from '../report/build-report.ts';
import { endpointTlsError } from './tls-error.ts';

/** To connect, send, and get the status line. */
export const RESPONSE_TIMEOUT_MS = 10_000;
/** To read the reply's body after that. */
const REPLY_TIMEOUT_MS = 5_000;
/** The built-in reporter reads 4096 bytes of status line, headers and body together; a real reply is far smaller. */
const REPLY_LIMIT_BYTES = 4_096;
/** Interim responses (100, 102, 103) that are accepted before the final one; a proxy sends one or two. */
const MAX_INTERIM_RESPONSES = 10;

/**
 * Every header that we send; Node adds Host and Content-Length. The README publishes the list and a test pins it. The
 * connection is for one report, so that none waits, half dead, in a function that Lambda has frozen.
 */
export const REQUEST_HEADERS = {
  Connection: 'close',
  'Content-Type': 'application/json',
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'User-Agent': PRODUCT,
} as const;

/** Node tells it of every socket that is about to connect, that to a proxy among them. */
const SOCKETS = 'net.client.socket';

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

/** Why there is no status line: what a request, a socket or TLS has thrown. */
export function unreachableError(original: unknown): RunError {
  const origin = errorCodeOf(original);
  const details = { origin, original };
  if (origin === 'TimeoutError') {
    return new RunError(
      'ENDPOINT_TIMEOUT',
      `The telemetry endpoint did not answer within ${RESPONSE_TIMEOUT_MS / 1000} s.`,
      {
        remedy:
          'In a private subnet the function needs a NAT gateway or a proxy (HTTPS_PROXY with NODE_USE_ENV_PROXY=1). It is tried again by itself.',
        ...details,
      },
    );
  }
  const fault = tlsFaultOf(original);
  if (fault !== undefined) {
    return endpointTlsError(fault, { origin: tlsOriginOf(original), original });
  }
  return new RunError(
    'ENDPOINT_UNREACHABLE',
    'The telemetry endpoint cannot be reached, or broke the connection off.',
    {
      remedy:
        'Check the way out: NAT gateway or proxy, security group, name resolution. It is tried again by itself.',
      ...details,
    },
  );
}

function statusError(status: number): RunError {
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
        ? 'The endpoint is overloaded or broken. It is tried again by itself.'
        : 'Check the endpoint in DELIVERY, and whether a proxy on the way refuses the request.',
      origin: String(status),
    },
  );
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
    return { unreadable: signal.aborted ? 'too slow' : 'broken off' };
  }
  return { body: Buffer.concat(chunks) };
}

/**
 * The request of a report. Nothing is written, and not even its headers, before it is ended.
 *
 * One request, and not fetch: as the standard has it, fetch posts a second time after a status of 421, makes an error of
 * 407, and inflates what comes back. Node's own agents find the proxy of NODE_USE_ENV_PROXY, too.
 *
 * @param signal when aborted, ends it, and every socket of it
 * @param fail told why there will be no answer
 * @param notice told of the socket, to the endpoint or to a proxy, before it connects
 */
export function openRequest(
  endpoint: string,
  signal: AbortSignal,
  fail: (reason: unknown) => void,
  notice: (socket: Socket) => void = () => undefined,
): ClientRequest {
  const sockets: Socket[] = [];
  const hear = (message: unknown): void => {
    const socket: unknown = Object(message).socket;
    if (!(socket instanceof Socket)) return;
    sockets.push(socket);
    notice(socket);
  };
  const start = endpoint.startsWith('https:') ? requestHttps : requestHttp;
  subscribe(SOCKETS, hear);
  let request: ClientRequest;
  try {
    request = start(endpoint, { method: 'POST', headers: REQUEST_HEADERS });
  } finally {
    unsubscribe(SOCKETS, hear);
  }
  request.on('error', fail);
  signal.addEventListener(
    'abort',
    () => {
      request.destroy();
      // The request does not know the one to its proxy: it would go on to the endpoint as soon as the proxy answers.
      for (const socket of sockets) socket.destroy();
      // A request that has no connection yet, because its proxy is silent, does not tell that it is over.
      fail(signal.reason);
    },
    { once: true },
  );
  return request;
}

function post(endpoint: string, body: Uint8Array, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = openRequest(endpoint, signal, reject);
    request.on('response', resolve);
    let interimResponses = 0;
    request.on('information', ({ statusCode }) => {
      interimResponses += 1;
      if (interimResponses <= MAX_INTERIM_RESPONSES) return;
      // First: the bytes at hand may hold the final response too.
      reject(statusError(statusCode));
      request.destroy();
    });
    // An answer of 101; without a listener the connection stays, and nothing comes of it.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    request.end(body);
  });
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
      const replyTimer = giveUpAfter(Math.max(0, Math.min(REPLY_TIMEOUT_MS, remainingMs)));
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
