import { expect, test } from 'vitest';
import { answerWithVersion } from '../../../emulator/telemetry-endpoint.ts';
import { buildReport } from '../../../lib/report/build-report.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { aTarget, loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';
import { jobSchema } from '../../support/timescaledb/catalogs.ts';
import { scaled } from '../../support/vitest/time-limits.ts';

async function consenting(): Promise<TestDatabase> {
  const database = await createDatabase({ release: '2.28.3' });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    alter database ${database.name} set timescaledb.license = 'timescale';
    insert into _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries,
      retry_period, proc_schema, proc_name)
    values (1000, 'Retention', '1 day', '0', -1, '1h', '_timescaledb_functions', 'policy_retention'),
      (1001, 'Retention', '1 day', '0', -1, '1h', '_timescaledb_functions', 'policy_retention'),
      (1002, 'Own', '1 day', '0', -1, '1h', 'public', 'policy_retention');
    insert into _timescaledb_internal.bgw_job_stat (job_id, total_runs, total_duration, total_duration_failures,
      total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    values (1000, 3, '1 day 00:00:11.5', '00:00:02', 2, 1, 0, 4, 1), (1001, 5, '0', '0', 5, 0, 0, 2, 3),
      (1002, 7, '0', '0', 7, 0, 0, 0, 0)`);
  return database;
}

/** Returns the report without sizes and pages, which can change between two runs. */
async function reportOf(database: TestDatabase) {
  await using world = await startWorld({ secret: secretFor(database) });
  const { outcome, error } = await world.run();
  expect(error).toBeUndefined();
  expect(outcome.outcome).toBe('sent');
  const body = world.endpoint.reports[0]?.body;
  const { data_volume, access_methods, relations, ...rest } = JSON.parse(
    body?.toString('utf8') ?? '{}',
  );
  expect([data_volume > 0, access_methods.heap.pages > 0]).toEqual([true, true]);
  expect(Object.keys(relations)).toHaveLength(6);
  return { report: rest, body };
}

test('builds the same report for any settings of the role', async () => {
  await using database = await consenting();
  const { report: expected } = await reportOf(database);
  expect(expected.stats_by_job_type.policy_retention).toMatchObject({
    total_runs: 8,
    max_consecutive_failures: 4,
    max_consecutive_crashes: 3,
    total_duration: '1 day 00:00:11.5',
    total_duration_failures: '00:00:02',
  });
  expect(expected.stats_by_job_type.user_defined_action).toMatchObject({ total_runs: 7 });
  expect(expected).toMatchObject({
    num_retention_policies_fixed: 2,
    num_user_defined_actions_fixed: 1,
  });
  expect(expected.installed_time).toBe('2024-02-02T22:35:06+00');

  const hostile = {
    search_path: 'evil, public',
    intervalstyle: 'postgres_verbose',
    datestyle: 'SQL, DMY',
    timezone: 'Asia/Kolkata',
    standard_conforming_strings: 'off',
    extra_float_digits: '-15',
    client_encoding: 'LATIN1',
    default_transaction_isolation: 'serializable',
    quote_all_identifiers: 'on',
    // Shorter than the statement of the report, and longer than the first message, which sets another limit.
    statement_timeout: `${scaled(25)}ms`,
    lock_timeout: '1ms',
  };
  for (const [name, value] of Object.entries(hostile)) {
    await database.admin.query(
      `alter role ${database.role} set ${name} = ${name === 'search_path' ? value : `'${value}'`}`,
    );
  }

  expect((await reportOf(database)).report).toEqual(expected);
});

test('builds the same report for any settings of another client in a pooled session', async () => {
  await using database = await consenting();
  await database.admin.query(
    `insert into _timescaledb_catalog.metadata values ('plant', 'Zürich £', true)`,
  );
  const { report: expected } = await reportOf(database);
  const connection = await loginTo(database);
  await database.admin.query(
    `create role ${database.role}_other; grant ${database.role}_other to ${database.role}`,
  );
  await connection.client.query(`
    set role ${database.role}_other;
    set client_encoding = 'LATIN1';
    set search_path = nowhere;
    set timezone = 'Asia/Kolkata';
    set intervalstyle = 'postgres_verbose';
    set datestyle = 'German';
    set statement_timeout = '25ms'`);
  const { row, body } = await snapshotOf(connection, async (snapshot) => ({
    row: await snapshot.row(
      "select current_user::text as role, pg_catalog.current_setting('jit') as jit",
      (found) => found,
    ),
    body: (await buildReport(snapshot, aTarget(), 'basic')).body,
  }));

  expect(row).toEqual({ role: database.role, jit: 'off' });
  expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject(expected);
});

test('reports a session that ends between two statements as a lost connection', async () => {
  await using database = await consenting();
  const connection = await loginTo(database);

  const reading = snapshotOf(connection, async (snapshot) => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    connection.client.once('end', resolve);
    await database.admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1',
      [database.role],
    );
    await ended;
    return snapshot.row('select 1', (row) => row);
  });

  await expect(reading).rejects.toMatchObject({
    code: 'DATABASE_CONNECTION_LOST',
    retryable: true,
  });
});

test('never uses functions, operators and relations of other users', async () => {
  await using database = await consenting();
  const { report: expected } = await reportOf(database);

  await database.admin.query(`
    create schema evil;
    grant all on schema evil, public to ${database.role};
    create function evil.trap() returns bool language plpgsql as $$ begin raise exception 'evil ran'; end $$;
    create function evil.current_setting(text) returns text language sql as $$ select evil.trap()::text $$;
    create function evil.current_setting(text, bool) returns text language sql as $$ select evil.trap()::text $$;
    create function evil.lower(text) returns text language sql as $$ select evil.trap()::text $$;
    create function evil.format(text, name, name) returns text language sql as $$ select evil.trap()::text $$;
    create function evil.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
      language sql as $$ select evil.trap()::text, '', '', '' $$;
    create function evil.get_telemetry_report() returns jsonb language sql as $$ select evil.trap()::text::jsonb $$;
    create function evil.equal(name, name) returns bool language sql as $$ select evil.trap() $$;
    create operator evil.= (leftarg = name, rightarg = name, function = evil.equal);
    create function evil.equal(oid, oid) returns bool language sql as $$ select evil.trap() $$;
    create operator evil.= (leftarg = oid, rightarg = oid, function = evil.equal);
    create view evil.pg_class as select evil.trap() as oid;
    create view evil.pg_extension as select evil.trap() as oid;
    create view evil.bgw_job as select evil.trap() as id;
    create schema ${database.role} authorization ${database.role};
    alter role ${database.role} set search_path = evil, "$user", public, pg_catalog`);

  expect((await reportOf(database)).report).toEqual(expected);
});

test('reports the tuning settings and the cloud, and no empty string', async () => {
  await using database = await consenting();
  const set = (name: string, value: string) =>
    database.admin.query(`alter database ${database.name} set ${name} = '${value}'`);
  await set('timescaledb.last_tune_time', '2024-05-06T07:08:09Z');
  await set('timescaledb.last_tune_version', '0.18.1');
  await set('timescaledb_telemetry.cloud', 'own');

  const { report } = await reportOf(database);
  expect(report).toMatchObject({
    last_tuned_time: '2024-05-06T07:08:09Z',
    last_tuned_version: '0.18.1',
    instance_metadata: { cloud: 'own' },
    license: { edition: 'community' },
  });

  await set('timescaledb.last_tune_time', '');
  await set('timescaledb_telemetry.cloud', '');
  await set('timescaledb.license', 'apache');
  const { report: later } = await reportOf(database);
  expect(later).not.toHaveProperty('last_tuned_time');
  expect(later).not.toHaveProperty('instance_metadata');
  expect(later.license).toEqual({ edition: 'apache_only' });
});

test("reads the job's intervals exactly for any settings of the role, and an infinite one as null", async () => {
  await using database = await consenting();
  await database.admin.query(`
    alter role ${database.role} set extra_float_digits = '-15';
    update _timescaledb_catalog.bgw_job set schedule_interval = '1 year 2 months 3 days 25:00:00.5',
      retry_period = 'infinity' where id = 1`);
  const connection = await loginTo(database);

  const { jobs } = await snapshotOf(connection, readFacts);

  expect(jobs).toMatchObject([
    {
      id: 1,
      scheduled: true,
      scheduleInterval: { months: 14, days: 3, microseconds: 90_000_500_000 },
      maxRuntime: { months: 0, days: 0, microseconds: 100_000_000 },
      maxRetries: -1,
      retryPeriod: null,
    },
  ]);
});

test.each(['2.9.0', '2.28.3'] as const)(
  'reads the initial start and the time zone of a job in %s',
  async (release) => {
    await using database = await createDatabase({ release });
    await database.admin.query(
      `update ${jobSchema(release)}.bgw_job set initial_start = '2024-02-03 04:05:06+01', timezone = 'Europe/Zurich'`,
    );
    const connection = await loginTo(database);

    const { jobs } = await snapshotOf(connection, readFacts);

    expect(jobs).toMatchObject([
      { initialStart: '2024-02-03T03:05:06+00:00', timezone: 'Europe/Zurich' },
    ]);
  },
);

test.each(['03/02/2024 04:05:06 UTC', '03.02.2024 04:05:06 CET', 'yesterday'])(
  'omits an install time in another style than ISO (%s)',
  async (written) => {
    await using database = await consenting();
    await database.admin.query(
      `update _timescaledb_catalog.metadata set value = '${written}' where key = 'install_timestamp'`,
    );
    expect((await reportOf(database)).report).not.toHaveProperty('installed_time');
  },
);

test('sends a report without db_uuid, with a warning, when the database has no uuid', async () => {
  // The version is up to date, so that this is the only warning.
  await using database = await createDatabase({ release: '2.29.2' });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    delete from _timescaledb_catalog.metadata where key = 'uuid'`);
  await using world = await startWorld({
    secret: secretFor(database),
    answer: answerWithVersion('2.29.2'),
  });

  const { outcome } = await world.run();

  expect(outcome).toMatchObject({ outcome: 'sent', severity: 'WARN' });
  expect(outcome.warnings).toEqual([expect.stringContaining('has no uuid')]);
  expect(world.endpoint.reports[0]?.body.toString('utf8')).not.toContain('"db_uuid"');
});

test('omits a field without a known value', async () => {
  await using database = await consenting();
  await database.admin.query(`
    delete from _timescaledb_catalog.metadata where key = 'exported_uuid';
    alter extension timescaledb drop function _timescaledb_functions.get_os_info()`);

  const { report } = await reportOf(database);

  for (const name of [
    'exported_db_uuid',
    'install_method',
    'build_os_name',
    'build_os_version',
    'os_version',
    'os_release',
    'os_name_pretty',
    'instance_metadata',
    'last_tuned_time',
  ]) {
    expect(report).not.toHaveProperty(name);
  }
  expect(report.functions_used).toBeNull();
  // The extension's own text for an unknown host.
  expect(report.os_name).toBe('Unknown');
  expect(report.build_architecture_bit_size).toBe(64);
});
