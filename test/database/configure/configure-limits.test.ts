import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { startPostgres } from '../../support/postgres/postgres.ts';
import {
  type Administrator,
  configureAs,
  configured,
  consentOf,
  decisionOf,
} from '../../support/run/configuring.ts';

const LEVEL = 'timescaledb.telemetry_level';
const OFF = { action: 'disable', scope: 'database' } as const;

// A server of this file's own, because ALTER SYSTEM speaks of all databases.
let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

function consenting(release: '1.7.5' | '2.10.3' | '2.28.3' = '2.28.3') {
  return createDatabase({ port: server.port, release, level: 'basic' });
}

/** All that a change could touch. */
async function stateOf({ admin }: TestDatabase): Promise<unknown> {
  const { rows } = await admin.query(`
    select (select json_agg(s order by s.setdatabase, s.setrole) from pg_db_role_setting s) as settings,
      (select json_agg(j order by j.id) from _timescaledb_config.bgw_job j) as jobs,
      (select json_agg(f.setting) from pg_file_settings f where f.name = '${LEVEL}') as configured`);
  return rows;
}

/** An administrator with a login and CONNECT, and what `sql` grants beside. */
async function administratorOf(
  { admin, name, password }: TestDatabase,
  sql: (role: string) => string = () => '',
): Promise<Administrator & { drop(): Promise<void> }> {
  const role = `${name}_admin`;
  await admin.query(`create role ${role} login password '${password}';
    grant connect on database ${name} to ${role}; ${sql(role)}`);
  return {
    role,
    password,
    async drop() {
      await admin.query(`alter database ${name} owner to postgres; drop owned by ${role}`);
      await admin.query(`drop role ${role}`);
    },
  };
}

