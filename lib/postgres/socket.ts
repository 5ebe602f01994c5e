import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path/posix';
import { type ConnectionOptions, checkServerIdentity, TLSSocket } from 'node:tls';
import type { Target } from '../config/target.ts';
import { type Credentials, isCertificate } from '../credentials/parse-secret.ts';
import { RunError } from '../errors.ts';

/** Node's 250 ms per address fail on healthy but distant hosts (nodejs/node#54359). */
const ADDRESS_TIMEOUT_MS = 2_500;

/** The name that the server's certificate must carry, and that it is asked for (SNI). */
export function serverNameOf(target: Target, credentials: Pick<Credentials, 'host'>): string {
  return target.tls.serverName ?? credentials.host;
}

/** The TLS options of node-postgres for a target; `false` is plain text. */
export function tlsOptions(
  target: Target,
  credentials: Pick<Credentials, 'host' | 'ca'>,
): ConnectionOptions | false {
  const { mode, caFile } = target.tls;
  if (mode === 'disable') return false;
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
  throw new RunError('CONFIG_INVALID', 'The file that tls.caFile names is no certificate in PEM.', {
    remedy:
      'Ship one certificate or several, each between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.',
  });
}

/** An address of this machine, as Node writes it. */
const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

/**
 * Whether only the server that is meant can read what is sent on this connection. With `verify-ca` another server of the
 * same authority could; in plain text everybody on the way, but for a Unix socket and this machine itself.
 */
export function isConfidential(
  { tls: { mode } }: Pick<Target, 'tls'>,
  { host }: Pick<Credentials, 'host'>,
  { remoteAddress = '' }: Pick<Socket, 'remoteAddress'>,
): boolean {
  if (mode !== 'disable') return mode === 'verify-full';
  return host.startsWith('/') || LOOPBACK.test(remoteAddress);
}

/**
 * Connects to where the credentials say, whatever name node-postgres checks the server by. A host that is a path is the
 * folder of the server's Unix sockets, as everywhere in PostgreSQL.
 */
export class DatabaseSocket extends Socket {
  readonly #host: string;
  readonly #port: number;

  constructor({ host, port }: Credentials) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override connect(): this {
    return this.#host.startsWith('/')
      ? super.connect(join(this.#host, `.s.PGSQL.${this.#port}`))
      : super.connect({
          host: this.#host,
          port: this.#port,
          autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
        });
  }
}

/** How far a connection has come. What its way does not have, a name to look up or TLS, it does not pass. */
export type Milestone = 'begun' | 'resolved' | 'connected' | 'secured' | 'loggedIn';

/**
 * Told of every milestone when it is reached.
 *
 * @param secured the socket, where TLS has just been agreed on
 */
export type Observer = (milestone: Milestone, secured?: TLSSocket) => void;

/** Tells how far a socket that is about to connect comes. */
export function watch(socket: Socket, observe: Observer): void {
  socket.once('lookup', (error: Error | null) => {
    if (!error) observe('resolved');
  });
  socket.once('connect', () => observe('connected'));
  socket.once('secureConnect', () => {
    if (socket instanceof TLSSocket) observe('secured', socket);
  });
}
