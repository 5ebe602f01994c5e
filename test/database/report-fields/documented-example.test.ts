import { expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { runFor } from '../../support/timescaledb/reports.ts';
import { setForDatabase } from './set-for-database.ts';

/** The example in TimescaleDB's documentation of 1.x, with a corrected key for the extensions. Its fields are those of 1.4. */
const DOCUMENTED = {
  db_uuid: '26917841-2fc0-48fd-b096-ba19b3fda98f',
  license: { edition: 'community' },
  exported_db_uuid: '8dd4543c-f44e-43c9-a666-02d23bb09b90',
  installed_time: '2000-04-17 10:56:59.427738-04',
  last_tuned_time: '2001-02-03T04:05:06-0300',
  last_tuned_version: '1.0.0',
  install_method: 'source',
  os_name: 'Linux',
  os_release: '4.9.125-linuxkit',
  os_version: '#1 SMP Fri Sep 7 08:20:28 UTC 2018',
  os_name_pretty: 'Debian GNU/Linux 8 (jessie)',
  postgresql_version: '10.4',
  timescaledb_version: '0.12.0',
  build_architecture: 'x86_64',
  build_architecture_bit_size: '64',
  build_os_name: 'Linux',
  build_os_version: '4.9.125-linuxkit',
  data_volume: '65982148',
  db_metadata: {},
  num_hypertables: '3',
  num_continuous_aggs: '0',
  num_reorder_policies: '1',
  num_drop_chunks_policies: '2',
  related_extensions: { pg_prometheus: 'false', postgis: 'true' },
} as const;

async function createDocumentedDatabase(): Promise<TestDatabase> {
  const database = await createDatabase({ release: '1.4.2', level: 'basic' });
  await setForDatabase(database, {
    'timescaledb.last_tuned': DOCUMENTED.last_tuned_time,
    'timescaledb.last_tuned_version': DOCUMENTED.last_tuned_version,
  });
  await database.admin.query(`
    update _timescaledb_catalog.metadata set value = case key
      when 'uuid' then '${DOCUMENTED.db_uuid}'
      when 'exported_uuid' then '${DOCUMENTED.exported_db_uuid}'
      when 'install_timestamp' then '${DOCUMENTED.installed_time}' end;
    create or replace function _timescaledb_internal.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
      language sql as $$ select '${DOCUMENTED.os_name}'::text, '${DOCUMENTED.os_version}'::text, '${DOCUMENTED.os_release}'::text, '${DOCUMENTED.os_name_pretty}'::text $$;
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name)
      select i, 'public', 'table_' || i from generate_series(1, 3) i;
    insert into _timescaledb_config.bgw_policy_reorder values (1000, 1, 'index');
    insert into _timescaledb_config.bgw_policy_drop_chunks values (1001, 1, '1 year'), (1002, 2, '1 year');
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
      values (98765, 'postgis', 10, 2200, false, '2.4.4')`);
  return database;
}

test("builds the documentation's example with the same keys and types, except for fields that only compiled code knows", async () => {
  await using database = await createDocumentedDatabase();
  const { install_method, build_os_name, build_os_version, ...known } = DOCUMENTED;

  const { report } = await runFor(database);

  expect(report).toStrictEqual({
    ...known,
    // Times are in UTC; the installing session used another time zone.
    installed_time: '2000-04-17 14:56:59.427738+00',
    // These values are those of the test's server.
    postgresql_version: expect.stringMatching(/^\d+\.\d+$/),
    timescaledb_version: '1.4.2',
    data_volume: expect.stringMatching(/^\d+$/),
    build_architecture: expect.any(String),
  });
});

test("sends the documentation's example unchanged when the server's own function returns it", async () => {
  await using database = await createDocumentedDatabase();
  await database.admin.query(`
    create or replace function get_telemetry_report(always_display_report boolean default false) returns text
      language sql as $$ select case when always_display_report then '${JSON.stringify(DOCUMENTED)}' end $$`);

  const { outcome, report } = await runFor(database, { target: { reportSource: 'function' } });

  expect(outcome).toMatchObject({ report: { source: 'function' } });
  expect(report).toStrictEqual(DOCUMENTED);
});
