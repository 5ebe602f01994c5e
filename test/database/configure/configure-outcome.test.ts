import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenOnFreePort } from '../../../emulator/http-server.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { startPostgres } from '../../support/postgres/postgres.ts';
import { configureAs, configured, consentOf } from '../../support/run/configuring.ts';

/** What configure says of a change has to be what became of it. */

const LEVEL = 'timescaledb.telemetry_level';
const OFF = { action: 'disable', scope: 'database' } as const;

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

function consenting(): Promise<TestDatabase> {
  return createDatabase({ port: server.port, release: '2.28.3', level: 'basic' });
}

async function resetInstance({ admin }: TestDatabase): Promise<void> {
  await admin.query(`alter system reset ${LEVEL}`);
  await admin.query('select pg_reload_conf()');
}

/** The way to the server: what is done with a connection, by its number from 1 on. */
async function startProxy(
  behaviour: (connection: number) => 'pass' | 'refuse' | 'cut after the reload',
) {
  let count = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    count += 1;
    const what = behaviour(count);
    sockets.add(near);
    near.on('error', () => undefined);
    if (what === 'refuse') {
      near.destroy();
      return;
    }
    const far = connect(server.port, '127.0.0.1');
    sockets.add(far);
    far.on('error', () => undefined);
    let isOver = false;
    near.on('data', (data) => {
      isOver ||= what !== 'pass' && data.includes('pg_reload_conf');
      far.write(data);
    });
    far.on('data', (data) => near.write(data, () => isOver && near.destroy()));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  const port = await listenOnFreePort(proxy);
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

test('states that the change was applied when a later step fails', async () => {
  await using database = await consenting();
  await using proxy = await startProxy((connection) => (connection === 3 ? 'refuse' : 'pass'));
  const { error } = await configureAs({ name: database.name, port: proxy.port }, OFF);
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(error?.message).toMatch(/^The change was applied completely, but /);
  expect(await consentOf(database)).toMatchObject({ granted: false, rule: 'level-off' });
});

test('lists the applied statements when the connection ends during the reload', async () => {
  await using database = await consenting();
  await using proxy = await startProxy((connection) =>
    connection === 2 ? 'cut after the reload' : 'pass',
  );
  const { error } = await configureAs(
    { name: database.name, port: proxy.port },
    { action: 'disable', scope: 'instance' },
  );
  await resetInstance(database);
  expect(error).toMatchObject({ code: 'CHANGE_FAILED' });
  expect(error?.message).toContain('Already applied and not rolled back: ALTER SYSTEM SET');
});

describe('the instance, where the database has a level of its own', () => {
  test('is off, and the consent is that of a plain role', async () => {
    await using database = await consenting();
    const event = { action: 'disable', scope: 'instance', job: 'keep' };
    const planned = await configured(database, { ...event, dryRun: true });
    const { line, result: done } = await configureAs(database, event);
    const found = await consentOf(database);
    await resetInstance(database);
    expect(found).toMatchObject({ granted: true });
    expect(done?.consent.after).toMatchObject(found ?? {});
    expect(planned.notes.join(' ')).toContain('has a level of its own');
    expect(done?.notes.join(' ')).toContain('Use the scope "database" too');
    expect(line.message).toMatch(/^The change was made, but telemetry is still on\. /);
  });
});

test.each(['TsAdmin', 'ts.admin', '4711', `o'ne "role"`])(
  "a job that is put back is the extension's owner's, who is called %s",
  async (owner) => {
    await using database = await consenting();
    const { admin } = database;
    const quoted = `"${owner.replaceAll('"', '""')}"`;
    await admin.query(`create role ${quoted} superuser;
      update pg_extension set extowner = '${quoted.replaceAll("'", "''")}'::regrole where extname = 'timescaledb'`);
    if (owner === 'TsAdmin') await admin.query('create role tsadmin');
    await configured(database, { ...OFF, job: 'remove' });
    const { error } = await configureAs(database, { action: 'enable', scope: 'database' });
    const { rows } = await admin.query(
      'select r.rolname from _timescaledb_catalog.bgw_job j join pg_roles r on r.oid = j.owner',
    );
    await admin.query(`delete from _timescaledb_catalog.bgw_job;
      update pg_extension set extowner = 10 where extname = 'timescaledb'; drop role ${quoted}; drop role if exists tsadmin`);
    expect(error).toBeUndefined();
    expect(rows).toStrictEqual([{ rolname: owner }]);
  },
);
