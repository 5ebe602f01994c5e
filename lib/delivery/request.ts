import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Socket } from 'node:net';
import { PRODUCT } from '../product.ts';
import { statusError } from './errors.ts';

/** Maximum number of interim responses (100, 102, 103) before the final one; a proxy sends one or two. */
const MAX_INTERIM_RESPONSES = 10;

/**
 * All headers of the request, except Host and Content-Length, which Node adds. docs/what-is-sent.md publishes this list, and a
 * test compares the two. `Connection: close`: a connection does not survive while Lambda freezes the function.
 */
export const REQUEST_HEADERS = {
  Connection: 'close',
  'Content-Type': 'application/json',
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'User-Agent': PRODUCT,
} as const;

/** Node's diagnostics channel of sockets that are about to connect, also to a proxy. */
const SOCKETS = 'net.client.socket';

/**
 * Opens the request of a report. Nothing is written, not even its headers, before the request is ended.
 *
 * Does not use fetch, which by its standard posts again after the status 421, makes an error of 407, and decompresses the
 * reply. Node's agents support the proxy of NODE_USE_ENV_PROXY.
 *
 * @param signal when aborted, ends the request and all its sockets
 * @param fail called with the reason when no response will follow
 * @param notice called with each socket, to the endpoint or to a proxy, before it connects
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
      // The request does not own the socket to its proxy, which would connect to the endpoint once the proxy answers.
      for (const socket of sockets) socket.destroy();
      // A request without a connection, which waits for a proxy, emits no event when it is destroyed.
      fail(signal.reason);
    },
    { once: true },
  );
  return request;
}

/** Posts a body, and waits for the response's headers. */
export function post(
  endpoint: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = openRequest(endpoint, signal, reject);
    request.on('response', resolve);
    let interimResponses = 0;
    request.on('information', ({ statusCode }) => {
      interimResponses += 1;
      if (interimResponses <= MAX_INTERIM_RESPONSES) return;
      // First, because the bytes already received may include the final response.
      reject(statusError(statusCode));
      request.destroy();
    });
    // For the status 101; without a listener the request would neither end nor fail.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    request.end(body);
  });
}
