import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import pg from 'pg';
import { type Credentials, readRotated, type SecretReader } from './credentials.ts';
import { notPostgresql, toDatabaseError } from './database-errors.ts';
import { RunError } from './errors.ts';
import { IDENTITY_QUERY, type Identity, toIdentity } from './identity.ts';
import type { Target } from './target.ts';
import { PRODUCT } from './version.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** Limits that the server enforces, because a statement goes on there when its client has given up. */
const STATEMENT_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 3_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** For what is read after the lock time-out was reached once: the whole stays within the lock time-out and a second. */
const SECOND_LOCK_TIMEOUT_MS = 500;

/**
 * One multi-statement message. Whatever the role, the database or a pooler has set does not reach our SQL: names resolve
 * in pg_catalog alone, rights are those of the login, text is UTF-8, times are UTC, no worker process is taken from
 * others, and every limit is the transaction's own. Runs on every PostgreSQL that ran TimescaleDB.
 */
const head = (limitMs: number): string => `
begin transaction isolation level repeatable read, read only;
set local search_path = pg_catalog, pg_temp;
set local role none;
${statementTimeout(limitMs)}
set local lock_timeout = ${LOCK_TIMEOUT_MS};
set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS};
set local max_parallel_workers_per_gather = 0;
set local client_encoding = 'UTF8';
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
savepoint before_reading;
${IDENTITY_QUERY}`;

/** Before each later statement, in the same message: what is left of the run, and no compilation for one execution. */
const beforeReading = (limitMs: number): string => `
${statementTimeout(limitMs)}
set local jit = off;
`;

const beforeReadingAgain = (limitMs: number): string => `
rollback to savepoint before_reading;
set local lock_timeout = ${SECOND_LOCK_TIMEOUT_MS};
${beforeReading(limitMs)}`;

function statementTimeout(limitMs: number): string {
  const ms = Math.ceil(Math.max(1, Math.min(limitMs, STATEMENT_TIMEOUT_MS)));
  return `set local statement_timeout = ${ms};`;
}

/** One read-only snapshot of one database. */
export interface Snapshot {
  readonly identity: Identity;
  /** Runs one SELECT that gives one row. */
  row(sql: string): Promise<unknown>;
  /** The same, and when a lock is in its way, the second SELECT in the same snapshot instead. */
  rowOrElse(sql: string, whenLocked: string): Promise<unknown>;
}

/** The name that the server's certificate must carry, and that it is asked for (SNI). */
function serverNameOf(target: Target, credentials: Pick<Credentials, 'host'>): string {
  return target.tls.serverName ?? credentials.host;
}

/** The TLS options of node-postgres for a target; `false` is plain text. */
function tlsOptions(
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
  try {
    return readFileSync(caFile, 'utf8');
  } catch (error) {
    throw new RunError('CONFIG_INVALID', 'The file that tls.caFile names cannot be read.', {
      remedy: "Ship the PEM with the function, and give its path relative to the function's root.",
      original: error,
    });
  }
}

/** Connects to where the credentials say, whatever name node-postgres checks the server by. */
class SocketTo extends Socket {
  readonly #host: string;
  readonly #port: number;

  constructor({ host, port }: Credentials) {
    super();
    this.#host = host;
    this.#port = port;
  }

  override connect(): this {
    return super.connect(this.#port, this.#host);
  }
}

/** A logged-in client and its socket, which can be cut when the polite way to close does not work. */
interface Connection {
  readonly client: pg.Client;
  readonly socket: Socket;
}

/**
 * How a PostgreSQL server begins: R (authentication), E (error), N (notice, or no TLS), S (TLS), v (another version of
 * the protocol). A server that has said nothing may be one.
 */
function speaksPostgresql(firstByte: number | undefined): boolean {
  return firstByte === undefined || 'RENSv'.includes(String.fromCharCode(firstByte));
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
): Promise<Connection> {
  signal.throwIfAborted();
  const socket = new SocketTo(credentials);
  const client = new pg.Client({
    host: serverNameOf(target, credentials),
    port: credentials.port,
    user: credentials.user,
    password: credentials.password,
    database: credentials.database,
    ssl: tlsOptions(target, credentials),
    sslnegotiation: 'postgres',
    application_name: PRODUCT,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    stream: () => socket,
  });
  // Without a listener a connection that dies between two queries would end the process.
  client.on('error', () => undefined);
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  let firstByte: number | undefined;
  socket.once('data', (chunk) => {
    firstByte = chunk[0];
  });
  try {
    await client.connect();
    return { client, socket };
  } catch (error) {
    socket.destroy();
    throw speaksPostgresql(firstByte) ? toDatabaseError(error, 'connect') : notPostgresql(error);
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
): Promise<Connection> {
  try {
    return await connect(credentials, target, signal);
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'DATABASE_AUTHENTICATION') throw error;
    const rotated = await readRotated(secrets, credentials, signal);
    if (rotated === undefined) throw error;
    return await connect(rotated, target, signal);
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

async function query(client: pg.Client, sql: string): Promise<unknown> {
  // A text of several statements answers with a list of results, which the types of pg do not know.
  let answer: pg.QueryResult | pg.QueryResult[];
  try {
    answer = await client.query(sql);
  } catch (error) {
    throw toDatabaseError(error, 'query');
  }
  const last = Array.isArray(answer) ? answer.at(-1) : answer;
  return last?.rows[0];
}

/**
 * Lends one read-only snapshot of the database and takes it back: the transaction is ended and the connection closed
 * before this returns, whatever happens. Round trips: head, what `read` asks, end.
 *
 * @param remainingMs what is left of the run: no statement may take longer on the server
 * @throws RunError DATABASE_*, CATALOG_*, EXTENSION_MISSING, VERSION_UNSUPPORTED
 */
export async function withSnapshot<T>(
  connection: Connection,
  remainingMs: () => number,
  read: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const { client } = connection;
  const row = (sql: string): Promise<unknown> => query(client, beforeReading(remainingMs()) + sql);
  try {
    const identity = toIdentity(await query(client, head(remainingMs())));
    const result = await read({
      identity,
      row,
      async rowOrElse(sql, whenLocked) {
        try {
          return await row(sql);
        } catch (error) {
          if (!(error instanceof RunError) || error.code !== 'CATALOG_LOCKED') throw error;
          return query(client, beforeReadingAgain(remainingMs()) + whenLocked);
        }
      },
    });
    await query(client, 'commit');
    return result;
  } finally {
    await close(connection);
  }
}
