import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listenOnFreePort } from '../../local/loopback.ts';

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

export async function startConnectProxy(answer: Tunnelling): Promise<ConnectProxy> {
  const requests: string[] = [];
  const clients = new Set<Socket>();
  const proxy = createServer(({ method, url }, response) => {
    requests.push(`${method} ${url}`);
    response.writeHead(502).end();
  });
  proxy.on('connection', (client: Socket) => {
    clients.add(client.on('error', () => undefined));
  });
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    requests.push(`CONNECT ${url}`);
    answer(client, url);
  });
  const port = await listenOnFreePort(proxy);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
