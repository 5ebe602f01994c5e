import { channel } from 'node:diagnostics_channel';
import type pg from 'pg';
import { type Connection, withConnection } from './connect.ts';
import { annotate } from './statement.ts';

/** Limits on the server, because a statement continues there when its client has given up. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** Interval at which the server checks during a statement that the client is still connected. */
const CLIENT_CHECK_MS = 1_000;
/** Time between the server's limit of a statement and the end of the run: the server's error names the cause. */
const CLIENT_GRACE_MS = 250;
const LOCK_TIMEOUT_MS = 3_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** For statements after an error, which may have been a lock timeout: both waits together stay below LOCK_TIMEOUT_MS + 1 s. */
const SECOND_LOCK_TIMEOUT_MS = 500;

/** Sent in front of a statement, in the same message; pg_stat_activity shows the beginning of the message. */
const SETTINGS_PURPOSE = 'settings of a read-only transaction';

/**
 * Returns one message of several statements, which is independent of the settings of role, database and pooler:
 *
 * - Names resolve in pg_catalog only, rights are those of the login, text is UTF-8, times are UTC, and no parallel worker is
 *   used. A database in SQL_ASCII is read as it is, because bytes that are not UTF-8 would fail the statement.
 * - Every limit is the transaction's own. transaction_timeout came with PostgreSQL 17, client_connection_check_interval with
 *   14 and only for some operating systems.
 * - Rows that row-level security would hide are an error. An error ends the statement, and not the session.
 *
 * Runs on every PostgreSQL that ran TimescaleDB.
 */
function beginSnapshotSql(limitMs: number, serverSql: string): string {
  const statements = `begin transaction isolation level repeatable read, read only;
${statementTimeout(limitMs)}
set local search_path = pg_catalog, pg_temp;
select
  case
    when pg_catalog.current_setting('server_version_num')::int >= 170000
      then pg_catalog.set_config('transaction_timeout', '0', true)
  end;
select
  case
    when pg_catalog.current_setting('server_version_num')::int >= 140000 and pg_catalog.version() ~ 'linux'
      then pg_catalog.set_config('client_connection_check_interval', '${CLIENT_CHECK_MS}', true)
  end;
set local role none;
set local row_security = off;
set local exit_on_error = off;
set local lock_timeout = ${LOCK_TIMEOUT_MS};
set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS};
set local max_parallel_workers_per_gather = 0;
select
  pg_catalog.set_config(
    'client_encoding',
    case pg_catalog.current_setting('server_encoding') when 'SQL_ASCII' then 'SQL_ASCII' else 'UTF8' end,
    true
  );
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
savepoint before_reading;
${serverSql}`;
  return annotate(SETTINGS_PURPOSE, statements);
}

/** Returns the snapshot to its beginning after an error, and shortens the wait for locks. */
const RECOVER_SQL = [
  'rollback to savepoint before_reading;',
  `set local lock_timeout = ${SECOND_LOCK_TIMEOUT_MS};`,
];

/**
 * Returns the message of a later statement: the rest of the run as its limit, and no JIT compilation (since 11) for a single
 * execution. Before PostgreSQL 13 the limit of a message counts from its first statement, and only a command that begins or
 * ends a (sub)transaction restarts it: hence the savepoint.
 */
function statementMessage(
  statement: string,
  limitMs: number,
  { serverVersionNum }: ServerVersion,
  isAfterError: boolean,
): string {
  const settings = [
    ...(isAfterError ? RECOVER_SQL : []),
    statementTimeout(limitMs),
    ...(serverVersionNum < 110_000 ? [] : ['set local jit = off;']),
    ...(serverVersionNum < 130_000 ? ['savepoint before_reading;'] : []),
  ];
  return annotate(SETTINGS_PURPOSE, `${settings.join('\n')}\n${statement}`);
}

function statementTimeout(limitMs: number): string {
  const ms = Math.ceil(Math.max(1, Math.min(limitMs - CLIENT_GRACE_MS, STATEMENT_TIMEOUT_MS)));
  return `set local statement_timeout = ${ms};`;
}

/** `server_version_num`: 170005 is 17.5. */
export interface ServerVersion {
  readonly serverVersionNum: number;
}

/** The SELECT in the first message of a snapshot, and the parser of its row. */
export interface ServerQuery<Server extends ServerVersion> {
  readonly sql: string;
  readonly parse: (row: unknown) => Server;
}

/** A read-only snapshot of a database. */
export interface Snapshot<Server extends ServerVersion = ServerVersion> {
  readonly server: Server;
  /**
   * Runs a SELECT that returns one row, and reads the row. When either fails, the snapshot returns to its beginning, releases
   * its locks, and can run another statement.
   */
  row<T>(sql: string, read: (row: unknown) => T): Promise<T>;
}

/** Publishes every message that is sent, for `npm run report -- --show-sql`. */
export const SQL_CHANNEL = channel('timescaledb-telemetry:sql');

async function query(client: pg.Client, message: string): Promise<unknown> {
  SQL_CHANNEL.publish(message);
  // For a message of several statements pg returns a list of results, which its types do not include.
  let answer: pg.QueryResult | pg.QueryResult[];
  try {
    answer = await client.query(message);
  } catch (error) {
    const { toDatabaseError } = await import('./errors.ts');
    throw toDatabaseError(error, 'query');
  }
  const last = Array.isArray(answer) ? answer.at(-1) : answer;
  return last?.rows[0];
}

/**
 * Runs `read` with a read-only snapshot of the database. The transaction is ended and the connection is closed before this
 * returns or throws. Round trips: the server query, one for each call of `row`, commit.
 *
 * @param signal when aborted, cuts the connection
 * @param remainingMs returns the rest of the run's time, which limits every statement on the server
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
        const message = statementMessage(sql, remainingMs(), server, hasFailed);
        hasFailed = true;
        const value = readRow(await query(client, message));
        hasFailed = false;
        return value;
      },
    });
    await query(client, 'commit');
    return result;
  });
}
