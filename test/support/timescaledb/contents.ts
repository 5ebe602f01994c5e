import type pg from 'pg';
import { type HandmadeRelease, has, metadataTableOf } from './catalogs.ts';
import { compressedChunk, continuousAggregates, hypertables } from './hypertable-contents.ts';
import { jobs, statistics } from './job-contents.ts';

/**
 * Fills the catalogs of any release with known contents: every kind of object that a report counts, each in a different
 * number. docs/examples/ contains the reports that the releases' own reporters create from them.
 */
export async function fillWithKnownContents(
  { admin, name }: { readonly admin: pg.Client; readonly name: string },
  release: HandmadeRelease,
): Promise<void> {
  await admin.query(USER_RELATIONS);
  await admin.query(hypertables(release));
  if (has(release, '1.3.0')) await admin.query(continuousAggregates(release));
  if (has(release, '1.5.0')) await admin.query(compressedChunk(release));
  await admin.query(jobs(release));
  if (has(release, '2.0.0')) await admin.query(statistics(release));
  await admin.query(metadata(release));
  await admin.query(settings(name, release));
  await admin.query(`
    -- a relation without an estimate, and foreign tables, which ANALYZE skips
    analyze;
    create table never_analysed (id int);
    update pg_class set relpages = 77, reltuples = 0 where relkind = 'f'`);
  // Creates the free space map and the visibility map, which count as heap.
  await admin.query('vacuum analyze plain');
  await admin.query('vacuum analyze a_materialized_view');
}

const USER_RELATIONS = `
  create table plain (id int primary key, body text);
  insert into plain select i, 'row' from generate_series(1, 11) i;
  create table _timescaledb_internal.placed_among_chunks as select generate_series(1, 13);
  -- users' tables in schemas that belong to the extension in some or all releases
  create schema if not exists _timescaledb_functions;
  create schema if not exists timescaledb_experimental;
  create table _timescaledb_functions.users_before_2_11 (id int);
  create table _timescaledb_config.users_since_2_25 (id int);
  create table _timescaledb_cache.users_table (id int);
  create table _timescaledb_catalog.users_table (id int);
  create table timescaledb_experimental.users_table (id int);
  create table timescaledb_information.users_table (id int);
  create view a_view as select 1;
  create view _timescaledb_internal.internal_view as select 1;
  create materialized view a_materialized_view as select generate_series(1, 17);

  create table root (key int not null) partition by list (key);
  create table leaf partition of root for values in (1);
  create table branch partition of root for values in (2) partition by list (key);
  create table twig partition of branch for values in (2);
  insert into root select 1 + i % 2 from generate_series(1, 19) i;

  create table measured (at timestamptz);
  create index on measured (at);
  create table second_measured (at timestamptz);
  create table _timescaledb_internal.chunk_1 as select generate_series(1, 23);
  create table _timescaledb_internal.chunk_2 as select generate_series(1, 29);
  create table _timescaledb_internal.materialization (at int primary key);
  create table _timescaledb_internal.materialized_chunk as select generate_series(1, 31);
  create foreign data wrapper nowhere;
  create server nowhere foreign data wrapper nowhere;
  create foreign table _timescaledb_internal.chunk_3 (at int) server nowhere;
  create foreign table a_foreign_table (at int) server nowhere;
  create table _timescaledb_internal._compressed_hypertable_3 as select generate_series(1, 43);
  create table _timescaledb_internal.compressed_data as select generate_series(1, 37);

  create temporary table another_sessions as select generate_series(1, 41);
  create schema elsewhere;
  create view elsewhere.aggregate as select 1;
  create table elsewhere.measured (at int);
  create table elsewhere.chunk_1 (at int);

  -- an extension in the catalog only; before PostgreSQL 12 the column oid cannot be written
  do $$ begin
    if current_setting('server_version_num')::int >= 120000 then
      insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (98765, 'postgis', 10, 2200, false, '3.4.0');
    else
      insert into pg_extension (extname, extowner, extnamespace, extrelocatable, extversion)
        values ('postgis', 10, 2200, false, '3.4.0');
    end if;
  end $$`;

function metadata(release: HandmadeRelease): string {
  const table = metadataTableOf(release);
  if (!has(release, '1.4.0')) return `insert into ${table} values ('deployment', 'known')`;
  return `insert into ${table} values ('deployment', 'known', true), ('cost_centre', 'not to be told', false)`;
}

function settings(database: string, release: HandmadeRelease): string {
  // Since 2.25.0 the extension reads other names than timescaledb-tune writes.
  const [tunedTime, tunedVersion] = has(release, '2.25.0')
    ? ['timescaledb.last_tune_time', 'timescaledb.last_tune_version']
    : ['timescaledb.last_tuned', 'timescaledb.last_tuned_version'];
  const all = {
    'timescaledb.telemetry_level': 'basic',
    ...(has(release, '2.0.0') && { 'timescaledb.license': 'timescale' }),
    [tunedTime]: '2001-02-03T04:05:06-0300',
    [tunedVersion]: '0.18.1',
    'timescaledb_telemetry.cloud': 'own',
  };
  return Object.entries(all)
    .map(([name, value]) => `alter database ${database} set ${name} = '${value}';`)
    .join('\n');
}
