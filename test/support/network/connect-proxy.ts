import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { listenOnFreePort } from '../../../emulator/http-server.ts';

/** A proxy for https on loopback. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** Every request so far, `CONNECT host:port` or `GET http://…`: nothing else may come here than what is meant to. */
  readonly requests: readonly string[];
}

/** What is done with a client that asks for a tunnel to `host:port`. */
export type Tunnelling = (client: Socket, authority: string) => void;

/** Makes the tunnel, to where the client wants to or to a port of loopback. */
export const tunnel =
  (toPort?: () => number): Tunnelling =>
  (client, authority) => {
    const [host = '', port] = authority.split(':');
    const server =
      toPort === undefined ? connect(Number(port), host) : connect(toPort(), '127.0.0.1');
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(server).pipe(client);
  };

/** @param tls with it the proxy itself speaks https, on `localhost` */
export async function startConnectProxy(
  answer: Tunnelling,
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
