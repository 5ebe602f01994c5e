import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withTimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';
import { startWireProxy } from '../../support/network/wire-proxy.ts';
import { createDatabase } from '../../support/postgres/databases.ts';
import {
  isOldPostgresHere,
  type OldPostgres,
  startOldPostgres,
} from '../../support/postgres/old-postgres.ts';
import { loginTo } from '../../support/postgres/snapshots.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';
import { HANDMADE_RELEASES, has } from '../../support/timescaledb/catalogs.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { expectedReport, runFor } from '../../support/timescaledb/reports.ts';

/** Objects of pg_catalog that the statements use; all are in the documentation of PostgreSQL 9.6. */
const KNOWN_TO_9_6 = [
  ...[
    'pg_available_extensions',
    'pg_available_extension_versions',
    'pg_class',
    'pg_database',
    'pg_db_role_setting',
    'pg_depend',
  ],
  ...['pg_extension', 'pg_file_settings', 'pg_foreign_data_wrapper', 'pg_foreign_server'],
  ...['pg_language', 'pg_namespace', 'pg_proc', 'pg_roles', 'pg_settings'],
  ...['current_database', 'current_setting', 'date_part', 'decode', 'encode', 'format'],
  ...['has_function_privilege', 'has_table_privilege', 'isfinite', 'json_agg', 'json_build_object'],
  ...['jsonb_build_object', 'jsonb_object_agg', 'jsonb_strip_nulls', 'lower', 'pg_database_size'],
  ...['pg_has_role', 'pg_is_in_recovery', 'pg_show_all_file_settings', 'regclass', 'set_config'],
  ...['has_schema_privilege', 'octet_length', 'split_part'],
  ...['strpos', 'substr', 'substring', 'to_char', 'to_jsonb', 'unnest', 'version'],
  ...[
    'bool',
    'bool_or',
    'count',
    'max',
    'min',
    'now',
    'sum',
    'date',
    'json',
    'jsonb',
    'name',
    'oid',
    'text',
    'timestamptz',
  ],
];
const SETTINGS_OF_9_6 = [
  ...['search_path', 'role', 'row_security', 'exit_on_error', 'statement_timeout', 'lock_timeout'],
  ...['idle_in_transaction_session_timeout', 'max_parallel_workers_per_gather'],
  ...['client_encoding', 'timezone', 'datestyle', 'intervalstyle'],
];
/** Words that a later version of PostgreSQL introduced. */
const LATER = /\b(materialized|relispartition|prokind|jsonpath|generated|merge|any_value)\b/i;

/** The newest release that supports a version of PostgreSQL, by the build files of the releases. */
const NEWEST_RELEASE = { 10: '1.7.5', 12: '2.11.2' } as const;

