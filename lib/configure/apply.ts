import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import { type Connection, withConnection } from '../postgres/connect.ts';
import { annotate } from '../postgres/statement.ts';
import type { Plan } from './plan.ts';
import type { SqlStatement } from './statement.ts';

/** Limits of the transaction that changes the job, so that other sessions do not wait long for the catalogs. */
const LOCK_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 15_000;
const RELOAD_LIMIT_MS = 5_000;
const RELOAD_POLL_MS = 20;

const BEGIN = `begin;
set local search_path = pg_catalog, pg_temp;
set local lock_timeout = ${LOCK_TIMEOUT_MS};
set local statement_timeout = ${STATEMENT_TIMEOUT_MS};
set local idle_in_transaction_session_timeout = ${STATEMENT_TIMEOUT_MS}`;

function query(
  client: pg.Client,
  statement: string,
): Promise<pg.QueryResult<Record<string, unknown>>> {
  return client.query(annotate('change', statement));
}

const INSUFFICIENT_PRIVILEGE = '42501';

function describeApplied(done: readonly SqlStatement[]): string {
  return done.length === 0
    ? 'Nothing was changed.'
    : `Already applied and not rolled back: ${done.map(({ title }) => title).join('; ')}.`;
}

/** Converts an error of a statement; loaded only when a statement fails. */
async function toQueryError(thrown: unknown): Promise<RunError> {
  const { toDatabaseError } = await import('../postgres/errors.ts');
  return toDatabaseError(thrown, 'query');
}

/** Converts the error of a statement; adds the privilege that it needs, and the statements that were applied. */
async function toChangeError(
  thrown: unknown,
  { title, grant }: SqlStatement,
  done: readonly SqlStatement[],
): Promise<RunError> {
  const error = await toQueryError(thrown);
  const details = { origin: error.origin, original: thrown };
  if (error.origin === INSUFFICIENT_PRIVILEGE) {
    return new RunError('CHANGE_DENIED', `Permission denied: ${title}. ${describeApplied(done)}`, {
      remedy: grant,
      ...details,
    });
  }
  return new RunError(
    'CHANGE_FAILED',
    `The change failed at: ${title}. ${error.message} ${describeApplied(done)}`,
    { remedy: error.remedy, ...details },
  );
}

const COMMIT: SqlStatement = {
  sql: 'commit',
  title: 'COMMIT (if the connection broke, it is unknown whether the server has committed)',
  grant: '',
};

/** Runs the statements in one transaction. */
async function runTransactional(
  client: pg.Client,
  statements: readonly SqlStatement[],
  done: SqlStatement[],
): Promise<void> {
  if (statements.length === 0) return;
  let current = statements[0] ?? COMMIT;
  try {
    await query(client, BEGIN);
    for (const statement of statements) {
      current = statement;
      await query(client, statement.sql);
    }
    current = COMMIT;
    await query(client, COMMIT.sql);
  } catch (error) {
    throw await toChangeError(error, current, done);
  }
  done.push(...statements);
}

const LOAD_TIME: SqlStatement = {
  sql: "select pg_catalog.date_part('epoch', pg_catalog.pg_conf_load_time()) as at",
  title: 'SELECT pg_catalog.pg_conf_load_time()',
  grant: 'GRANT EXECUTE ON FUNCTION pg_catalog.pg_conf_load_time() TO <the administrator>.',
};

const loadTimeSchema = z.object({ at: z.number() });

async function loadTime(client: pg.Client, done: readonly SqlStatement[]): Promise<number> {
  let answer: pg.QueryResult<Record<string, unknown>>;
  try {
    answer = await query(client, LOAD_TIME.sql);
  } catch (error) {
    throw await toChangeError(error, LOAD_TIME, done);
  }
  return checkRow('the time of the configuration', loadTimeSchema, answer.rows[0]).at;
}

/** Waits until the server has loaded its configuration; it does so asynchronously. Returns false after the time limit. */
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

/** Whether a function returned false, which reports that it had no effect. */
function returnsFalse({ rows: [row] }: pg.QueryResult<Record<string, unknown>>): boolean {
  return row !== undefined && Object.values(row)[0] === false;
}

const NOT_LOADED =
  'The server has written the new configuration but not loaded it yet. The level takes effect when it does.';

/** Runs each statement outside a transaction, as ALTER SYSTEM requires. */
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
      isRefused = returnsFalse(await query(client, statement.sql));
    } catch (error) {
      throw await toChangeError(error, statement, done);
    }
    done.push(statement);
  }
  return !isRefused && (await isLoadedAfter(client, before, done)) ? [] : [NOT_LOADED];
}

function schedulerNote(title: string, why: string): string {
  return `The change was applied, but this statement failed: ${title} (${why}). The extension's scheduler sees the change after its next restart, at the latest with the server. The level takes effect at once.`;
}

/** Runs the statements after the commit. Their failure does not undo the change. */
async function runPostCommit(
  client: pg.Client,
  statements: readonly SqlStatement[],
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { sql, title } of statements) {
    try {
      if (returnsFalse(await query(client, sql)))
        notes.push(schedulerNote(title, 'it returned false'));
    } catch (error) {
      notes.push(schedulerNote(title, (await toQueryError(error)).origin ?? 'no SQLSTATE'));
    }
  }
  return notes;
}

/**
 * Runs the statements of a plan, and closes the connection.
 *
 * @param signal when aborted, cuts the connection
 * @returns notes on statements that failed after the change was applied
 * @throws RunError CHANGE_DENIED, CHANGE_FAILED, which list the statements that were applied
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
