import { gunzipSync } from 'node:zlib';
import { expect, inject, test } from 'vitest';
import { invoke } from '../../emulator/lambda/invoke.ts';
import { startS3 } from '../../emulator/s3.ts';
import { fromTable, type SecretVersion } from '../../emulator/secrets-manager.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import {
  SECRET_ID,
  type Settings,
  secretFor,
  startWorld,
  type WorldOptions,
} from '../support/run/world.ts';

/** Planted in every name and text that must not leave the database. */
const CANARY = 'c4n4ry';

/** A label of more than 63 letters is invalid, so that no DNS server is queried. */
const UNRESOLVABLE = CANARY.repeat(11);

/** Plants the canary in every name and text that a user or an administrator can set. */
async function plant({ admin, name, role }: TestDatabase): Promise<void> {
  await admin.query(`
    alter database ${name} set timescaledb.telemetry_level = 'basic';
    create schema ${CANARY}_schema;
    create table ${CANARY}_table (${CANARY}_column int primary key, ${CANARY}_text text default '${CANARY}_default');
    insert into ${CANARY}_table values (1, '${CANARY}_row');
    create index ${CANARY}_index on ${CANARY}_table (${CANARY}_text);
    create view ${CANARY}_schema.${CANARY}_view as select * from ${CANARY}_table;
    create materialized view ${CANARY}_materialized as select * from ${CANARY}_table;
    create function ${CANARY}_function() returns text language sql as $$ select '${CANARY}_body' $$;
    comment on table ${CANARY}_table is '${CANARY}_comment';
    create table _timescaledb_internal.${CANARY}_chunk (at timestamptz);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name) values (1, 'public', '${CANARY}_table');
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name)
      values (1, 1, '_timescaledb_internal', '${CANARY}_chunk');
    insert into _timescaledb_catalog.continuous_agg (mat_hypertable_id, raw_hypertable_id, user_view_schema, user_view_name)
      values (1, 1, '${CANARY}_schema', '${CANARY}_view');
    insert into _timescaledb_catalog.metadata values ('${CANARY}_private', '${CANARY}_value', false);
    insert into _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period,
        proc_schema, proc_name, config, check_schema, check_name)
      values (1000, '${CANARY} job', '1h', '0', -1, '1h', '${CANARY}_schema', '${CANARY}_procedure',
        '{"${CANARY}_key": "${CANARY}_value"}', '${CANARY}_schema', '${CANARY}_check');
    insert into _timescaledb_internal.bgw_job_stat (job_id, total_runs, total_duration, total_duration_failures,
        total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
      values (1000, 1, '1s', '0', 1, 0, 0, 0, 0);
    insert into _timescaledb_internal.bgw_job_stat_history (id, job_id, execution_start, succeeded, data) values
      (1, 1000, now(), false, '{"job": {"proc_schema": "${CANARY}_schema", "proc_name": "${CANARY}_procedure"},
        "error_data": {"sqlerrcode": "P0001", "message": "${CANARY}_message", "hint": "${CANARY}_hint"}}');
    alter role ${role} set application_name = '${CANARY}_application'`);
}

/** Runs the bundle, and returns its outcome and all its output: log, result, record and requests to the endpoint. */
async function runPlanted(
  database: TestDatabase,
  { world: worldOptions, ...settings }: Settings & { world?: WorldOptions } = {},
) {
  await using world = await startWorld({
    secret: secretFor(database, { host: 'localhost' }),
    ...worldOptions,
  });
  await using s3 = await startS3({ bucket: 'records' });
  const { log, ...result } = await invoke(
    inject('bundles')['send-report'].file,
    {},
    {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      RECORD: '{"bucket":"records"}',
      ...world.environment(settings),
    },
  );
  const summary = log.map((line) => JSON.parse(line)).find((line) => 'outcome' in line);
  const recorded = [...s3.objects].map(([key, bytes]) => key + gunzipSync(bytes));
  const posted = world.endpoint.reports.map(({ body, headers }) => body + JSON.stringify(headers));
  return {
    outcome: `${summary.outcome} ${summary.error?.code ?? ''}`.trim(),
    recorded: recorded.length,
    text: [...log, JSON.stringify(result), ...recorded, ...posted].join('\n'),
  };
}

