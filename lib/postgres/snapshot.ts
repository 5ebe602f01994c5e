import type pg from 'pg';
import { type Connection, withConnection } from './connect.ts';

/** Limits that the server enforces, because a statement goes on there when its client has given up. */
const STATEMENT_TIMEOUT_MS = 60_000;
/**
 * How soon the server sees that the function has been killed, while it executes a statement of it; otherwise it would go
 * on until the statement's own limit.
 */
const CLIENT_CHECK_MS = 1_000;
/** Of what is left of the run, so that it is the server that ends a statement, and says so: it knows more of the cause. */
const CLIENT_GRACE_MS = 250;
const LOCK_TIMEOUT_MS = 3_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** For what is read after an error, which may have been a lock time-out: the whole stays within one and a second. */
const SECOND_LOCK_TIMEOUT_MS = 500;

/**
 * One multi-statement message. Whatever the role, the database or a pooler has set does not reach our SQL: names resolve
 * in pg_catalog alone, rights are those of the login, text is UTF-8, times are UTC, no worker process is taken from
 * others, and every limit is the transaction's own; that of the whole transaction came with PostgreSQL 17, and the look at
 * whether the client is still there with 14, where the operating system can tell. Rows that row-level security would hide
 * are an error, and not missing. An error ends the statement, and not the session. A database in SQL_ASCII is read as it
 * is, because what is no UTF-8 in it would fail the statement. Runs on every PostgreSQL that ran TimescaleDB.
 */
const beginSnapshotSql = (limitMs: number, serverSql: string): string => `
begin transaction isolation level repeatable read, read only;
${statementTimeout(limitMs)}
set local search_path = pg_catalog, pg_temp;
select case when pg_catalog.current_setting('server_version_num')::int >= 170000
  then pg_catalog.set_config('transaction_timeout', '0', true) end;
select case when pg_catalog.current_setting('server_version_num')::int >= 140000 and pg_catalog.version() ~ 'linux'
  then pg_catalog.set_config('client_connection_check_interval', '${CLIENT_CHECK_MS}', true) end;
set local role none;
set local row_security = off;
set local exit_on_error = off;
set local lock_timeout = ${LOCK_TIMEOUT_MS};
set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS};
set local max_parallel_workers_per_gather = 0;
select pg_catalog.set_config('client_encoding',
  case pg_catalog.current_setting('server_encoding') when 'SQL_ASCII' then 'SQL_ASCII' else 'UTF8' end, true);
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
savepoint before_reading;
${serverSql}`;

/**
 * Before each later statement, in the same message: what is left of the run, and no compilation for one execution, which
 * PostgreSQL knows since 11. Until 12 the time of a message counts from its first statement by the limit of then; only what
 * begins or ends a transaction, or a part of one, lets it begin anew.
 */
const perStatementSettings = (limitMs: number, { serverVersionNum }: ServerVersion): string => `
${statementTimeout(limitMs)}${serverVersionNum < 110_000 ? '' : '\nset local jit = off;'}${serverVersionNum < 130_000 ? '\nsavepoint before_reading;' : ''}
`;

/** After an error the snapshot goes on where it began, with less patience for locks. */
const RECOVER_SQL = `
rollback to savepoint before_reading;
set local lock_timeout = ${SECOND_LOCK_TIMEOUT_MS};`;

function statementTimeout(limitMs: number): string {
  const ms = Math.ceil(Math.max(1, Math.min(limitMs - CLIENT_GRACE_MS, STATEMENT_TIMEOUT_MS)));
  return `set local statement_timeout = ${ms};`;
}

/** As `server_version_num`: 170005 is 17.5. */
export interface ServerVersion {
  readonly serverVersionNum: number;
}

/** The SELECT in the first message of a snapshot, and the reader of its row. */
export interface ServerQuery<Server extends ServerVersion> {
  readonly sql: string;
  readonly parse: (row: unknown) => Server;
}

/** One read-only snapshot of one database. */
export interface Snapshot<Server extends ServerVersion = ServerVersion> {
  readonly server: Server;
  /**
   * Runs one SELECT that gives one row, and reads it. One that fails, or whose row cannot be read, leaves nothing behind,
   * not even a lock, and does not end the snapshot: another can be tried.
   */
  row<T>(sql: string, read: (row: unknown) => T): Promise<T>;
}

async function query(client: pg.Client, sql: string): Promise<unknown> {
  // A text of several statements answers with a list of results, which the types of pg do not know.
  let answer: pg.QueryResult | pg.QueryResult[];
  try {
    answer = await client.query(sql);
  } catch (error) {
    const { toDatabaseError } = await import('./errors.ts');
    throw toDatabaseError(error, 'query');
  }
  const last = Array.isArray(answer) ? answer.at(-1) : answer;
  return last?.rows[0];
}

/**
 * Lends one read-only snapshot of the database and takes it back: the transaction is ended and the connection closed
 * before this returns, whatever happens. Round trips: head, what `read` asks, end.
 *
 * @param signal when aborted, cuts the connection
 * @param remainingMs what is left of the run: no statement may take longer on the server
 * @throws RunError DATABASE_*, CATALOG_*, EXTENSION_MISSING, VERSION_UNSUPPORTED
 */
export async function withSnapshot<Server extends ServerVersion, T>(
  connection: Connection,
  signal: AbortSignal,
  remainingMs: () => number,
  serverQuery: ServerQuery<Server>,
  read: (snapshot: Snapshot<Server>) => Promise<T>,
): Promise<T> {
  return withConnection(connection, signal, async (client) => {
    const begin = beginSnapshotSql(remainingMs(), serverQuery.sql);
    const server = serverQuery.parse(await query(client, begin));
    let hasFailed = false;
    const result = await read({
      server,
      async row(sql, readRow) {
        const before = (hasFailed ? RECOVER_SQL : '') + perStatementSettings(remainingMs(), server);
        hasFailed = true;
        const value = readRow(await query(client, before + sql));
        hasFailed = false;
        return value;
      },
    });
    await query(client, 'commit');
    return result;
  });
}
