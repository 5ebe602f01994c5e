import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import { listenOnFreePort } from '../../local/loopback.ts';

/** A certificate for `localhost` alone, and the authority that has signed it. */
export interface Identity {
  readonly authority: string;
  readonly cert: string;
  readonly key: string;
}

export async function createIdentity(): Promise<Identity> {
  const options = { keyType: 'ec', algorithm: 'sha256' } as const;
  const ca = await generate([{ name: 'commonName', value: 'Authority of the way out' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const own = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  return { authority: ca.cert, cert: own.cert, key: own.private };
}

async function closing(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
}

/** Keeps every socket, so that all can be closed. */
function keepSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  return sockets;
}

/** Speaks TLS and listens to what comes through it. */
export interface TlsEndpoint extends AsyncDisposable {
  readonly port: number;
  /** How many TCP connections were opened to it. */
  readonly connections: () => number;
  /** How many of them came through the handshake. */
  readonly handshakes: () => number;
  /** How many bytes came after that, inside of TLS. */
  readonly bytes: () => number;
}

export async function startTlsEndpoint({ cert, key }: Identity): Promise<TlsEndpoint> {
  let handshakes = 0;
  let bytes = 0;
  const server = createTlsServer({ cert, key }, (socket) => {
    handshakes += 1;
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
    });
  });
  server.on('tlsClientError', () => undefined);
  const sockets = keepSockets(server);
  const port = await listenOnFreePort(server);
  return {
    port,
    connections: () => sockets.size,
    handshakes: () => handshakes,
    bytes: () => bytes,
    [Symbol.asyncDispose]: () => closing(server, sockets),
  };
}

/** An HTTP proxy that knows CONNECT. */
export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** What it was asked for, in the request line and in the headers. */
  readonly asked: readonly { readonly authority: string; readonly headers: IncomingHttpHeaders }[];
}

/**
 * @param status what it answers; anything but 200 lets nothing through
 */
export async function startConnectProxy(status = 200): Promise<ConnectProxy> {
  const asked: { authority: string; headers: IncomingHttpHeaders }[] = [];
  const server = createHttpServer();
  const sockets = keepSockets(server);
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    asked.push({ authority: url, headers });
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const beyond = connect(Number(url.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Yes\r\n\r\n');
      client.pipe(beyond);
      beyond.pipe(client);
    });
    sockets.add(beyond);
    beyond.on('error', () => client.destroy());
  });
  const port = await listenOnFreePort(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: () => closing(server, sockets),
  };
}
