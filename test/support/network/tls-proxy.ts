import { connect, type Socket } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { type SocketServer, serveSockets } from './sockets.ts';

/**
 * Starts a server that accepts SSLRequest, as PostgreSQL does, and does the TLS handshake.
 *
 * @param talk handles the connection inside TLS
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
 * Starts a proxy that terminates TLS with any certificate and connects to a port of loopback.
 *
 * @param hear gets the client's bytes and its TCP connection
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