describe.skipIf(!isOldPostgresHere).each([10, 12] as const)('on PostgreSQL %i', (major) => {
  let server: OldPostgres;
  beforeAll(async () => {
    server = await startOldPostgres(major);
  });
  afterAll(async () => {
    await server?.stop();
  });

  test('the server has the expected version', async () => {
    await using database = await createDatabase({ port: server.port });
    const { rows } = await database.admin.query(
      "select current_setting('server_version_num')::int / 10000 as major",
    );
    expect(rows).toStrictEqual([{ major }]);
  });

  test.each(HANDMADE_RELEASES.filter((release) => has(release, '0.12.0', NEWEST_RELEASE[major])))(
    'runs every statement for %s, and the whole report equals that of its own reporter',
    async (release) => {
      await using database = await createDatabase({ port: server.port, release });
      await fillWithKnownContents(database, release);
      // With all privileges, so that every statement is sent.
      await database.admin.query(`
        alter database ${database.name} owner to ${database.role};
        grant pg_read_all_settings to ${database.role};
        ${has(release, '2.9.0', '2.9.3') ? `grant select on _timescaledb_internal.job_errors to ${database.role}` : ''}`);

      const { outcome, report } = await runFor(database);

      expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
      expect(report).toStrictEqual(await expectedReport(database, release));
    },
  );

  test.each(['0.12.1', '1.3.2', '1.7.5', '2.0.2'] as const)(
    'uses in the statements for %s only features of PostgreSQL 9.6',
    async (release) => {
      await using database = await createDatabase({ port: server.port, release });
      await database.admin.query(`
        alter database ${database.name} set timescaledb.telemetry_level = 'basic';
        grant pg_read_all_settings to ${database.role}`);
      await using proxy = await startWireProxy(server.port);
      await using world = await startWorld({ secret: secretFor(database, { port: proxy.port }) });

      const { outcome } = await world.run();

      expect(outcome.outcome).toBe('sent');
      const [{ queries = [] } = {}] = proxy.conversations;
      expect(queries).toHaveLength(4);
      const sql = queries.join('\n');
      const used = new Set([...sql.matchAll(/\bpg_catalog\.(\w+)/g)].map(([, name]) => name));
      expect([...used].filter((name) => !KNOWN_TO_9_6.includes(name ?? ''))).toStrictEqual([]);
      // jit, which is turned off since PostgreSQL 11, does not exist in 9.6.
      const set = [...sql.matchAll(/set local (\w+)/g)].map(([, name]) => name ?? '');
      const known = major === 10 ? SETTINGS_OF_9_6 : [...SETTINGS_OF_9_6, 'jit'];
      expect(set.filter((name) => !known.includes(name))).toStrictEqual([]);
      expect(sql).not.toMatch(LATER);
    },
  );

  test('limits a statement to the remaining time of the run', async () => {
    await using database = await createDatabase({ port: server.port, release: '1.7.5' });
    const connection = await loginTo(database);
    const left = [100_000, 100_000, 600, 600];
    const slow = 'select pg_catalog.pg_sleep(2)::pg_catalog.text as slept';
    const fast = "select pg_catalog.current_setting('lock_timeout') as lock_timeout";
    await withTimescaledbSnapshot(
      connection,
      new AbortController().signal,
      () => left.shift() ?? 100_000,
      async ({ row }) => {
        const read = (found: unknown) => found;
        await row(fast, read);
        const timedOut = { code: 'DATABASE_STATEMENT_TIMEOUT' };
        await expect(row(slow, read)).rejects.toMatchObject(timedOut);
        await expect(row(slow, read)).rejects.toMatchObject(timedOut);
        expect(await row(fast, read)).toEqual({ lock_timeout: '500ms' });
      },
    );
  });

  test('omits the available versions when a control file is unreadable, and sends the report', async () => {
    await using database = await createDatabase({ port: server.port, release: '1.7.5' });
    await fillWithKnownContents(database, '1.7.5');
    const broken = join(server.extensions, 'broken.control');
    await writeFile(broken, 'from_the_future = true');
    try {
      const { outcome, report } = await runFor(database);
      expect(outcome).toMatchObject({ outcome: 'sent', version: { available: null } });
      expect(report).toStrictEqual(await expectedReport(database, '1.7.5'));
    } finally {
      await rm(broken);
    }
  });

  test('decodes an enterprise license of 1.7', async () => {
    await using database = await createDatabase({ port: server.port, release: '1.7.5' });
    const key = Buffer.from('{"id": "1-2", "kind": "commercial", "end_time": "2018-09-30"}');
    await database.admin.query(`
      alter database ${database.name} set timescaledb.telemetry_level = 'basic';
      alter database ${database.name} set timescaledb.license_key = 'E1${key.toString('base64')}';
      grant pg_read_all_settings to ${database.role}`);

    const { report } = await runFor(database);

    expect(report['license']).toStrictEqual({
      edition: 'enterprise',
      id: '1-2',
      kind: 'commercial',
      end_time: '2018-09-30 00:00:00+00',
    });
  });

  test("builds the report with the server's own function", async () => {
    await using database = await createDatabase({ port: server.port, release: '1.7.5' });
    await fillWithKnownContents(database, '1.7.5');
    const own = await expectedReport(database, '1.7.5');
    await database.admin.query(
      `create or replace function get_telemetry_report(always_display_report boolean default false) returns text
         language sql as $$ select '${JSON.stringify(own)}'::text $$`,
    );

    const { outcome, report } = await runFor(database, { target: { reportSource: 'function' } });

    expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'function' } });
    expect(report).toStrictEqual(own);
  });
});
