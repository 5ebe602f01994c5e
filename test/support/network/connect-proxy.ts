import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { listenOnFreePort } from '../../../emulator/http-server.ts';

/** An HTTP CONNECT proxy on loopback. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** All requests so far: `CONNECT host:port` or `GET http://…`. */
  readonly requests: readonly string[];
}

/** Handles the request of a client for a tunnel to `host:port`. */
export type TunnelHandler = (client: Socket, authority: string) => void;

/** Opens the requested tunnel, or one to a port of loopback instead. */
export const tunnel =
  (toPort?: () => number): TunnelHandler =>
  (client, authority) => {
    const [host = '', port] = authority.split(':');
    const server =
      toPort === undefined ? connect(Number(port), host) : connect(toPort(), '127.0.0.1');
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(server).pipe(client);
  };

/**
 * Starts a proxy that answers CONNECT requests with `answer` and refuses all others.
 *
 * @param tls makes it an https proxy on `localhost`
 */
export async function startConnectProxy(
  answer: TunnelHandler,
  tls?: TlsOptions,
): Promise<ConnectProxy> {
  const requests: string[] = [];
  const clients = new Set<Socket>();
  const refuse = ({ method, url }: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${method} ${url}`);
    response.writeHead(502).end();
  };
  const proxy = tls === undefined ? createServer(refuse) : createHttpsServer(tls, refuse);
  proxy.on('connection', (client: Socket) => {
    clients.add(client.on('error', () => undefined));
  });
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    requests.push(`CONNECT ${url}`);
    answer(client, url);
  });
  const port = await listenOnFreePort(proxy);
  return {
    url: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
