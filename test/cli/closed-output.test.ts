import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../support/postgres/postgres.ts';
import { PROGRAM, urlOf } from '../support/process/commands.ts';

type Stream = 'stdout' | 'stderr';

/** Runs a command whose reader closes streams, and returns the exit status. */
async function statusOf(
  args: readonly string[],
  closed: readonly Stream[],
  when: 'at once' | 'after the first output' = 'at once',
): Promise<number> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: inject('folder') };
  const child = spawn(process.execPath, [PROGRAM, ...args], { env });
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (!closed.includes(name)) stream.resume();
    else if (when === 'at once') stream.destroy();
    else stream.once('data', () => stream.destroy());
  }
  const [status] = await once(child, 'exit');
  return status;
}

const CLOSED: readonly { readonly closed: readonly Stream[] }[] = [
  { closed: ['stdout'] },
  { closed: ['stderr'] },
  { closed: ['stdout', 'stderr'] },
];
/** No server listens there. */
const NO_SERVER = 'postgres://reporter:unused@127.0.0.1:1/none';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic', label: 'closed' });
});
afterAll(() => database[Symbol.asyncDispose]());

describe.each(CLOSED)('with closed pipes: $closed', ({ closed }) => {
  test.each([
    ['check', ['check', '--database-url', NO_SERVER], 1],
    ['report', ['report', '--database-url', NO_SERVER], 1],
    ['run', ['run', '--target', '/nowhere/target.json'], 2],
    ['versions check', ['versions', 'check', '--bogus'], 2],
    ['--help', ['--help'], 0],
  ])('%s ends with its status', async (_name, args, status) => {
    expect(await statusOf(args, closed)).toBe(status);
  });

  test('configure makes the change', async () => {
    await using changed = await createDatabase({ release: '2.28.3', level: 'basic' });
    const { name, port } = changed;
    const url = urlOf({ name, port, role: SUPERUSER, password: SUPERUSER_PASSWORD });
    const args = ['disable', '--scope', 'database', '--apply', '--database-url', url];
    expect(await statusOf(['configure', ...args], closed)).toBe(0);
    const { rows } = await changed.admin.query(
      'select s.setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = $1',
      [name],
    );
    expect(rows).toEqual([{ setconfig: ['timescaledb.telemetry_level=off'] }]);
  });
});

test('a pipe that is closed during the work does not change the status', async () => {
  const args = ['check', '--database-url', urlOf(database)];
  const statuses = [
    await statusOf(args, []),
    await statusOf(args, ['stdout'], 'after the first output'),
  ];
  expect(statuses).toEqual([0, 0]);
  expect(
    await statusOf(['check', '--database-url', NO_SERVER], ['stdout'], 'after the first output'),
  ).toBe(1);
});
