import { expect } from 'vitest';
import { summariesOf } from '../support/lambda/invocations.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import {
  type Arrange,
  consenting,
  type Faulty,
  testFaults,
  timeFor,
} from '../support/run/faults.ts';
import { secretFor, type World } from '../support/run/world.ts';
import type { Json } from '../support/timescaledb/reports.ts';
import { scaled } from '../support/vitest/time-limits.ts';
import { DATABASE_FAULTS } from './rows/database.ts';

/** Executes SQL as the superuser in a healthy database. */
const after =
  (
    sql: string | ((database: TestDatabase) => string),
    more: Omit<Faulty, 'database'> = {},
  ): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    await database.admin.query(typeof sql === 'string' ? sql : sql(database));
    return { database, ...more };
  };

/** Replaces the body of an extension's function that the report calls. */
const osInfo = (body: string): string => `
  create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text,
    out version_pretty text) language plpgsql as $$ begin ${body} end $$`;

/** Raises an error while the report is read. */
const raises = (sqlstate: string, more = ''): Arrange =>
  after(`${osInfo(`raise exception using errcode = '${sqlstate}', message = 'not to be told';`)};
    ${more}`);

const job = (assignment: string): string => `update _timescaledb_catalog.bgw_job set ${assignment}`;

/** Changes the version in pg_extension, but not the catalogs. */
const setVersion = (version: string): string =>
  `update pg_extension set extversion = '${version}' where extname = 'timescaledb'`;

/** Sets a column to NULL that is NOT NULL in the releases. */
const nullable = (table: string, column: string): string =>
  `alter table ${table} alter column ${column} drop not null; update ${table} set ${column} = null`;

function reportIn(world: World): Json {
  return JSON.parse(world.endpoint.reports[0]?.body.toString('utf8') ?? '{}');
}

/** Maximum time for a locked table: the lock timeouts of two attempts, and less than a second. */
const LOCKED_LIMIT_MS = scaled(4_000);

const locked = (table: string): Arrange =>
  after(`begin; lock table _timescaledb_catalog.${table} in access exclusive mode`, {
    after({ invocations }) {
      const [line] = invocations.flatMap(summariesOf);
      expect(line?.['durationMs']).toMatchObject({ database: expect.any(Number) });
      expect(Number(Reflect.get(Object(line?.['durationMs']), 'database'))).toBeLessThan(
        LOCKED_LIMIT_MS,
      );
    },
  });

const inAnotherSecret =
  (overrides: Readonly<Record<string, unknown>>): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    return { database, world: { secret: secretFor(database, overrides) } };
  };

const WITHOUT_TELEMETRY_LEVEL = ({ name }: TestDatabase): string =>
  `alter database ${name} reset timescaledb.telemetry_level`;

