import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listenOnFreePort } from '../../../emulator/http-server.ts';

/** A server on loopback that speaks in bytes. */
export interface SocketServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Each connection gets `talk`; what goes wrong on it is nobody's concern.
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

/** Of one connection through a proxy. */
export interface Ends {
  readonly client: Socket;
  readonly server: Socket;
}

/** What a proxy does with what is said, instead of handing it on. */
export interface Meddling {
  readonly fromClient?: (chunk: Buffer) => void;
  readonly fromServer?: (chunk: Buffer) => void;
}

/** A proxy in front of the server at a port of loopback, in plain text. When one side hangs up, so does the other. */
export async function startProxy(
  serverPort: number,
  meddle: (ends: Ends) => Meddling,
): Promise<SocketServer> {
  return serveSockets((client) => {
    const server = connect(serverPort, '127.0.0.1').on('error', () => undefined);
    const { fromClient, fromServer } = meddle({ client, server });
    client.on('data', fromClient ?? ((chunk: Buffer) => server.write(chunk)));
    server.on('data', fromServer ?? ((chunk: Buffer) => client.write(chunk)));
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    client.on('close', () => server.destroy());
  });
}

/** A proxy that hands on what is said, in both directions, but never that a side has hung up. */
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
