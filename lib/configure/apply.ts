import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import { type Connection, withConnection } from '../postgres/connect.ts';
import type { Plan } from './plan.ts';
import type { SqlStatement } from './statement.ts';

/** Limits of the transaction that changes the job: whoever else works with the catalogs is not held up. */
const LOCK_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 15_000;
const RELOAD_LIMIT_MS = 5_000;
const RELOAD_POLL_MS = 20;

const BEGIN = `BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS};
SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS};
SET LOCAL idle_in_transaction_session_timeout = ${STATEMENT_TIMEOUT_MS}`;

const INSUFFICIENT_PRIVILEGE = '42501';

function whatWasDone(done: readonly SqlStatement[]): string {
  return done.length === 0
    ? 'Nothing was changed.'
    : `Done before, and not undone: ${done.map(({ title }) => title).join('; ')}.`;
}

/** Converts an error of a statement; loaded only when a statement fails. */
async function toQueryError(thrown: unknown): Promise<RunError> {
  const { toDatabaseError } = await import('../postgres/errors.ts');
  return toDatabaseError(thrown, 'query');
}

/** What the server said of a statement, with what it needs, and what is done already. */
async function refused(
  thrown: unknown,
  { title, grant }: SqlStatement,
  done: readonly SqlStatement[],
): Promise<RunError> {
  const error = await toQueryError(thrown);
  const details = { origin: error.origin, original: thrown };
  if (error.origin === INSUFFICIENT_PRIVILEGE) {
    return new RunError(
      'CHANGE_DENIED',
      `The administrator of this change may not: ${title}. ${whatWasDone(done)}`,
      { remedy: grant, ...details },
    );
  }
  return new RunError(
    'CHANGE_FAILED',
    `The change failed at: ${title}. ${error.message} ${whatWasDone(done)}`,
    { remedy: error.remedy, ...details },
  );
}

const COMMIT: SqlStatement = {
  sql: 'COMMIT',
  title: 'COMMIT (whether it arrived is not known when the connection broke)',
  grant: '',
};

/** All or nothing. */
async function runTransactional(
  client: pg.Client,
  statements: readonly SqlStatement[],
  done: SqlStatement[],
): Promise<void> {
  if (statements.length === 0) return;
  let current = statements[0] ?? COMMIT;
  try {
    await client.query(BEGIN);
    for (const statement of statements) {
      current = statement;
      await client.query(statement.sql);
    }
    current = COMMIT;
    await client.query(COMMIT.sql);
  } catch (error) {
    throw await refused(error, current, done);
  }
  done.push(...statements);
}

const LOAD_TIME: SqlStatement = {
  sql: "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_conf_load_time()) AS at",
  title: 'SELECT pg_catalog.pg_conf_load_time()',
  grant: 'GRANT EXECUTE ON FUNCTION pg_catalog.pg_conf_load_time() TO <the administrator>.',
};

const loadTimeSchema = z.object({ at: z.number() });

async function loadTime(client: pg.Client, done: readonly SqlStatement[]): Promise<number> {
  let answer: pg.QueryResult<Record<string, unknown>>;
  try {
    answer = await client.query(LOAD_TIME.sql);
  } catch (error) {
    throw await refused(error, LOAD_TIME, done);
  }
  return checkRow('the time of the configuration', loadTimeSchema, answer.rows[0]).at;
}

/** The server loads its configuration some time after it was told to; what is read before is the old one. */
async function isLoadedAfter(
  client: pg.Client,
  before: number,
  done: readonly SqlStatement[],
): Promise<boolean> {
  const giveUpAt = performance.now() + RELOAD_LIMIT_MS;
  while ((await loadTime(client, done)) === before) {
    if (performance.now() > giveUpAt) return false;
    await sleep(RELOAD_POLL_MS);
  }
  return true;
}

/** A function that was asked to do something, and answers that it did not. */
function answersNo({ rows: [row] }: pg.QueryResult<Record<string, unknown>>): boolean {
  return row !== undefined && Object.values(row)[0] === false;
}

const NOT_LOADED =
  'The server has written the new configuration and not loaded it yet: the level counts once it has.';

/** Each for itself, as ALTER SYSTEM wants it. */
async function runNonTransactional(
  client: pg.Client,
  statements: readonly SqlStatement[],
  done: SqlStatement[],
): Promise<readonly string[]> {
  if (statements.length === 0) return [];
  const before = await loadTime(client, done);
  let isRefused = false;
  for (const statement of statements) {
    try {
      isRefused = answersNo(await client.query(statement.sql));
    } catch (error) {
      throw await refused(error, statement, done);
    }
    done.push(statement);
  }
  return !isRefused && (await isLoadedAfter(client, before, done)) ? [] : [NOT_LOADED];
}

function notTold(title: string, why: string): string {
  return `The change is made, but not: ${title} (${why}). The extension's scheduler notices it when it is restarted, at the latest with the server. The level counts at once.`;
}

/** What is left to do when the change is made; that it fails does not undo the change. */
async function runPostCommit(
  client: pg.Client,
  statements: readonly SqlStatement[],
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { sql, title } of statements) {
    try {
      if (answersNo(await client.query(sql))) notes.push(notTold(title, 'it answered false'));
    } catch (error) {
      notes.push(notTold(title, (await toQueryError(error)).origin ?? 'no SQLSTATE'));
    }
  }
  return notes;
}

/**
 * Runs the statements of a plan, and closes the connection.
 *
 * @param signal when aborted, cuts the connection
 * @returns notes on what did not work although the change is made
 * @throws RunError CHANGE_DENIED, CHANGE_FAILED, which list what was done before
 */
export async function applyPlan(
  connection: Connection,
  signal: AbortSignal,
  { nonTransactional, transactional, postCommit }: Plan,
): Promise<readonly string[]> {
  return withConnection(connection, signal, async (client) => {
    const done: SqlStatement[] = [];
    const notes = await runNonTransactional(client, nonTransactional, done);
    await runTransactional(client, transactional, done);
    return [...notes, ...(await runPostCommit(client, postCommit))];
  });
}
