import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listenOnFreePort } from '../../../emulator/http-server.ts';

/** A TCP server on loopback. */
export interface SocketServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a server that calls `talk` for each connection. Errors of connections are ignored.
 *
 * @param allowHalfOpen see node:net
 */
export async function serveSockets(
  talk: (socket: Socket) => void,
  { allowHalfOpen = false } = {},
): Promise<SocketServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    talk(socket);
  });
  return {
    port: await listenOnFreePort(server),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The two sockets of one connection through a proxy. */
export interface ProxyEnds {
  readonly client: Socket;
  readonly server: Socket;
}

/** Handlers that get the bytes of a connection instead of the other end. */
export interface Interception {
  readonly fromClient?: (chunk: Buffer) => void;
  readonly fromServer?: (chunk: Buffer) => void;
}

/** Starts a plain-text proxy to a port of loopback. It closes both ends when one is closed. */
export async function startProxy(
  serverPort: number,
  intercept: (ends: ProxyEnds) => Interception,
): Promise<SocketServer> {
  return serveSockets((client) => {
    const server = connect(serverPort, '127.0.0.1').on('error', () => undefined);
    const { fromClient, fromServer } = intercept({ client, server });
    client.on('data', fromClient ?? ((chunk: Buffer) => server.write(chunk)));
    server.on('data', fromServer ?? ((chunk: Buffer) => client.write(chunk)));
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    client.on('close', () => server.destroy());
  });
}

/** Starts a proxy that passes on the bytes in both directions, but never the end of a connection. */
export async function startDeafProxy(serverPort: number): Promise<SocketServer> {
  const servers = new Set<Socket>();
  const proxy = await serveSockets(
    (client) => {
      const server = connect(serverPort, '127.0.0.1').on('error', () => undefined);
      servers.add(server);
      client.pipe(server, { end: false });
      server.pipe(client, { end: false });
      client.on('close', () => server.destroy());
    },
    { allowHalfOpen: true },
  );
  return {
    port: proxy.port,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.destroy();
      await proxy[Symbol.asyncDispose]();
    },
  };
}
