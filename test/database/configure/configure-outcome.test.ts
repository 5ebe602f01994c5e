import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenOnFreePort } from '../../../emulator/http-server.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { startPostgres } from '../../support/postgres/postgres.ts';
import {
  configureAs,
  configured,
  consentOf,
  decisionOf,
  useChanger,
} from '../../support/run/configuring.ts';
import { MODES } from '../../support/run/world.ts';
import { LEVEL, OFF, stateOf } from './change-state.ts';

/** Tests that the outcome of a change describes what was applied. */

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

function consenting(release: '1.7.5' | '2.10.3' | '2.28.3' = '2.28.3'): Promise<TestDatabase> {
  return createDatabase({ port: server.port, release, level: 'basic' });
}

async function resetInstance({ admin }: TestDatabase): Promise<void> {
  await admin.query(`alter system reset ${LEVEL}`);
  await admin.query('select pg_reload_conf()');
}

/**
 * Starts a proxy before the server.
 *
 * @param behaviour returns the treatment of a connection by its number, from 1 on
 */
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

describe.each(MODES)('a change that is made %s', (_how, split) => {
  useChanger(split);

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

  describe('a change of the instance when the database has its own level', () => {
    test('returns the consent of a plain role', async () => {
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
    'adds the job with the owner of the extension, named %s',
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

  test('rolls back a transaction that fails, and lists the statements before it', async () => {
    await using database = await consenting();
    const { admin } = database;
    await admin.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = 'P0001'; end $$;
    create trigger refuse before update on _timescaledb_catalog.bgw_job execute function refuse()`);
    const state = await stateOf(database);
    const inDatabase = await configureAs(database, OFF);
    expect(await stateOf(database)).toStrictEqual(state);
    const inInstance = await configureAs(database, { action: 'disable', scope: 'instance' });
    await admin.query(`alter system reset ${LEVEL}`);
    await admin.query('select pg_reload_conf()');

    expect(inDatabase.error).toMatchObject({ code: 'CHANGE_FAILED', origin: 'P0001' });
    expect(inDatabase.error?.message).toMatch(
      /failed at: UPDATE _timescaledb_catalog\.bgw_job .*Nothing was changed\.$/,
    );
    expect(inInstance.error?.message).toMatch(
      /failed at: UPDATE .*Already applied and not rolled back: ALTER SYSTEM SET timescaledb\.telemetry_level = 'off'; SELECT pg_catalog\.pg_reload_conf\(\)\.$/,
    );
  });

  test('waits for a lock on the job catalog no longer than the lock timeout', async () => {
    await using database = await consenting();
    await database.admin.query('begin; lock table _timescaledb_catalog.bgw_job in share mode');
    const { error } = await configureAs(database, OFF);
    await database.admin.query('rollback');
    expect(error).toMatchObject({ code: 'CHANGE_FAILED', origin: '55P03' });
    expect(await consentOf(database)).toMatchObject({ granted: true });
  });

  describe('the interval of the job', () => {
    test.each(['2.10.3', '1.7.5'] as const)(
      'is changed, and set when the job is added, in %s',
      async (release) => {
        await using database = await consenting(release);
        const interval = async () =>
          (
            await database.admin.query<{ text: string }>(
              'select schedule_interval::text as text from _timescaledb_config.bgw_job',
            )
          ).rows.map(({ text }) => text);
        const enable = { action: 'enable', scope: 'database' } as const;
        await configured(database, { ...enable, scheduleInterval: '1 month 12 hours' });
        expect(await interval()).toStrictEqual(['1 mon 12:00:00']);
        const { notes } = await configured(database, { ...OFF, job: 'remove' });
        expect(await interval()).toStrictEqual([]);
        expect(notes.join(' ')).toContain(
          'max_retries and retry_period 1 month 12 hours, 100 seconds, -1, 1 hour.',
        );
        await configured(database, { ...enable, scheduleInterval: '7 days' });
        expect(await interval()).toStrictEqual(['7 days']);
      },
    );
  });

  describe('a server built without telemetry', () => {
    test('receives only the level and no job, and a note explains it', async () => {
      await using database = await consenting('2.10.3');
      await database.admin.query(
        'alter extension timescaledb drop function get_telemetry_report(); delete from _timescaledb_config.bgw_job',
      );
      const { statements, notes, consent } = await configured(database, {
        action: 'enable',
        scope: 'database',
      });
      expect(statements).toStrictEqual([`ALTER DATABASE ${database.name} SET ${LEVEL} = 'basic'`]);
      expect(notes.join(' ')).toContain('built without telemetry');
      expect(decisionOf(consent.after)).toMatchObject({ granted: true, level: 'basic' });
    });
  });

  test('notes why the consent differs from the change', async () => {
    await using database = await consenting();
    const owner = `${database.name}_owner`;
    await database.admin.query(`create role ${owner}; alter role ${owner} set ${LEVEL} = 'off';
    update _timescaledb_catalog.bgw_job set owner = '${owner}'`);
    const { notes, consent } = await configured(database, { action: 'enable', scope: 'database' });
    await database.admin.query(
      `update _timescaledb_catalog.bgw_job set owner = 'postgres'; drop role ${owner}`,
    );
    expect(decisionOf(consent.after)).toMatchObject({
      granted: false,
      where: 'role',
      holder: 'job-owner',
    });
    expect(notes.join(' ')).toContain(
      "Telemetry is still denied. Telemetry is off: level off, set for the job's owner.",
    );
  });
});
