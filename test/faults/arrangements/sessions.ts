import pg from 'pg';
import { createBlocker } from '../../support/postgres/blocker.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';

/** Opens a session of the database's role on a server or a pooler. It is closed after the test. */
export async function openSession(
  { port }: Pick<TestDatabase, 'port'>,
  { name, role, password }: Pick<TestDatabase, 'name' | 'role' | 'password'>,
  stack: AsyncDisposableStack,
): Promise<pg.Client> {
  const session = new pg.Client({
    host: '127.0.0.1',
    port,
    user: role,
    password,
    database: name,
    ssl: false,
  });
  await session.connect();
  stack.defer(() => session.end());
  return session;
}

/** Locks a table of the catalogs, and calls `then` when the run waits for the lock. Returns at once. */
export async function whenBlocked(
  database: TestDatabase,
  stack: AsyncDisposableStack,
  then: () => Promise<unknown> | unknown,
): Promise<void> {
  const blocker = await createBlocker(database);
  const done = blocker
    .untilSomeoneWaits()
    .then(then)
    // `then` may have ended the session that holds the lock.
    .finally(() => blocker[Symbol.asyncDispose]().catch(() => undefined));
  stack.defer(async () => void (await done));
}

/** Returns a query for the process of a role's session. */
export function findBackend(role: string): string {
  return `select pid from pg_stat_activity where usename = '${role}'`;
}
