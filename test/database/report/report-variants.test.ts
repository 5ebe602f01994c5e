import { expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { type Json, runFor } from '../../support/timescaledb/reports.ts';

async function consenting(release: Parameters<typeof createDatabase>[0]): Promise<TestDatabase> {
  const database = await createDatabase(release);
  await set(database, { 'timescaledb.telemetry_level': 'basic' });
  return database;
}

async function set(
  { admin, name }: TestDatabase,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [setting, value] of Object.entries(settings)) {
    await admin.query(`alter database ${name} set ${setting} = '${value}'`);
  }
}

/** The example of TimescaleDB's documentation of 1.x, the extension's key put right; its fields are those of 1.4. */
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

async function documented(): Promise<TestDatabase> {
  const database = await consenting({ release: '1.4.2' });
  await set(database, {
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

test("the documentation's example is reproduced, key for key and type for type, but for what only compiled code knows", async () => {
  await using database = await documented();
  const { install_method, build_os_name, build_os_version, ...known } = DOCUMENTED;

  const { report } = await runFor(database);

  expect(report).toStrictEqual({
    ...known,
    // In UTC, whatever the time zone of the session that installed it.
    installed_time: '2000-04-17 14:56:59.427738+00',
    // The server's own, which are not those of the example.
    postgresql_version: expect.stringMatching(/^\d+\.\d+$/),
    timescaledb_version: '1.4.2',
    data_volume: expect.stringMatching(/^\d+$/),
    build_architecture: expect.any(String),
  });
});

test("the documentation's example passes the check, and is sent whole where the server's own function gives it", async () => {
  await using database = await documented();
  await database.admin.query(`
    create or replace function get_telemetry_report(always_display_report boolean default false) returns text
      language sql as $$ select case when always_display_report then '${JSON.stringify(DOCUMENTED)}' end $$`);

  const { outcome, report } = await runFor(database, { target: { reportSource: 'function' } });

  expect(outcome).toMatchObject({ report: { source: 'function' } });
  expect(report).toStrictEqual(DOCUMENTED);
});

function licenseKey(license: Readonly<Record<string, string>>): string {
  return `E1${Buffer.from(JSON.stringify(license)).toString('base64')}`;
}

const ENTERPRISE_KEY = licenseKey({
  id: '490FB260-A292-4AD9-9AA2-0360835791B8',
  kind: 'trial',
  start_time: '2018-08-31 20:00:00-04',
  end_time: '2018-09-30 20:00:00-04',
});

async function licenseOf(key: string | undefined, grant = 'pg_read_all_settings') {
  await using database = await consenting({ release: '1.7.5' });
  if (key !== undefined) await set(database, { 'timescaledb.license_key': key });
  if (grant !== '') await database.admin.query(`grant ${grant} to ${database.role}`);
  const { outcome, body, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  if (key !== undefined) expect(body?.includes(key)).toBe(false);
  return report['license'];
}

test('an enterprise license of 1.x is told as the documentation shows it, its times in UTC', async () => {
  expect(await licenseOf(ENTERPRISE_KEY)).toStrictEqual({
    id: '490FB260-A292-4AD9-9AA2-0360835791B8',
    kind: 'trial',
    edition: 'enterprise',
    end_time: '2018-10-01 00:00:00+00',
    start_time: '2018-09-01 00:00:00+00',
  });
});

test('a role that may not see the license key tells the edition alone', async () => {
  expect(await licenseOf(ENTERPRISE_KEY, '')).toStrictEqual({ edition: 'enterprise' });
});

test.each([
  ['nothing', undefined, { edition: 'community' }],
  ['CommunityLicense', 'CommunityLicense', { edition: 'community' }],
  ['ApacheOnly', 'ApacheOnly', { edition: 'apache_only' }],
  ['a key that is no base64', 'E1%%%', { edition: 'enterprise' }],
  [
    'a key that is no JSON',
    `E1${Buffer.from('\0\xff no').toString('base64')}`,
    { edition: 'enterprise' },
  ],
  [
    'a key with texts of another kind',
    licenseKey({ id: 'a b', kind: 'own', end_time: 'soon' }),
    { edition: 'enterprise' },
  ],
] as const)('the license key %s fails no report', async (_what, key, license) => {
  expect(await licenseOf(key)).toStrictEqual(license);
});

test('an enterprise license that has run out is none', async () => {
  await using database = await consenting({ release: '1.7.5' });
  await set(database, {
    'timescaledb.license_key': ENTERPRISE_KEY,
    'handmade.license_expired': 'yes',
  });
  await database.admin.query(`grant pg_read_all_settings to ${database.role}`);
  expect((await runFor(database)).report['license']).toStrictEqual({ edition: 'community' });
});

/** Three data nodes; one hypertable with copies, one without, one that is a part of another node's, one of its own. */
async function distribute({ admin }: TestDatabase, distUuid: string): Promise<void> {
  await admin.query(`
    insert into _timescaledb_catalog.metadata values ('dist_uuid', '${distUuid}', true);
    create foreign data wrapper timescaledb_fdw;
    create foreign data wrapper another_fdw;
    create server node_1 foreign data wrapper timescaledb_fdw;
    create server node_2 foreign data wrapper timescaledb_fdw;
    create server node_3 foreign data wrapper timescaledb_fdw;
    create server no_node foreign data wrapper another_fdw;
    create table copied (at int);
    create table spread (at int);
    create table part (at int primary key);
    create table own (at int);
    create foreign table _timescaledb_internal.dist_chunk_1 (at int) server node_1;
    create foreign table _timescaledb_internal.dist_chunk_2 (at int) server node_2;
    create table _timescaledb_internal.part_chunk as select generate_series(1, 7);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name, replication_factor, compression_state) values
      (1, 'public', 'copied', 2, 1), (2, 'public', 'spread', 1, 0), (3, 'public', 'part', -1, 1), (4, 'public', 'own', null, 0);
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name, status) values
      (1, 1, '_timescaledb_internal', 'dist_chunk_1', 1), (2, 2, '_timescaledb_internal', 'dist_chunk_2', 0),
      (3, 3, '_timescaledb_internal', 'part_chunk', 0);
    insert into _timescaledb_catalog.chunk_data_node values (1, 1, 'node_1'), (1, 1, 'node_2'), (1, 1, 'node_3'), (2, 1, 'node_2');
    create view over_copied as select 1;
    create view over_part as select 1;
    insert into _timescaledb_catalog.continuous_agg (mat_hypertable_id, raw_hypertable_id, user_view_schema, user_view_name)
      values (9, 1, 'public', 'over_copied'), (10, 3, 'public', 'over_part');
    analyze _timescaledb_internal.part_chunk`);
}

const OWN_UUID = '0d1f4b4e-0000-4000-8000-000000000001';
const OTHER_UUID = '0d1f4b4e-0000-4000-8000-000000000009';

test.each([
  [OWN_UUID, 'access node'],
  [OTHER_UUID, 'data node'],
])('2.5 says what a part of a distributed database is: %s, %s', async (distUuid, member) => {
  await using database = await consenting({ release: '2.5.2' });
  await set(database, { 'timescaledb.license': 'timescale' });
  await distribute(database, distUuid);

  const { report } = await runFor(database);

  expect(report).toMatchObject({
    distributed_db: {
      distributed_member: member,
      num_data_nodes: '3',
      num_distributed_hypertables: '2',
      num_replicated_distributed_hypertables: '1',
      num_distributed_hypertables_members: '1',
    },
    num_hypertables: '1',
    db_metadata: { dist_uuid: distUuid },
  });
});

test.each([
  ['2.6.1', OWN_UUID, { distributed_member: 'access node', num_data_nodes: 3 }],
  ['2.13.1', OWN_UUID, { distributed_member: 'access node', num_data_nodes: 3 }],
  ['2.13.1', OTHER_UUID, { distributed_member: 'data node' }],
] as const)(
  '%s says it at the top level, and counts its relations',
  async (release, distUuid, told) => {
    await using database = await consenting({ release });
    await set(database, { 'timescaledb.license': 'timescale' });
    await distribute(database, distUuid);

    const { report } = await runFor(database);

    expect(report).toMatchObject(told);
    expect('num_data_nodes' in report).toBe('num_data_nodes' in told);
    expect(report).toMatchObject({
      relations: {
        hypertables: { num_relations: 1, num_children: 0 },
        distributed_hypertables_access_node: {
          num_relations: 2,
          num_children: 2,
          num_replicated_distributed_hypertables: 1,
          // Three copies are two more than one.
          num_replica_chunks: 2,
          heap_size: 0,
          compression: { num_compressed_chunks: 1, num_compressed_hypertables: 1 },
        },
        distributed_hypertables_data_node: {
          num_relations: 1,
          num_children: 1,
          num_reltuples: 7,
          heap_size: 8_192,
          indexes_size: 8_192,
          compression: { num_compressed_hypertables: 1 },
        },
        continuous_aggregates: { num_relations: 2, num_caggs_on_distributed_hypertables: 1 },
      },
    });
  },
);

test.each(['2.5.2', '2.13.1'] as const)(
  '%s under the Apache license says nothing of distributed databases',
  async (release) => {
    await using database = await consenting({ release });
    await set(database, { 'timescaledb.license': 'apache' });
    await distribute(database, OWN_UUID);
    const { report } = await runFor(database);
    expect(report).toMatchObject({ license: { edition: 'apache_only' } });
    for (const name of ['distributed_db', 'distributed_member', 'num_data_nodes']) {
      expect(report).not.toHaveProperty(name);
    }
  },
);

test('without a setting for it, nothing is said of the cloud, the license or tuning', async () => {
  await using database = await consenting({ release: '2.13.1' });
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  for (const name of [
    'instance_metadata',
    'license',
    'distributed_member',
    'last_tuned_time',
    'last_tuned_version',
  ]) {
    expect(report).not.toHaveProperty(name);
  }
});

test.each([
  ['timescaledb.last_tuned', 'not a time'],
  ['timescaledb.last_tuned_version', 'the password is in the drawer'],
])('%s is told only if it is what timescaledb-tune writes', async (setting, value) => {
  await using database = await consenting({ release: '2.13.1' });
  await set(database, { [setting]: value });
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  expect(Object.keys(report).filter((name) => name.startsWith('last_tuned'))).toStrictEqual([]);
});

test('in 1.3, which has no flag, every row of the metadata is told but the three that have fields of their own', async () => {
  await using database = await consenting({ release: '1.3.2' });
  await database.admin.query(
    `insert into _timescaledb_catalog.telemetry_metadata values ('one', '1'), ('other', '2')`,
  );
  expect((await runFor(database)).report['db_metadata']).toStrictEqual({ one: '1', other: '2' });
});

test('estimated sizes are page counts, also below a partition that is partitioned itself', async () => {
  await using database = await consenting({ release: '2.28.3' });
  await database.admin.query(`
    create table plain (id int primary key, body text);
    insert into plain select i, 'row' from generate_series(1, 11) i;
    create table root (key int not null) partition by list (key);
    create table branch partition of root for values in (2) partition by list (key);
    create table twig partition of branch for values in (2);
    insert into root select 2 from generate_series(1, 19) i;
    analyze`);

  const { outcome, report } = await runFor(database, { target: { sizes: 'estimated' } });

  expect(outcome.report).toMatchObject({ estimatedRelations: 2 });
  const { tables, partitioned_tables } = report['relations'] as Json;
  expect(tables).toMatchObject({ heap_size: 8_192, indexes_size: 2 * 8_192, toast_size: 8_192 });
  expect(partitioned_tables).toMatchObject({ num_children: 2, heap_size: 8_192 });
});

/** Every kind of storage: logged and not, out of line and not, maps of free space and visibility, five kinds of index. */
const STORAGE = `
  create table storage (id int primary key, body text, numbers int[]);
  create unlogged table unlogged_storage (id int primary key, body text);
  create index on storage using hash (id);
  create index on storage using brin (id);
  create index on storage using gin (numbers);
  create index on storage using spgist (body);
  insert into storage select i, repeat(md5(i::text), 10), array[i] from generate_series(1, 4000) i;
  insert into storage select -i, (select string_agg(md5(i::text || p::text), '') from generate_series(1, 200) p) from generate_series(1, 20) i;
  insert into unlogged_storage select * from (select id, body from storage where id < 0) s;
  delete from storage where id between 1000 and 3500;
  vacuum analyze storage;
  create materialized view stored_view as select * from storage`;

test("exact sizes are those of PostgreSQL's own functions, fork by fork", async () => {
  await using database = await consenting({ release: '2.28.3' });
  for (const statement of STORAGE.split(';')) await database.admin.query(statement);

  const { report } = await runFor(database);

  const { rows } = await database.admin.query(`
    select
      (pg_table_size('storage') + pg_table_size('unlogged_storage') - t.toast)::int as heap_size,
      t.toast as toast_size, (pg_indexes_size('storage') + pg_indexes_size('unlogged_storage'))::int as indexes_size,
      (select count(*)::int from pg_index i where i.indrelid = 'storage'::regclass and pg_relation_size(i.indexrelid, 'fsm') > 0) as with_fsm
    from (
      select sum(pg_total_relation_size(reltoastrelid))::int as toast from pg_class where relname in ('storage', 'unlogged_storage')
    ) t`);
  const { with_fsm, ...expected } = rows[0];
  expect(with_fsm).toBeGreaterThan(0);
  expect((report['relations'] as Json)['tables']).toMatchObject(expected);
});

test.each([
  { encoding: 'LATIN1', text: 'Zürich £', sql: "'Zürich £'" },
  { encoding: 'EUC_JP', text: '東京', sql: "'東京'" },
  // Nobody knows what such bytes mean; Unicode's own sign for that takes their place.
  {
    encoding: 'SQL_ASCII',
    text: 'caf\uFFFD',
    sql: "convert_from('\\x636166e9', 'SQL_ASCII')",
  },
])('the bytes are UTF-8 when the database is in $encoding', async ({ encoding, text, sql }) => {
  await using database = await consenting({ release: '2.28.3', encoding });
  await database.admin.query(
    `insert into _timescaledb_catalog.metadata values ('place', ${sql}, true)`,
  );

  const { body, report } = await runFor(database);

  expect(report['db_metadata']).toStrictEqual({ place: text });
  expect(body?.includes(Buffer.from(text, 'utf8'))).toBe(true);
});

test.each([
  ['2024-02-29 23:59:59.999999-08', '2024-03-01T07:59:59+00'],
  ['2023-02-29 00:00:00+00', undefined],
  ['2024-13-01 00:00:00+00', undefined],
  ['2024-04-31 00:00:00+00', undefined],
  ['2024-04-30 24:00:00+00', undefined],
  ['2024-04-30 10:60:00+00', undefined],
  ['2024-04-30 10:00:00+16', undefined],
  ['2024-04-30 10:00:00', undefined],
  ['2024-04-30', undefined],
  ['04/30/2024 10:00:00 UTC', undefined],
])('an extension that was installed at %s was installed at %s', async (written, told) => {
  await using database = await consenting({ release: '2.28.3' });
  await database.admin.query(
    `update _timescaledb_catalog.metadata set value = '${written}' where key = 'install_timestamp'`,
  );
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  expect(report['installed_time']).toBe(told);
});

test('functions that the role may not call are not called, and nothing fails', async () => {
  await using database = await consenting({ release: '1.7.5' });
  await set(database, { 'timescaledb.license_key': ENTERPRISE_KEY });
  await database.admin.query(`
    grant pg_read_all_settings to ${database.role};
    revoke execute on all functions in schema _timescaledb_internal, public from public`);

  const { outcome, report } = await runFor(database, { target: { reportSource: 'function' } });

  expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
  expect(report).toMatchObject({ os_name: 'Unknown' });
  for (const name of ['os_version', 'license']) expect(report).not.toHaveProperty(name);
});

test('a schema that the role may not use hides its functions, and nothing fails', async () => {
  await using database = await consenting({ release: '2.28.3' });
  await database.admin.query('revoke usage on schema _timescaledb_functions from public');
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  expect(report).toMatchObject({ os_name: 'Unknown' });
});

test('a partitioned table with an access method of its own has -1 pages, and is told so', async () => {
  await using database = await consenting({ release: '2.28.3' });
  await database.admin.query(`
    create access method own_method type table handler heap_tableam_handler;
    create table root (key int) partition by list (key) using own_method;
    create table leaf partition of root for values in (1);
    analyze root`);
  const { report } = await runFor(database);
  const { rows } = await database.admin.query(
    "select sum(relpages)::int as pages, count(*)::int as instances from pg_class where relam = (select oid from pg_am where amname = 'own_method')",
  );
  expect(rows).toStrictEqual([{ pages: -1, instances: 2 }]);
  expect((report['access_methods'] as Json)['own_method']).toStrictEqual(rows[0]);
});

/** Every name that some release or tool has had for what timescaledb-tune did. */
const TUNE_SETTINGS = {
  'timescaledb.last_tuned': '2001-01-01T00:00:00Z',
  'timescaledb.last_tune_time': '2002-02-02T00:00:00Z',
  'timescaledb.last_tuned_time': '2003-03-03T00:00:00Z',
  'timescaledb.last_tuned_version': '0.1.1',
  'timescaledb.last_tune_version': '0.2.2',
};

test.each([
  ['2.24.0', { last_tuned_time: '2001-01-01T00:00:00Z', last_tuned_version: '0.1.1' }],
  ['2.25.0', { last_tuned_time: '2002-02-02T00:00:00Z', last_tuned_version: '0.2.2' }],
  ['2.29.2', { last_tuned_time: '2002-02-02T00:00:00Z', last_tuned_version: '0.2.2' }],
] as const)('%s reports the settings that its own reporter reads', async (release, expected) => {
  await using database = await consenting({ release });
  await set(database, TUNE_SETTINGS);
  expect((await runFor(database)).report).toMatchObject(expected);
});

test.each([
  ['2.24.0', ['timescaledb.last_tune_time', 'timescaledb.last_tune_version']],
  ['2.25.0', ['timescaledb.last_tuned', 'timescaledb.last_tuned_version']],
  ['2.29.2', ['timescaledb.last_tuned', 'timescaledb.last_tuned_version']],
] as const)('%s does not report the settings of other releases', async (release, names) => {
  await using database = await consenting({ release });
  const others = Object.entries(TUNE_SETTINGS).filter(([name]) =>
    names.some((one) => one === name),
  );
  await set(database, Object.fromEntries(others));
  const { report } = await runFor(database);
  expect(Object.keys(report).filter((name) => name.startsWith('last_tuned'))).toStrictEqual([]);
});

test('a host that gives no name of its system is Unknown', async () => {
  await using database = await consenting({ release: '2.28.3' });
  await database.admin.query(`
    create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
      language sql as $$ select null::text, null::text, null::text, null::text $$`);
  const { report } = await runFor(database);
  expect(report).toMatchObject({ os_name: 'Unknown' });
  for (const name of ['os_version', 'os_release', 'os_name_pretty']) {
    expect(report).not.toHaveProperty(name);
  }
});

test('a role that is granted the right to see settings, but does not inherit it, tells the edition alone', async () => {
  await using database = await consenting({ release: '1.7.5' });
  await set(database, { 'timescaledb.license_key': ENTERPRISE_KEY });
  await database.admin.query(
    `alter role ${database.role} noinherit; grant pg_read_all_settings to ${database.role}`,
  );
  expect((await runFor(database)).report['license']).toStrictEqual({ edition: 'enterprise' });
});
