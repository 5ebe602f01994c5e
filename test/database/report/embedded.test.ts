import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  type EmbeddedTimescaleDb,
  fill,
  REPORTER,
  serveEmbedded,
} from '../../../emulator/timescaledb.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';

const NO_COMPRESSION = {
  num_compressed_chunks: 0,
  compressed_row_count: 0,
  compressed_heap_size: 0,
  compressed_toast_size: 0,
  compressed_indexes_size: 0,
  uncompressed_row_count: 0,
  uncompressed_heap_size: 0,
  uncompressed_toast_size: 0,
  uncompressed_indexes_size: 0,
  compressed_row_count_frozen_immediately: 0,
};

/**
 * Result of `get_telemetry_report()` of a real TimescaleDB 2.28.3 on PostgreSQL 15.20 for a database with the same relations,
 * rows and jobs, without the sizes of hypertables, which depend on the row padding of a build.
 */
const RELATIONS_OF_REAL_2_28_3 = {
  views: { num_relations: 3 },
  tables: {
    num_relations: 2,
    num_reltuples: 1_020,
    heap_size: 335_872,
    toast_size: 335_872,
    indexes_size: 57_344,
  },
  materialized_views: {
    num_relations: 1,
    num_reltuples: 1,
    heap_size: 40_960,
    toast_size: 8_192,
    indexes_size: 0,
  },
  partitioned_tables: {
    num_relations: 1,
    num_children: 3,
    num_reltuples: 500,
    heap_size: 98_304,
    toast_size: 0,
    indexes_size: 0,
  },
  hypertables: {
    num_relations: 6,
    num_children: 31,
    num_reltuples: 10_332,
    toast_size: 188_416,
    compression: {
      num_compressed_chunks: 6,
      num_compressed_hypertables: 1,
      compressed_row_count: 30,
      compressed_heap_size: 98_304,
      compressed_toast_size: 49_152,
      compressed_indexes_size: 98_304,
      uncompressed_row_count: 1_728,
      uncompressed_heap_size: 294_912,
      uncompressed_toast_size: 49_152,
      uncompressed_indexes_size: 98_304,
      compressed_row_count_frozen_immediately: 30,
    },
  },
  continuous_aggregates: {
    num_relations: 3,
    num_children: 0,
    num_reltuples: 0,
    heap_size: 0,
    toast_size: 0,
    indexes_size: 0,
    num_caggs_nested: 1,
    num_caggs_finalized: 3,
    num_caggs_using_real_time_aggregation: 1,
    compression: { ...NO_COMPRESSION, num_compressed_caggs: 0 },
  },
};

const NEVER_RAN = {
  total_runs: 0,
  total_successes: 0,
  total_failures: 0,
  total_crashes: 0,
  total_duration: '00:00:00',
  total_duration_failures: '00:00:00',
  max_consecutive_failures: 0,
  max_consecutive_crashes: 0,
};

/** The rest of the real report, and then the fields that differ because the two servers differ. */
const REPORT = {
  telemetry_version: 2,
  license: { edition: 'community' },
  db_metadata: { deployment: 'demonstration' },
  functions_used: null,
  db_telemetry_events: [],
  replication: { num_wal_senders: 0, is_wal_receiver: false },
  related_extensions: {
    pg_prometheus: false,
    postgis: false,
    promscale: false,
    timescale_analytics: false,
    timescaledb_toolkit: false,
    vector: false,
    ai: false,
    vectorscale: false,
  },
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

  // The server has no background workers: the statistics come from add_job().
  stats_by_job_type: { user_defined_action: NEVER_RAN },
  db_uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
  installed_time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00$/),
  timescaledb_version: '2.23.0-dev',
  postgresql_version: '17.5',
  os_name: 'Emscripten',
  os_version: expect.any(String),
  os_release: expect.any(String),
  build_architecture: expect.any(String),
  build_architecture_bit_size: 32,
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

test('builds the report with a plain role', async () => {
  const { rows } = await server.db.query(
    `select current_user::text, session_user::text, rolsuper from pg_roles where rolname = session_user`,
  );
  expect(rows).toEqual([{ current_user: REPORTER, session_user: REPORTER, rolsuper: false }]);
  await reportOf();
});

test('counts its jobs', async () => {
  const { rows: jobs } = await server.db.query(
    'select from _timescaledb_config.bgw_job where scheduled',
  );
  await using world = await startWorld({ secret: secret() });
  const { outcome } = await world.run();

  expect(jobs.length).toBeGreaterThan(3);
  expect(outcome.jobs).toStrictEqual({ scheduled: jobs.length, failing: 0, oldestFailure: null });
});

/** Returns the totals of hypertables and their chunks by subtraction, which the report does not use. */
async function sizesOfHypertables() {
  const { rows } = await server.db.query<Record<'heap_size' | 'indexes_size', number>>(`
    with own (relation) as (
      select format('%I.%I', h.schema_name, h.table_name)::regclass
      from _timescaledb_catalog.hypertable h where h.compression_state <> 2
      union all
      select format('%I.%I', c.schema_name, c.table_name)::regclass
      from _timescaledb_catalog.chunk c join _timescaledb_catalog.hypertable h on h.id = c.hypertable_id
      where h.compression_state <> 2 and not c.dropped
    ),
    recorded as (
      select sum(compressed_heap_size) as heap, sum(compressed_index_size) as indexes from _timescaledb_catalog.compression_chunk_size
    )
    select
      (sum(pg_total_relation_size(o.relation) - pg_indexes_size(o.relation)
         - coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)) + (select heap from recorded))::int as heap_size,
      (sum(pg_indexes_size(o.relation)) + (select indexes from recorded))::int as indexes_size
    from own o join pg_class c on c.oid = o.relation`);
  return rows[0];
}

test('the whole report equals that of a real server, except for the fields that differ between the servers', async () => {
  const { relations, data_volume, access_methods, ...report } = await reportOf();
  const { hypertables, ...rest } = RELATIONS_OF_REAL_2_28_3;

  expect(report).toStrictEqual(REPORT);
  expect(relations).toStrictEqual({
    ...rest,
    hypertables: { ...hypertables, ...(await sizesOfHypertables()) },
    // 2.25 and later count a compatibility view of the extension.
    views: { num_relations: 2 },
  });
  const { rows } = await server.db.query(
    `select (select sum(relpages) from pg_class where relam = (select oid from pg_am where amname = 'btree'))::int as pages,
       pg_database_size(current_database())::int as data_volume`,
  );
  expect({ pages: access_methods.btree.pages, data_volume }).toStrictEqual(rows[0]);
});

test('denies consent by a level that another client set in a pooled session', async () => {
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
