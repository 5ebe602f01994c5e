import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { inject } from 'vitest';
import { listenOnFreePort } from '../../../emulator/http-server.ts';
import { type Certificate, createAuthority, createCertificate } from './certificates.ts';

/** A certificate for `localhost` only, and the authority that signed it. */
export interface ServerCertificate extends Certificate {
  /** PEM. */
  readonly authority: string;
}

async function createServerCertificate(): Promise<ServerCertificate> {
  const authority = await createAuthority('Authority of the endpoint');
  const own = await createCertificate('localhost', authority);
  return { authority: authority.cert, ...own };
}

/** Creates a certificate of the endpoint, and the variable of a function that trusts its authority. */
export async function createTrustedCertificate(): Promise<{
  readonly certificate: ServerCertificate;
  readonly trust: Readonly<Record<string, string>>;
}> {
  const certificate = await createServerCertificate();
  const file = join(await mkdtemp(join(inject('folder'), 'check-')), 'authority.pem');
  await writeFile(file, certificate.authority);
  return { certificate, trust: { NODE_EXTRA_CA_CERTS: file } };
}

/** A TLS server that counts connections and bytes and never answers. */
export interface TlsEndpoint extends AsyncDisposable {
  readonly port: number;
  /** Number of TCP connections so far. */
  readonly connections: () => number;
  /** Number of completed handshakes. */
  readonly handshakes: () => number;
  /** Number of bytes received inside TLS. */
  readonly bytes: () => number;
}

export async function startTlsEndpoint({ cert, key }: ServerCertificate): Promise<TlsEndpoint> {
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
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  const port = await listenOnFreePort(server);
  return {
    port,
    connections: () => sockets.size,
    handshakes: () => handshakes,
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