function current(SecretString: string): WorldOptions {
  const version: SecretVersion = { VersionId: 'v1', SecretString };
  return { secrets: fromTable({ [SECRET_ID]: { AWSCURRENT: version } }) };
}

const CASES: readonly {
  readonly situation: string;
  readonly outcome: string;
  readonly sql?: (database: TestDatabase) => string;
  readonly options?: (database: TestDatabase) => Settings & { world?: WorldOptions };
}[] = [
  { situation: 'a report is sent', outcome: 'sent' },
  {
    situation: "a report is sent by the database's owner, who can read the errors of all jobs",
    outcome: 'sent',
    sql: ({ name, role }) => `alter database ${name} owner to ${role}`,
  },
  {
    situation: 'the level is not a valid level',
    outcome: 'skipped',
    sql: ({ name }) => `alter database ${name} set timescaledb.telemetry_level = '${CANARY}'`,
  },
  {
    situation: 'the password is wrong',
    outcome: 'failed DATABASE_AUTHENTICATION',
    options: (database) => ({
      world: current(secretFor(database, { password: `${CANARY}_wrong` })),
    }),
  },
  {
    situation: 'the database does not exist',
    outcome: 'failed DATABASE_MISSING',
    options: (database) => ({
      world: current(secretFor(database, { dbname: `${CANARY}_missing` })),
    }),
  },
  {
    situation: 'the host does not resolve',
    outcome: 'failed DATABASE_UNREACHABLE',
    options: (database) => ({ world: current(secretFor(database, { host: UNRESOLVABLE })) }),
  },
  {
    situation: "the server's certificate does not verify",
    outcome: 'failed DATABASE_TLS_UNVERIFIED',
    options: () => ({ target: { tls: { mode: 'verify-full' } } }),
  },
  {
    situation: 'the role lacks CONNECT',
    outcome: 'failed DATABASE_PERMISSION',
    sql: ({ name, role }) => `revoke connect on database ${name} from ${role}`,
  },
  {
    situation: 'a function of the extension raises an error',
    outcome: 'failed DATABASE_ERROR',
    sql: () =>
      `create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text,
         out version_pretty text) language plpgsql as $$ begin raise exception '${CANARY}'; end $$`,
  },
  {
    situation: 'the secret is not JSON',
    outcome: 'failed SECRET_INVALID',
    options: () => ({ world: current(`${CANARY} is not JSON`) }),
  },
  {
    situation: 'the secret has a wrong shape',
    outcome: 'failed SECRET_INVALID',
    options: () => ({
      world: current(JSON.stringify({ user: CANARY, pass: CANARY, port: CANARY })),
    }),
  },
  {
    situation: 'the secret is a URL that turns TLS off',
    outcome: 'failed SECRET_INVALID',
    options: () => ({
      target: { tls: { mode: 'verify-full' } },
      world: current(`postgres://${CANARY}:${CANARY}@${CANARY}/${CANARY}?sslmode=disable`),
    }),
  },
  {
    situation: 'the endpoint rejects the report with an invalid answer',
    outcome: 'failed ENDPOINT_REJECTED',
    options: () => ({
      world: {
        answer(response) {
          response.writeHead(400, CANARY);
          response.end(CANARY);
        },
      },
    }),
  },
  {
    situation: 'the version in the reply contains a line break',
    outcome: 'sent',
    options: () => ({
      world: {
        answer(response) {
          response.end(
            JSON.stringify({
              is_up_to_date: false,
              current_timescaledb_version: `2.30\n{"${CANARY}": 1}`,
            }),
          );
        },
      },
    }),
  },
];

test.each(CASES)(
  'writes no name, secret or private text when $situation',
  async ({ outcome, sql, options }) => {
    await using database = await createDatabase({ release: '2.28.3', label: CANARY });
    await plant(database);
    if (sql !== undefined) await database.admin.query(sql(database));

    const run = await runPlanted(database, options?.(database));

    expect(run.outcome).toBe(outcome);
    expect(run.recorded).toBe(1);
    expect(run.text).not.toMatch(new RegExp(CANARY, 'i'));
    expect(run.text).not.toContain('localhost');
  },
);
