import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import Client from 'pg/lib/client.js';
import type { Target } from '../config/target.ts';
import type { Credentials } from '../credentials/parse-secret.ts';
import { type SecretReader, withRotation } from '../credentials/rotation.ts';
import { PRODUCT } from '../product.ts';
import {
  type ConnectionEvent,
  DatabaseSocket,
  hostKind,
  isConfidential,
  observeSocket,
  serverNameOf,
  tlsOptions,
} from './socket.ts';
import { GuardedConnection } from './wire-guard.ts';
import { WIRE_TYPES } from './wire-types.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;
/**
 * The default of node-postgres, 100,000, is below the 600,000 that OWASP recommends for the server's scram_iterations. Two
 * million take half a second of CPU time.
 */
const MAX_SCRAM_ITERATIONS = 2_000_000;

/** A logged-in client, and its socket for closing the connection without the server. */
export interface Connection {
  readonly client: Client;
  readonly socket: Socket;
}

/**
 * Connects and logs in with one version of the credentials.
 *
 * @throws RunError DATABASE_*
 */
export async function connect(
  credentials: Omit<Credentials, 'versionId'>,
  target: Pick<Target, 'tls'>,
  signal: AbortSignal,
  emit: (event: ConnectionEvent) => void = () => undefined,
): Promise<Connection> {
  signal.throwIfAborted();
  emit({ type: 'connection-started', host: hostKind(credentials.host) });
  const socket = new DatabaseSocket(credentials);
  const ssl = tlsOptions(target, credentials);
  const connection = new GuardedConnection({ stream: () => socket, ssl }, () =>
    isConfidential(target, credentials, socket),
  );
  const client = new Client({
    connection,
    host: serverNameOf(target, credentials),
    port: credentials.port,
    user: credentials.user,
    // A function: for an empty string node-postgres would read PGPASSWORD or ~/.pgpass.
    password: () => credentials.password,
    database: credentials.database,
    ssl,
    sslnegotiation: 'postgres',
    application_name: PRODUCT,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    scramMaxIterations: MAX_SCRAM_ITERATIONS,
    types: WIRE_TYPES,
  });
  // Without a listener an error between two queries would end the process.
  client.on('error', () => undefined);
  const destroy = (): void => void socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  observeSocket(socket, emit);
  connection.once('sslconnect', () => {
    const { stream } = connection;
    if (stream instanceof TLSSocket) observeSocket(stream, emit);
  });
  let isConnected = false;
  socket.once('connect', () => {
    isConnected = true;
  });
  let firstByte: number | undefined;
  socket.once('data', (chunk) => {
    firstByte = chunk[0];
  });
  try {
    await client.connect();
    emit({ type: 'logged-in' });
    return { client, socket };
  } catch (error) {
    socket.destroy();
    // Loaded only after a failure.
    const { toConnectError } = await import('./errors.ts');
    throw toConnectError(error, {
      isConnected,
      isAskedForTls: ssl !== false,
      firstByte,
      isPasswordInQuestion: connection.isPasswordInQuestion,
    });
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}

/**
 * Connects and logs in. After a rejected login it reads the secret again, which may have been rotated, and tries the other
 * version once.
 *
 * @throws RunError DATABASE_*, SECRET_*
 */
export function connectWithRotation(
  credentials: Credentials,
  secrets: SecretReader,
  target: Pick<Target, 'tls'>,
  signal: AbortSignal,
  emit?: (event: ConnectionEvent) => void,
): Promise<Connection> {
  return withRotation(credentials, secrets, signal, (version) =>
    connect(version, target, signal, emit),
  );
}

/** Ends the session; destroys the socket when the server does not respond. */
async function close({ client, socket }: Connection): Promise<void> {
  const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
  try {
    await client.end();
  } catch {
    socket.destroy();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Passes the connection to `work`, and always closes it before it returns.
 *
 * @param signal when aborted, destroys the socket at once
 */
export async function withConnection<T>(
  connection: Connection,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const destroy = (): void => void connection.socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  if (signal.aborted) destroy();
  try {
    return await work(connection.client);
  } finally {
    await close(connection);
    signal.removeEventListener('abort', destroy);
  }
}
