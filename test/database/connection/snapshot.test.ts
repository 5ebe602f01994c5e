import { expect, test } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import { createDatabase } from '../../support/postgres/databases.ts';
import { aTarget, loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { jobSchema } from '../../support/timescaledb/catalogs.ts';
import { scaled } from '../../support/vitest/time-limits.ts';
import { consenting, reportOf } from './session-report.ts';

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
