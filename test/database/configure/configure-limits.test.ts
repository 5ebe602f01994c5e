import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { startPostgres } from '../../support/postgres/postgres.ts';
import { configureAs, configured, decisionOf, useChanger } from '../../support/run/configuring.ts';
import { MODES } from '../../support/run/world.ts';
import { administratorOf, JOB_FUNCTIONS, LEVEL, OFF, stateOf } from './change-state.ts';
import { DENIED } from './denied-cases.ts';

// A separate server, because ALTER SYSTEM affects all databases.
let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

function consenting(release: '1.7.5' | '2.10.3' | '2.28.3' = '2.28.3') {
  return createDatabase({ port: server.port, release, level: 'basic' });
}

describe.each(MODES)('a change that is made %s', (_how, split) => {
  useChanger(split);

  describe('a dry run', () => {
    test.each([
      OFF,
      { action: 'disable', scope: 'instance', job: 'remove' },
      { action: 'disable', scope: { role: 'postgres' } },
      { action: 'enable', scope: 'database', scheduleInterval: '12 hours' },
    ])('returns the statements of %j, and changes nothing', async (event) => {
      await using database = await consenting();
      const before = await stateOf(database);
      const result = await configured(database, { ...event, dryRun: true });
      expect(await stateOf(database)).toStrictEqual(before);
      expect(result).toMatchObject({ dryRun: true, consent: { after: null } });
      expect(result.statements).not.toStrictEqual([]);
    });

    test('lists exactly the statements that the run then executes', async () => {
      await using database = await consenting();
      const planned = await configured(database, { ...OFF, dryRun: true });
      const done = await configured(database, OFF);
      expect(done.statements).toStrictEqual(planned.statements);
      expect(done.statements).toStrictEqual([
        `ALTER DATABASE ${database.name} SET ${LEVEL} = 'off'`,
        'UPDATE _timescaledb_catalog.bgw_job SET scheduled = false WHERE id IN (1)',
      ]);
    });
  });

  test.each(DENIED)(
    'names statement, SQLSTATE and grant when the server denies $what, and the grant is sufficient',
    async ({ event, title, remedy, before, grant }) => {
      await using database = await consenting();
      const { admin, name } = database;
      const administrator = await administratorOf(database, (role) => before?.(role, name) ?? '');
      const change = JSON.parse(JSON.stringify(event).replace('REPORTER', database.role));
      const isUntouched = title.source.includes('Already applied') === false;
      const state = await stateOf(database);

      const { error, line } = await configureAs(database, change, { administrator });
      const stateAfter = await stateOf(database);
      await admin.query(grant(administrator.role, name));
      const again = await configureAs(database, change, { administrator });
      await admin.query(`alter system reset ${LEVEL}; `);
      await admin.query('select pg_reload_conf()');
      await administrator.drop();

      expect(error).toMatchObject({ code: 'CHANGE_DENIED', origin: '42501', retryable: false });
      expect(error?.message).toMatch(title);
      expect(error?.remedy).toMatch(remedy);
      if (isUntouched) {
        expect(error?.message).toContain('Nothing was changed.');
        expect(stateAfter).toStrictEqual(state);
      }
      expect(line).toMatchObject({ outcome: 'failed', severity: 'ERROR' });
      expect(JSON.stringify(line)).not.toContain(name);
      expect(JSON.stringify(line)).not.toContain(administrator.role);
      expect(again.error).toBeUndefined();
    },
  );

  describe("with the extension's own functions for jobs", () => {
    async function callsAfter(
      event: Readonly<Record<string, unknown>>,
      sql: (database: string) => string = () => '',
    ): Promise<readonly string[]> {
      await using database = await consenting();
      await database.admin.query(JOB_FUNCTIONS);
      await database.admin.query(sql(database.name));
      await configured(database, event);
      const { rows } = await database.admin.query<{ call: string }>('select call from calls');
      return rows.map(({ call }) => call);
    }

    test('calls them, and does not restart the scheduler', async () => {
      expect(await callsAfter(OFF)).toStrictEqual(['alter 1  f']);
      expect(await callsAfter({ ...OFF, job: 'remove' })).toStrictEqual(['delete 1']);
      expect(
        await callsAfter({
          action: 'enable',
          scope: 'database',
          scheduleInterval: '1 month 2 days',
        }),
      ).toStrictEqual(['alter 1 1 mon 2 days ']);
    });

    test('resumes a job that is unscheduled and postponed', async () => {
      const pause = () => `update _timescaledb_catalog.bgw_job set scheduled = false;
      insert into _timescaledb_internal.bgw_job_stat (job_id, next_start, total_runs, total_duration, total_duration_failures,
        total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
      values (1, 'infinity', 1, '0', '0', 1, 0, 0, 0, 0)`;
      const calls = await callsAfter({ action: 'enable', scope: 'database' }, pause);
      expect(calls).toStrictEqual(['alter 1  t', 'alter 1  now']);
    });

    test('restarts a scheduler that may have started while the level was off', async () => {
      const off = (name: string) => `alter database ${name} set ${LEVEL} = 'off'`;
      const enable = { action: 'enable', scope: 'database' };
      expect(await callsAfter(enable, off)).toStrictEqual(['restart']);
      expect(await callsAfter(enable)).toStrictEqual([]);
      expect(await callsAfter({ ...enable, job: 'keep' }, off)).toStrictEqual(['restart']);
    });

    test.each([
      ['2.31.2', false],
      ['2.32.0', true],
    ] as const)(
      'restarts the scheduler of %s as the owner of the database: %s',
      async (release, may) => {
        await using database = await createDatabase({ release });
        const { admin, name, role, password } = database;
        await admin.query(`${JOB_FUNCTIONS}; grant insert on calls to ${role};
      grant set on parameter ${LEVEL} to ${role};
      alter database ${name} set ${LEVEL} = 'off'; alter database ${name} owner to ${role}`);
        const { statements, notes } = await configured(
          database,
          { action: 'enable', scope: 'database', job: 'keep' },
          { administrator: { role, password } },
        );
        const { rows } = await admin.query('select call from calls');
        await admin.query(`alter database ${name} owner to postgres; drop owned by ${role}`);

        const restart = 'SELECT _timescaledb_functions.restart_background_workers()';
        expect(statements.includes(restart)).toBe(may);
        expect(rows).toStrictEqual(may ? [{ call: 'restart' }] : []);
        expect(notes.some((note) => note.includes(`${restart} as a superuser`))).toBe(!may);
      },
    );

    test('writes the catalog and restarts the scheduler with the license apache', async () => {
      const apache = (name: string) => `alter database ${name} set timescaledb.license = 'apache'`;
      expect(await callsAfter(OFF, apache)).toStrictEqual(['restart']);
      expect(await callsAfter({ ...OFF, job: 'remove' }, apache)).toStrictEqual(['restart']);
    });

    test('calls no function of the same name that does not belong to the extension', async () => {
      expect(
        await callsAfter(
          OFF,
          () =>
            'alter extension timescaledb drop function alter_job(int, interval, bool, timestamptz)',
        ),
      ).toStrictEqual(['restart']);
    });

    test('notes a failed restart, and keeps the change', async () => {
      await using database = await consenting();
      await database.admin.query(`${JOB_FUNCTIONS}; drop table calls;
      alter extension timescaledb drop function alter_job(int, interval, bool, timestamptz)`);
      const { notes, consent } = await configured(database, OFF);
      expect(notes.join(' ')).toMatch(
        /The change was applied, but this statement failed: SELECT .*restart_background/,
      );
      expect(decisionOf(consent.after)).toMatchObject({ granted: false });
    });
  });

  test('runs no statement on a standby', async () => {
    await using database = await consenting();
    const before = await stateOf(database);
    // Makes this one database report a standby: a real standby would need another server.
    await database.admin.query(`set allow_system_table_mods = on;
    create or replace function pg_catalog.pg_is_in_recovery() returns bool language sql as 'select true'`);
    const { error, line } = await configureAs(database, OFF);
    expect(error).toMatchObject({
      code: 'CHANGE_FAILED',
      remedy: expect.stringContaining('primary'),
    });
    expect(error?.message).toContain('a standby');
    expect(line).toMatchObject({ outcome: 'failed', consent: { after: null } });
    expect(await stateOf(database)).toStrictEqual(before);
  });

  describe('rejects an event that the server does not support:', () => {
    test.each([
      [
        'a role that does not exist',
        '2.28.3',
        { action: 'disable', scope: { role: 'no such role' } },
        /no role with the name/,
      ],
      [
        'a database that does not exist',
        '2.28.3',
        { action: 'disable', scope: { role: 'postgres', inDatabase: 'nowhere' } },
        /no database with the name/,
      ],
      ['pausing the job before 2.0', '1.7.5', { ...OFF, job: 'pause' }, /supports since 2\.0/],
      [
        'the level no_functions before 2.7.1',
        '1.7.5',
        { action: 'enable', scope: 'database', level: 'no_functions' },
        /exists since TimescaleDB 2\.7\.1/,
      ],
    ] as const)('%s', async (_what, release, event, message) => {
      await using database = await consenting(release);
      const before = await stateOf(database);
      const { error } = await configureAs(database, event);
      expect(error).toMatchObject({ code: 'EVENT_INVALID' });
      expect(error?.message).toMatch(message);
      expect(await stateOf(database)).toStrictEqual(before);
    });
  });
});
