import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import Client from 'pg/lib/client.js';
import type { Target } from '../config/target.ts';
import type { Credentials } from '../credentials/parse-secret.ts';
import { readRotated, type SecretReader } from '../credentials/secrets-manager.ts';
import { RunError } from '../errors.ts';
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
 * node-postgres accepts 100,000, less than the 600,000 that OWASP advises for the server's scram_iterations. So many take half a
 * second of computing here.
 */
const MAX_SCRAM_ITERATIONS = 2_000_000;

/** A logged-in client and its socket, which can be cut when the polite way to close does not work. */
export interface Connection {
  readonly client: Client;
  readonly socket: Socket;
}

/** How far a connection had come when it failed. */
interface Attempt {
  readonly isConnected: boolean;
  /** The server has been asked for TLS. */
  readonly isAskedForTls: boolean;
  readonly firstByte: number | undefined;
  readonly isPasswordInQuestion: boolean;
}

/** An error of node-postgres before the login was done. */
async function toConnectError(
  error: unknown,
  { isConnected, firstByte, isAskedForTls, isPasswordInQuestion }: Attempt,
): Promise<RunError> {
  // Loaded only when something has failed, as in lib/postgres/snapshot.ts.
  const { tooManyConnections, silent, toDatabaseError } = await import('./errors.ts');
  const { stalled } = await import('./connection-errors.ts');
  const isTimeout = error instanceof Error && error.message === 'timeout expired';
  if (isTimeout && isConnected) return firstByte === undefined ? silent(error) : stalled(error);
  if (isAskedForTls && firstByte === 'E'.charCodeAt(0)) return tooManyConnections(error);
  return toDatabaseError(error, isPasswordInQuestion ? 'password' : 'connect');
}

/**
 * Connects and logs in, once.
 *
 * @throws RunError DATABASE_*
 */
async function connect(
  credentials: Credentials,
  target: Target,
  signal: AbortSignal,
  emit: (event: ConnectionEvent) => void,
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
    // As a function, because for an empty one node-postgres would look elsewhere: PGPASSWORD, ~/.pgpass.
    password: () => credentials.password,
    database: credentials.database,
    ssl,
    sslnegotiation: 'postgres',
    application_name: PRODUCT,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    scramMaxIterations: MAX_SCRAM_ITERATIONS,
    types: WIRE_TYPES,
  });
  // Without a listener a connection that dies between two queries would end the process.
  client.on('error', () => undefined);
  const cut = (): void => void socket.destroy();
  signal.addEventListener('abort', cut, { once: true });
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
    throw await toConnectError(error, {
      isConnected,
      isAskedForTls: ssl !== false,
      firstByte,
      isPasswordInQuestion: connection.isPasswordInQuestion,
    });
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

/**
 * Connects and logs in. When the server refuses the login, the secret may just have been rotated: it is read again, and
 * the other version tried once.
 *
 * @throws RunError DATABASE_*, SECRET_*
 */
export async function login(
  credentials: Credentials,
  secrets: SecretReader,
  target: Target,
  signal: AbortSignal,
  emit: (event: ConnectionEvent) => void = () => undefined,
): Promise<Connection> {
  try {
    return await connect(credentials, target, signal, emit);
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'DATABASE_AUTHENTICATION') throw error;
    const rotated = await readRotated(secrets, credentials, signal);
    if (rotated === undefined) throw error;
    return await connect(rotated, target, signal, emit);
  }
}

/** Ends the session; when the server does not answer the goodbye, cuts the line. */
async function close({ client, socket }: Connection): Promise<void> {
  const cut = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
  try {
    await client.end();
  } catch {
    socket.destroy();
  } finally {
    clearTimeout(cut);
  }
}

/**
 * Lends the connection, and closes it before this returns, whatever happens.
 *
 * @param signal when aborted, cuts the line at once
 */
export async function withConnection<T>(
  connection: Connection,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const cut = (): void => void connection.socket.destroy();
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  try {
    return await work(connection.client);
  } finally {
    await close(connection);
    signal.removeEventListener('abort', cut);
  }
}
