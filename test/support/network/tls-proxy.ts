import { connect, type Socket } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { type SocketServer, serveSockets } from './sockets.ts';

/**
 * Answers the question for TLS with yes, as PostgreSQL does, and does the handshake with these options.
 *
 * @param talk what is done with what comes through it
 */
export async function serveTls(
  options: TLSSocketOptions,
  talk: (secured: TLSSocket, socket: Socket) => void = () => undefined,
): Promise<SocketServer> {
  return serveSockets((socket: Socket) => {
    socket.once('data', () => {
      socket.write('S');
      const secured = new TLSSocket(socket, { ...options, isServer: true });
      secured.on('error', () => socket.destroy());
      talk(secured, socket);
    });
  });
}

/**
 * A proxy that ends TLS in front of the server at a port of loopback, so that it can have any certificate.
 *
 * @param hear gets what the client says, and the connection that it says it on
 */
export async function startTlsProxy(
  serverPort: number,
  options: TLSSocketOptions,
  hear: (chunk: Buffer, socket: Socket) => void = () => undefined,
): Promise<SocketServer> {
  return serveTls(options, (secured, socket) => {
    const server = connect(serverPort, '127.0.0.1').on('error', () => undefined);
    secured.pipe(server).pipe(secured);
    secured.on('data', (chunk: Buffer) => hear(chunk, socket));
    secured.on('close', () => server.destroy());
  });
}
