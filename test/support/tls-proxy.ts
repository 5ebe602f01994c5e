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
  talk: (secured: TLSSocket) => void = () => undefined,
): Promise<SocketServer> {
  return serveSockets((socket: Socket) => {
    socket.once('data', () => {
      socket.write('S');
      const secured = new TLSSocket(socket, { ...options, isServer: true });
      secured.on('error', () => socket.destroy());
      talk(secured);
    });
  });
}

/** A proxy that ends TLS in front of the server at a port of loopback, so that it can have any certificate. */
export async function startTlsProxy(
  serverPort: number,
  options: TLSSocketOptions,
): Promise<SocketServer> {
  return serveTls(options, (secured) => {
    const server = connect(serverPort, '127.0.0.1').on('error', () => undefined);
    secured.pipe(server).pipe(secured);
    secured.on('close', () => server.destroy());
  });
}
