import { readFileSync } from 'node:fs';
import { isIP, Socket } from 'node:net';
import { join } from 'node:path/posix';
import { type ConnectionOptions, checkServerIdentity, TLSSocket } from 'node:tls';
import type { Target } from '../config/target.ts';
import { type Credentials, isCertificate } from '../credentials/parse-secret.ts';
import { RunError } from '../errors.ts';

/** Connection timeout per address: Node's 250 ms are too short for distant hosts (nodejs/node#54359). */
const ADDRESS_TIMEOUT_MS = 2_500;

/** Whether the host is the folder of the server's Unix sockets. */
function isUnixSocket({ host }: Pick<Credentials, 'host'>): boolean {
  return host.startsWith('/');
}

/** Returns the name that the server's certificate must have, and that is sent as SNI. */
export function serverNameOf(
  target: Pick<Target, 'tls'>,
  credentials: Pick<Credentials, 'host'>,
): string {
  return target.tls.serverName ?? credentials.host;
}

/** Returns the TLS options of node-postgres for a target; `false` for plain text, and for a Unix socket as in libpq. */
export function tlsOptions(
  target: Pick<Target, 'tls'>,
  credentials: Pick<Credentials, 'host' | 'ca'>,
): ConnectionOptions | false {
  const { mode, caFile } = target.tls;
  if (mode === 'disable' || isUnixSocket(credentials)) return false;
  const authorities = [credentials.ca, caFile === undefined ? undefined : readAuthority(caFile)];
  const own = authorities.filter((pem) => pem !== undefined);
  const expectedName = serverNameOf(target, credentials);
  return {
    rejectUnauthorized: true,
    ...(own.length > 0 && { ca: own }),
    checkServerIdentity:
      mode === 'verify-ca'
        ? () => undefined
        : (_host, certificate) => checkServerIdentity(expectedName, certificate),
  };
}

function readAuthority(caFile: string): string {
  let pem: string;
  try {
    pem = readFileSync(caFile, 'utf8');
  } catch (error) {
    throw new RunError('CONFIG_INVALID', 'The file that tls.caFile names cannot be read.', {
      remedy: "Ship the PEM with the function, and give its path relative to the function's root.",
      original: error,
    });
  }
  if (isCertificate(pem)) return pem;
  throw new RunError(
    'CONFIG_INVALID',
    'The file that tls.caFile names is not a certificate in PEM.',
    {
      remedy:
        'Ship one certificate or several, each between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.',
    },
  );
}

/** Loopback addresses, as Node formats them. */
const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

/**
 * Whether only the intended server can read the connection. With `verify-ca`, another server with a certificate of the same
 * authority could; in plain text, everyone on the network path, except for a Unix socket and loopback.
 */
export function isConfidential(
  { tls: { mode } }: Pick<Target, 'tls'>,
  { host }: Pick<Credentials, 'host'>,
  { remoteAddress = '' }: Pick<Socket, 'remoteAddress'>,
): boolean {
  if (isUnixSocket({ host })) return true;
  if (mode !== 'disable') return mode === 'verify-full';
  return LOOPBACK.test(remoteAddress);
}

/**
 * Connects to the host of the credentials, independently of the server name that node-postgres verifies. A host that is a
 * path is the folder of the server's Unix sockets, as in libpq.
 */
export class DatabaseSocket extends Socket {
  readonly #host: string;
  readonly #port: number;

  constructor({ host, port }: Pick<Credentials, 'host' | 'port'>) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override connect(): this {
    return isUnixSocket({ host: this.#host })
      ? super.connect(join(this.#host, `.s.PGSQL.${this.#port}`))
      : super.connect({
          host: this.#host,
          port: this.#port,
          autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
        });
  }
}

/** The negotiated TLS version, and the end of validity in the certificate's own format. */
export interface TlsDetails {
  readonly protocol: string | null;
  readonly certificateValidTo: string;
}

/** Reads the details of a TLS connection after its handshake. */
export function tlsDetails(socket: TLSSocket): TlsDetails {
  return {
    protocol: socket.getProtocol(),
    certificateValidTo: socket.getPeerCertificate().valid_to ?? '',
  };
}

/** Kind of the host of a connection; only a name needs DNS. */
export type HostKind = 'name' | 'address' | 'unix-socket';

/** Classifies a host of the credentials. */
export function hostKind(host: string): HostKind {
  if (isUnixSocket({ host })) return 'unix-socket';
  return isIP(host) === 0 ? 'name' : 'address';
}

/**
 * The progress of one socket. Events that do not apply (DNS for an address, TLS in plain text) are not emitted.
 */
export type SocketEvent =
  | { readonly type: 'name-resolved' | 'connected' }
  | { readonly type: 'tls-established'; readonly tls: TlsDetails };

/** The progress of one login to the database; a second login starts again from the first event. */
export type ConnectionEvent =
  | { readonly type: 'connection-started'; readonly host: HostKind }
  | SocketEvent
  | { readonly type: 'logged-in' };

/** Emits the events of a socket that is about to connect. */
export function observeSocket(socket: Socket, emit: (event: SocketEvent) => void): void {
  socket.once('lookup', (error: Error | null) => {
    if (!error) emit({ type: 'name-resolved' });
  });
  socket.once('connect', () => emit({ type: 'connected' }));
  socket.once('secureConnect', () => {
    if (socket instanceof TLSSocket) emit({ type: 'tls-established', tls: tlsDetails(socket) });
  });
}
