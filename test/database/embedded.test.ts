import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  type EmbeddedTimescaleDb,
  fill,
  REPORTER,
  serveEmbedded,
} from '../../local/embedded-timescaledb.ts';
import { secretFor, startWorld } from '../support/world.ts';

/**
 * What `get_telemetry_report()` of a real TimescaleDB 2.28.3 on PostgreSQL 15.20 said of a database with the same
 * relations, rows and jobs: every counter, every count under `relations`, every compression figure that is not a size.
 */
const REAL_2_28_3 = {
  num_reorder_policies: 1,
  num_reorder_policies_fixed: 0,
  num_retention_policies: 1,
  num_retention_policies_fixed: 0,
  num_compression_policies: 1,
  num_compression_policies_fixed: 0,
  num_continuous_aggs_policies: 1,
  num_continuous_aggs_policies_fixed: 0,
  num_user_defined_actions: 0,
  num_user_defined_actions_fixed: 2,
  relations: {
    views: { num_relations: 3 },
    tables: { num_relations: 2, num_reltuples: 1020 },
    materialized_views: { num_relations: 1, num_reltuples: 1 },
    partitioned_tables: { num_relations: 1, num_children: 3, num_reltuples: 500 },
    hypertables: {
      num_relations: 6,
      num_children: 31,
      num_reltuples: 10_332,
      compression: {
        num_compressed_chunks: 6,
        num_compressed_hypertables: 1,
        compressed_row_count: 30,
        uncompressed_row_count: 1_728,
        compressed_row_count_frozen_immediately: 30,
      },
    },
    continuous_aggregates: {
      num_relations: 3,
      num_children: 0,
      num_reltuples: 0,
      num_caggs_nested: 1,
      num_caggs_finalized: 3,
      num_caggs_using_real_time_aggregation: 1,
      compression: {
        num_compressed_chunks: 0,
        num_compressed_caggs: 0,
        compressed_row_count: 0,
        uncompressed_row_count: 0,
        compressed_row_count_frozen_immediately: 0,
      },
    },
  },
};

/** The one difference in the nature of the two servers: 2.25 and later count a compatibility view of the extension. */
const EMBEDDED_2_23 = {
  ...REAL_2_28_3,
  relations: { ...REAL_2_28_3.relations, views: { num_relations: 2 } },
};

let server: EmbeddedTimescaleDb;
beforeAll(async () => {
  const db = await bootEmbedded();
  await fill(db);
  server = await serveEmbedded(db);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function secret(): string {
  return secretFor(
    { name: EMBEDDED_DATABASE, role: 'postgres', password: 'not checked' },
    { port: server.port },
  );
}

async function reportOf() {
  await using world = await startWorld({ secret: secret() });
  const { outcome } = await world.run({ target: { levelWhenUnset: 'basic' } });
  expect(outcome.outcome).toBe('sent');
  return JSON.parse(world.endpoint.reports[0]?.body.toString('utf8') ?? '{}');
}

test('a plain role makes the report', async () => {
  const { rows } = await server.db.query(
    `select current_user::text, session_user::text, rolsuper from pg_roles where rolname = session_user`,
  );
  expect(rows).toEqual([{ current_user: REPORTER, session_user: REPORTER, rolsuper: false }]);
  await reportOf();
});

test('its counts are those of a real server, but for one view', async () => {
  expect(await reportOf()).toMatchObject(EMBEDDED_2_23);
});

test('it has every field of 2.23 that plain SQL can know, and no other', async () => {
  expect(Object.keys(await reportOf())).toEqual([
    'db_uuid',
    'license',
    'os_name',
    'relations',
    'os_release',
    'os_version',
    'data_volume',
    'db_metadata',
    'replication',
    'access_methods',
    'functions_used',
    'installed_time',
    'stats_by_job_type',
    'telemetry_version',
    'build_architecture',
    'postgresql_version',
    'related_extensions',
    'db_telemetry_events',
    'timescaledb_version',
    'num_reorder_policies',
    'num_retention_policies',
    'num_compression_policies',
    'num_user_defined_actions',
    'num_reorder_policies_fixed',
    'build_architecture_bit_size',
    'num_continuous_aggs_policies',
    'num_retention_policies_fixed',
    'num_compression_policies_fixed',
    'num_user_defined_actions_fixed',
    'num_continuous_aggs_policies_fixed',
  ]);
});

test('what the administrator flagged is reported, the rest of the metadata is not', async () => {
  expect((await reportOf()).db_metadata).toEqual({ deployment: 'demonstration' });
});

test('the sizes are what the server itself says of its relations', async () => {
  const report = await reportOf();
  const { rows } = await server.db.query<{ tables: number; toast: number; data_volume: number }>(`
    select
      (pg_total_relation_size('valve') + pg_total_relation_size('manual'))::int as tables,
      (select sum(pg_total_relation_size(reltoastrelid))::int from pg_class where relname in ('valve', 'manual')) as toast`);
  const { heap_size, toast_size, indexes_size } = report.relations.tables;
  expect(heap_size + toast_size + indexes_size).toBe(rows[0]?.tables);
  expect(toast_size).toBe(rows[0]?.toast);
});

test('a level that another client left in a pooled session cannot consent', async () => {
  await server.db.exec("set timescaledb.telemetry_level = 'basic'");
  try {
    await using world = await startWorld({ secret: secret() });
    const { outcome } = await world.run();
    expect(outcome.consent).toMatchObject({ granted: false, rule: 'level-hidden' });
    expect(world.endpoint.connections()).toBe(0);
  } finally {
    await server.db.exec("set timescaledb.telemetry_level = ''");
  }
});
