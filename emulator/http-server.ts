import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TlsOptions } from 'node:tls';

/** An HTTP server on loopback. */
export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, or `https://localhost:<port>`. */
  readonly url: string;
  /** The number of TCP connections so far, also of those without a request. */
  readonly connections: () => number;
  /** The number of TCP connections that are open now. */
  readonly openConnections: () => number;
}

/** Listens on a free port of loopback, and returns it. */
export async function listenOnFreePort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('The server has no TCP port.');
  return address.port;
}

/** Ports below those that operating systems give to connections and to servers without a port of their own. */
const FREE_PORTS = { first: 10_000, last: 29_999 };

/** Returns a port of loopback on which no server listens, and which no other process gets by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FREE_PORTS.first, FREE_PORTS.last + 1);
    const server = createTcpServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  return buffer(request);
}

export interface ListenOptions {
  /** Makes it an HTTPS server. */
  readonly tls?: TlsOptions | undefined;
  /** Receives each TCP connection before anything is read from it. */
  readonly greet?: (socket: Socket) => void;
  /** Time after which an idle connection is closed, in milliseconds; 0 for never. Node's default is 5 s. */
  readonly keepAliveMs?: number;
}

/** Listens on a free port of loopback. An error in the answer closes the connection. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void,
  { tls, greet, keepAliveMs }: ListenOptions = {},
): Promise<LoopbackServer> {
  let connections = 0;
  let open = 0;
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    Promise.resolve(answer(request, response)).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(onRequest) : createHttpsServer(tls, onRequest);
  if (keepAliveMs !== undefined) server.keepAliveTimeout = keepAliveMs;
  server.on('connection', (socket) => {
    connections += 1;
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    greet?.(socket);
  });
  const port = await listenOnFreePort(server);
  return {
    url: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    connections: () => connections,
    openConnections: () => open,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