describe('a dry run', () => {
  test.each([
    OFF,
    { action: 'disable', scope: 'instance', job: 'remove' },
    { action: 'disable', scope: { role: 'postgres' } },
    { action: 'enable', scope: 'database', scheduleInterval: '12 hours' },
  ])('of %j returns the statements, and changes nothing', async (event) => {
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

/** What is asked for, with what it lacks, and the words of the remedy as statements. */
const DENIED: readonly {
  readonly what: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly title: RegExp;
  readonly remedy: RegExp;
  readonly before?: (role: string, database: string) => string;
  readonly grant: (role: string, database: string) => string;
}[] = [
  {
    what: 'a database of somebody else',
    event: { ...OFF, job: 'keep' },
    title: /ALTER DATABASE <this database> SET/,
    remedy: /GRANT <the owner> TO.*GRANT SET ON PARAMETER timescaledb\.telemetry_level TO/,
    grant: (role, database) =>
      `alter database ${database} owner to ${role}; grant set on parameter ${LEVEL} to ${role}`,
  },
  {
    what: 'a setting that no library has registered',
    event: { ...OFF, job: 'keep' },
    title: /ALTER DATABASE <this database> SET/,
    remedy: /GRANT SET ON PARAMETER timescaledb\.telemetry_level TO/,
    before: (role, database) => `alter database ${database} owner to ${role}`,
    grant: (role) => `grant set on parameter ${LEVEL} to ${role}`,
  },
  {
    what: 'a role without CREATEROLE',
    event: { action: 'disable', scope: { role: 'REPORTER' } },
    title: /ALTER ROLE <the role> SET/,
    remedy:
      /ALTER ROLE <the administrator> CREATEROLE; GRANT <the role> TO <the administrator> WITH ADMIN OPTION/,
    grant: (role, database) =>
      `alter role ${role} createrole; grant ${database.replace('_db_', '_role_')} to ${role} with admin option; grant set on parameter ${LEVEL} to ${role}`,
  },
  {
    what: 'a job of somebody else',
    event: OFF,
    title: /UPDATE _timescaledb_catalog\.bgw_job SET scheduled = false/,
    remedy: /GRANT SELECT, UPDATE ON _timescaledb_catalog\.bgw_job TO/,
    before: (role, database) =>
      `alter database ${database} owner to ${role}; grant set on parameter ${LEVEL} to ${role}`,
    grant: (role) => `grant select, update on _timescaledb_catalog.bgw_job to ${role}`,
  },
  {
    what: 'the instance, without being a superuser',
    event: { action: 'disable', scope: 'instance', job: 'keep' },
    title: /ALTER SYSTEM SET/,
    remedy: /needs a superuser/,
    grant: (role) => `alter role ${role} superuser`,
  },
  {
    what: 'a reload',
    event: { action: 'disable', scope: 'instance', job: 'keep' },
    title:
      /pg_reload_conf\(\)\. Already applied and not rolled back: ALTER SYSTEM SET timescaledb\.telemetry_level = 'off'\./,
    remedy: /GRANT EXECUTE ON FUNCTION pg_catalog\.pg_reload_conf\(\)/,
    before: (role) => `grant alter system on parameter ${LEVEL} to ${role}`,
    grant: (role) => `grant execute on function pg_catalog.pg_reload_conf() to ${role}`,
  },
];

test.each(DENIED)(
  'denied: $what; the error names statement, SQLSTATE and grant, and the grant helps',
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

/** Stands for what 2.x has in C: writes down how it was called. */
const API = `
  create table calls (call text);
  create function alter_job(job_id int, schedule_interval interval = null, scheduled bool = null, next_start timestamptz = null)
    returns void language sql as $$ insert into public.calls values (
      pg_catalog.format('alter %s %s %s%s', job_id, schedule_interval, scheduled,
        case when next_start = pg_catalog.now() then 'now' end)) $$;
  create function delete_job(job_id int) returns void language sql
    as $$ insert into public.calls values (pg_catalog.format('delete %s', job_id)) $$;
  create function _timescaledb_functions.restart_background_workers() returns bool language sql
    as $$ insert into public.calls values ('restart') returning true $$;
  alter extension timescaledb add function alter_job(int, interval, bool, timestamptz);
  alter extension timescaledb add function delete_job(int);
  alter extension timescaledb add function _timescaledb_functions.restart_background_workers()`;

describe('the extension has functions of its own for jobs', () => {
  async function callsAfter(
    event: Readonly<Record<string, unknown>>,
    sql: (database: string) => string = () => '',
  ): Promise<readonly string[]> {
    await using database = await consenting();
    await database.admin.query(API);
    await database.admin.query(sql(database.name));
    await configured(database, event);
    const { rows } = await database.admin.query<{ call: string }>('select call from calls');
    return rows.map(({ call }) => call);
  }

  test('they are called, and the scheduler notices by itself', async () => {
    expect(await callsAfter(OFF)).toStrictEqual(['alter 1  f']);
    expect(await callsAfter({ ...OFF, job: 'remove' })).toStrictEqual(['delete 1']);
    expect(
      await callsAfter({ action: 'enable', scope: 'database', scheduleInterval: '1 month 2 days' }),
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
  ] as const)('in %s the owner of the database may restart it: %s', async (release, may) => {
    await using database = await createDatabase({ release });
    const { admin, name, role, password } = database;
    await admin.query(`${API}; grant insert on calls to ${role};
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
  });

  test('writes the catalog and restarts the scheduler under the license apache', async () => {
    const apache = (name: string) => `alter database ${name} set timescaledb.license = 'apache'`;
    expect(await callsAfter(OFF, apache)).toStrictEqual(['restart']);
    expect(await callsAfter({ ...OFF, job: 'remove' }, apache)).toStrictEqual(['restart']);
  });

  test("does not call a function of the same name that is not the extension's", async () => {
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
    await database.admin.query(`${API}; drop table calls;
      alter extension timescaledb drop function alter_job(int, interval, bool, timestamptz)`);
    const { notes, consent } = await configured(database, OFF);
    expect(notes.join(' ')).toMatch(
      /The change was applied, but this statement failed: SELECT .*restart_background/,
    );
    expect(decisionOf(consent.after)).toMatchObject({ granted: false });
  });
});

describe('the interval of the job', () => {
  test.each(['2.10.3', '1.7.5'] as const)(
    'is changed, and asked for when it is added, in %s',
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
  test('gets only the level and no job, and the notes explain it', async () => {
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

test('runs no statement on a standby', async () => {
  await using database = await consenting();
  const before = await stateOf(database);
  // What the server says of itself, in this database alone: a real standby would need a server more.
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

describe('rejects an event that this server does not support', () => {
  test.each([
    [
      'a role that is not there',
      '2.28.3',
      { action: 'disable', scope: { role: 'nobody at all' } },
      /no role with the name/,
    ],
    [
      'a database that is not there',
      '2.28.3',
      { action: 'disable', scope: { role: 'postgres', inDatabase: 'nowhere' } },
      /no database with the name/,
    ],
    ['a pause before 2.0', '1.7.5', { ...OFF, job: 'pause' }, /supports since 2\.0/],
    [
      'no_functions before 2.7.1',
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