testFaults(DATABASE_FAULTS, {
  noDatabase: inAnotherSecret({ dbname: 'no_such_database_of_the_faults' }),
  noRole: inAnotherSecret({ username: 'no_such_role_of_the_faults' }),
  wrongPassword: inAnotherSecret({ password: 'wrong-password-of-the-faults' }),
  expired: after(({ role }) => `alter role ${role} valid until '2001-01-01'`),
  noLogin: after(({ role }) => `alter role ${role} nologin`),
  connectRevoked: after(({ name, role }) => `revoke connect on database ${name} from ${role}`),
  closed: after(
    ({ name }) => `update pg_database set datallowconn = false where datname = '${name}'`,
  ),
  noConnection: after(({ role }) => `alter role ${role} connection limit 0`),
  schemaRevoked: after('revoke usage on schema _timescaledb_catalog from public'),
  tableRevoked: after('revoke select on _timescaledb_catalog.hypertable from public'),
  noExtension: after('drop extension timescaledb cascade'),
  tooOld: after(setVersion('0.11.0')),
  unreadableVersion: after(setVersion('mock')),
  hostileVersion: after(setVersion(`2.28.3\u001b[2J\u202e${'x'.repeat(1_000_000)}`)),
  manyJobs:
    after(`insert into _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries,
      retry_period, proc_schema, proc_name)
    select 100 + i, application_name, schedule_interval, max_runtime, max_retries, retry_period, proc_schema, proc_name
    from _timescaledb_catalog.bgw_job, generate_series(1, 2000) i where id = 1`),
  catalogsOlder: after(setVersion('2.29.2')),
  catalogsNewer: async (stack) => {
    const database = await consenting(stack, setVersion('2.28.3'), '2.29.2');
    return { database };
  },
  catalogsMoved: after(setVersion('2.24.0')),
  libraryGone: raises('58P01'),
  olderSession: raises('42710'),
  libraryNotLoaded: after(WITHOUT_TELEMETRY_LEVEL),
  // A call of a function in C would load the library into the session, and TimescaleDB would end the session.
  libraryNotCalled: after(
    `create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text,
       out version_pretty text) language c as '$libdir/plpgsql', 'plpgsql_call_handler'`,
    {
      after: ({ world }) => expect(reportIn(world)).toMatchObject({ os_name: 'Unknown' }),
    },
  ),
  statementTimeout: after(osInfo('perform pg_sleep(60);'), { timeoutMs: timeFor(1_000) }),
  cancelled: after(osInfo('perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(60);')),
  terminated: after(
    osInfo('perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60);'),
  ),
  factsLocked: locked('metadata'),
  reportLocked: locked('hypertable'),
  tableLocked: async (stack) => {
    const database = await consenting(stack, 'create table busy (at int primary key)');
    await database.admin.query('begin; lock table busy in access exclusive mode');
    return {
      database,
      after: ({ invocations }) =>
        expect(invocations.flatMap(summariesOf)).toMatchObject([
          { report: { estimatedRelations: 1 } },
        ]),
    };
  },
  deadlock: raises('40P01'),
  serialization: raises('40001'),
  // The server's own errors for the OID of a dropped object.
  relationGone: after(osInfo('perform currval(4711::oid::regclass);')),
  typeGone: after(osInfo("perform array_in('{1}', 4711::oid, -1);")),
  diskFull: raises('53100'),
  outOfMemory: raises('53200'),
  temporaryFiles: raises('53400'),
  internalError: raises('XX000'),
  ioError: raises('58030'),
  damagedTable: raises('XX001'),
  damagedIndex: raises('XX002'),
  noRetryLeft: raises('53200', job('max_retries = 0')),
  infiniteRetry: raises('53200', job("retry_period = 'infinity'")),
  columnOfFactsGone: after(
    'alter table _timescaledb_catalog.bgw_job rename column max_runtime to gone',
  ),
  columnOfReportGone: after('alter table _timescaledb_catalog.hypertable drop column table_name'),
  tableGone: after('alter table _timescaledb_catalog.continuous_agg rename to gone'),
  schemaGone: after('alter schema _timescaledb_catalog rename to gone'),
  columnOfAnotherType: after(
    'alter table _timescaledb_catalog.metadata alter column key type int using length(key)',
  ),
  columnWithoutOperator: after(
    'alter table _timescaledb_catalog.hypertable alter column schema_name type point using point(1, 2)',
  ),
  columnOfText: async (stack) => ({
    database: await consenting(
      stack,
      'alter table _timescaledb_config.bgw_job alter column max_retries type text',
      '2.23.1',
    ),
  }),
  nullInterval: after(nullable('_timescaledb_catalog.bgw_job', 'schedule_interval')),
  nullScheduled: after(nullable('_timescaledb_catalog.bgw_job', 'scheduled')),
  nullMetadata: after(`
    insert into _timescaledb_catalog.metadata values ('plant', '', true);
    alter table _timescaledb_catalog.metadata alter column value drop not null;
    update _timescaledb_catalog.metadata set value = null where key = 'plant'`),
  hugeMetadata: after(
    "insert into _timescaledb_catalog.metadata values ('plant', repeat('canary-of-the-faults', 500000), true)",
    { secrets: ['canary-of-the-faults'] },
  ),
  noMetadata: after('delete from _timescaledb_catalog.metadata', {
    after({ world }) {
      const report = reportIn(world);
      expect(report['db_metadata']).toEqual({});
      for (const absent of ['db_uuid', 'exported_db_uuid', 'installed_time']) {
        expect(report).not.toHaveProperty(absent);
      }
    },
  }),
  noUuid: after("delete from _timescaledb_catalog.metadata where key = 'uuid'", {
    after({ world, invocations }) {
      expect(reportIn(world)).not.toHaveProperty('db_uuid');
      expect(invocations.flatMap(summariesOf)).toMatchObject([
        { warnings: [expect.stringContaining('has no uuid')] },
      ]);
    },
  }),
  unreadableInstallTime: after(
    "update _timescaledb_catalog.metadata set value = '2024-12-31-08' where key = 'install_timestamp'",
    { after: ({ world }) => expect(reportIn(world)).not.toHaveProperty('installed_time') },
  ),
  negativeCounts: after(
    `insert into _timescaledb_internal.bgw_job_stat (job_id, total_runs, total_duration, total_duration_failures,
       total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
     values (1, 1, '1 s', '0', 1, 0, -1, 0, -1)`,
    {
      after: ({ world }) =>
        expect(reportIn(world)).toMatchObject({
          stats_by_job_type: { policy_telemetry: { total_crashes: -1 } },
        }),
    },
  ),
  impossibleStatistics: after(
    "create table measured (at int); update pg_class set reltuples = 'NaN' where relname = 'measured'",
  ),
  noJob: after('delete from _timescaledb_catalog.bgw_job'),
  twoJobs: after(
    `insert into _timescaledb_catalog.bgw_job
       select (json_populate_record(j, '{"id": 2}')).* from _timescaledb_catalog.bgw_job j`,
  ),
  twoJobsOnePaused: after(`
    insert into _timescaledb_catalog.bgw_job
      select (json_populate_record(j, '{"id": 2, "scheduled": false}')).* from _timescaledb_catalog.bgw_job j`),
  jobPausedByNextStart: after(`
    insert into _timescaledb_internal.bgw_job_stat (job_id, next_start, total_runs, total_duration, total_duration_failures,
      total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    values (1, 'infinity', 1, '0', '0', 1, 0, 0, 0, 0)`),
  restoring: after(`
    do $$ begin
      execute format('alter database %I set timescaledb.restoring = on', current_database());
    end $$`),
  infiniteSchedule: after(job("schedule_interval = 'infinity'")),
  negativeIntervals: after(
    job("schedule_interval = '-1 day', max_runtime = '-1 s', retry_period = '-1 h'"),
  ),
  namesThatAreSql: after(
    `create schema "'; drop table x; --";
     create table "'; drop table x; --"."$$ "" \\ %I {" ("); select" int);
     insert into _timescaledb_catalog.hypertable (id, schema_name, table_name)
       values (1, '''; drop table x; --', '$$ " \\ %I {');
     insert into _timescaledb_catalog.metadata values ('"}''); --', E'\\\\"}\\n''', true)`,
    {
      after: ({ world }) =>
        expect(reportIn(world)).toMatchObject({
          db_metadata: { '"}\'); --': '\\"}\n\'' },
          relations: { hypertables: { num_relations: 1 } },
        }),
    },
  ),
  foreignTable: after(`
    create extension postgres_fdw;
    create server nowhere foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1');
    create foreign table far (at int) server nowhere;
    create user mapping for public server nowhere`),
});
