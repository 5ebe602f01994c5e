import type pg from 'pg';
import { expect, test } from 'vitest';
import type { HandmadeRelease } from '../support/catalogs.ts';
import { createDatabase } from '../support/databases.ts';
import { secretFor, startWorld } from '../support/world.ts';

/** One or more of every class of relation, each with a number of rows that no other has. */
async function fill(admin: pg.Client, release: HandmadeRelease): Promise<void> {
  const isByOid = release === '2.29.2';
  await admin.query(`
    create table plain (id int primary key, body text);
    insert into plain select i, 'row' from generate_series(1, 11) i;
    create table _timescaledb_internal.placed_among_chunks as select generate_series(1, 13);
    create table _timescaledb_cache.not_a_users (id int);
    create view a_view as select 1;
    create view _timescaledb_internal.internal_view as select 1;
    create materialized view a_materialized_view as select generate_series(1, 17);

    create table root (key int not null) partition by list (key);
    create table leaf partition of root for values in (1);
    create table branch partition of root for values in (2) partition by list (key);
    create table twig partition of branch for values in (2);
    insert into root select 1 + i % 2 from generate_series(1, 19) i;

    create table measured (at timestamptz);
    create table _timescaledb_internal.chunk_1 as select generate_series(1, 23);
    create table _timescaledb_internal.chunk_2 as select generate_series(1, 29);
    create table _timescaledb_internal.materialization as select generate_series(1, 31);
    create foreign data wrapper nowhere;
    create server nowhere foreign data wrapper nowhere;
    create foreign table _timescaledb_internal.chunk_3 (at int) server nowhere;
    create foreign table a_foreign_table (at int) server nowhere;
    create table _timescaledb_functions.not_a_users (id int);
    create table timescaledb_experimental.not_a_users (id int);
    create table _timescaledb_internal._compressed_hypertable_3 as select generate_series(1, 43);
    create table _timescaledb_internal.compressed_data as select generate_series(1, 37);
    create view aggregate as select 1;
    create view nested_aggregate as select 1;

    insert into _timescaledb_catalog.compression_chunk_size values (1, 9, 100, 20, 3, 1000, 200, 30, 23, null, null);`);

  // Up to 2.28 compressed data are a hypertable of their own kind; from 2.29 on a relation that the settings name.
  await admin.query(
    isByOid
      ? `insert into _timescaledb_catalog.hypertable (id, schema_name, table_name, status) values
           (1, 'public', 'measured', 4), (2, '_timescaledb_internal', 'materialization', 4);
         insert into _timescaledb_catalog.chunk (id, hypertable_id, relid, status) values
           (1, 1, '_timescaledb_internal.chunk_1', 1), (2, 1, '_timescaledb_internal.chunk_2', 0),
           (3, 1, '_timescaledb_internal.chunk_3', 0);
         insert into _timescaledb_catalog.compression_settings (relid, compress_relid) values
           ('_timescaledb_internal.chunk_1', '_timescaledb_internal.compressed_data'), ('measured', '_timescaledb_internal._compressed_hypertable_3');`
      : `insert into _timescaledb_catalog.hypertable (id, schema_name, table_name, compression_state) values
           (1, 'public', 'measured', 1), (2, '_timescaledb_internal', 'materialization', 1),
           (3, '_timescaledb_internal', '_compressed_hypertable_3', 2);
         insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name, compressed_chunk_id, status) values
           (1, 1, '_timescaledb_internal', 'chunk_1', 9, 1), (2, 1, '_timescaledb_internal', 'chunk_2', null, 0),
           (3, 1, '_timescaledb_internal', 'chunk_3', null, 0),
           (9, 3, '_timescaledb_internal', 'compressed_data', null, 0);`,
  );
  await admin.query(`
    insert into _timescaledb_catalog.continuous_agg
      (mat_hypertable_id, raw_hypertable_id, parent_mat_hypertable_id, user_view_schema, user_view_name, materialized_only)
    values (2, 1, null, 'public', 'aggregate', false), (7, 2, 2, 'public', 'nested_aggregate', true);
    create temporary table another_sessions as select generate_series(1, 41);
    create schema elsewhere;
    create view elsewhere.aggregate as select 1;
    analyze;
    create table never_analysed (id int);
    update pg_class set relpages = 77, reltuples = 0 where relkind = 'f'`);
}

test.each([
  // From 2.25 on the extension's own compatibility view counts as a user's.
  { release: '2.14.2', views: 2 },
  { release: '2.28.3', views: 3 },
  { release: '2.29.2', views: 3 },
] as const)('$release counts every class of relation', async ({ release, views }) => {
  await using database = await createDatabase({ release });
  await fill(database.admin, release);
  await database.admin.query(
    `alter database ${database.name} set timescaledb.telemetry_level = 'basic'`,
  );
  await using world = await startWorld({ secret: secretFor(database) });

  const { outcome } = await world.run();

  expect(outcome.outcome).toBe('sent');
  const { relations } = JSON.parse(world.endpoint.reports[0]?.body.toString('utf8') ?? '{}');
  expect(relations).toMatchObject({
    tables: { num_relations: 3, num_reltuples: 11 + 13, indexes_size: 16_384, toast_size: 8_192 },
    views: { num_relations: views },
    // A page of rows and one of the visibility map, which belongs to the heap.
    materialized_views: { num_relations: 1, num_reltuples: 17, heap_size: 16_384 },
    partitioned_tables: { num_relations: 1, num_children: 3, num_reltuples: 19, heap_size: 16_384 },
    hypertables: {
      num_relations: 2,
      // A foreign chunk counts, and has no size.
      num_children: 3,
      num_reltuples: 23 + 29 + 31,
      // One page each for two chunks and the materialization, and what was recorded when chunk_1 was compressed.
      heap_size: 3 * 8_192 + 1_000,
      toast_size: 200,
      indexes_size: 30,
      compression: {
        num_compressed_chunks: 1,
        num_compressed_hypertables: 2,
        uncompressed_heap_size: 100,
        uncompressed_toast_size: 20,
        uncompressed_indexes_size: 3,
        uncompressed_row_count: 23,
        compressed_heap_size: 1_000,
        compressed_toast_size: 200,
        compressed_indexes_size: 30,
        // Rows from before 2.0 have no counts.
        compressed_row_count: 0,
        compressed_row_count_frozen_immediately: 0,
      },
    },
    continuous_aggregates: {
      num_relations: 2,
      num_caggs_nested: 1,
      num_caggs_finalized: 2,
      num_caggs_using_real_time_aggregation: 1,
      num_children: 0,
      num_reltuples: 0,
      compression: { num_compressed_caggs: 1, num_compressed_chunks: 0 },
    },
  });
});

test('estimated sizes are page counts, also below a partition that is partitioned itself', async () => {
  await using database = await createDatabase({ release: '2.28.3' });
  await fill(database.admin, '2.28.3');
  await database.admin.query(
    `alter database ${database.name} set timescaledb.telemetry_level = 'basic'`,
  );
  await using world = await startWorld({ secret: secretFor(database) });

  await world.run({ target: { sizes: 'estimated' } });

  const { relations } = JSON.parse(world.endpoint.reports[0]?.body.toString('utf8') ?? '{}');
  expect(relations).toMatchObject({
    tables: { heap_size: 2 * 8_192, indexes_size: 2 * 8_192, toast_size: 8_192 },
    materialized_views: { heap_size: 8_192 },
    partitioned_tables: { num_children: 3, heap_size: 2 * 8_192 },
    hypertables: { heap_size: 3 * 8_192 + 1_000 },
  });
});
