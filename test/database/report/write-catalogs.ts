import type pg from 'pg';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import {
  functionsSchemaOf,
  type HandmadeRelease,
  has,
  jobSchema,
  metadataTableOf,
} from '../../support/timescaledb/catalogs.ts';
import type { Catalogs } from './random-catalogs.ts';

type Insert = (table: string, row: Readonly<Record<string, unknown>>) => Promise<unknown>;

function inserting(admin: pg.Client): Insert {
  return (table, row) =>
    admin.query(
      `insert into ${table} (${Object.keys(row).join(', ')}) values (${Object.keys(row)
        .map((_, i) => `$${i + 1}`)
        .join(', ')})`,
      Object.values(row),
    );
}

async function insertHypertable(
  insert: Insert,
  release: HandmadeRelease,
  id: number,
  { kind, replication }: Catalogs['hypertables'][number],
): Promise<void> {
  const isInternal = kind === 'internal';
  await insert('_timescaledb_catalog.hypertable', {
    id,
    schema_name: 'public',
    table_name: `hypertable_${id}`,
    ...(has(release, '1.5.0', '1.7.5') && { compressed: isInternal }),
    ...(has(release, '2.0.0', '2.28.3') && {
      compression_state: isInternal ? 2 : Number(kind === 'compressing'),
    }),
    ...(has(release, '2.0.0', '2.13.1') && { replication_factor: replication }),
    ...(has(release, '2.29.0') && { status: kind === 'compressing' ? 4 : 0 }),
  });
  if (kind !== 'materialization' || !has(release, '1.3.0')) return;
  await insert('_timescaledb_catalog.continuous_agg', {
    mat_hypertable_id: id,
    raw_hypertable_id: 1,
    user_view_schema: 'public',
    user_view_name: `aggregate_${id}`,
  });
}

async function insertSizes(
  insert: Insert,
  release: HandmadeRelease,
  id: number,
  { recorded, rows, isRecordedTwice }: Catalogs['chunks'][number],
): Promise<void> {
  if (recorded === null) return;
  const [pre, post, frozen] = rows ?? [null, null, null];
  const isTwice = isRecordedTwice && !has(release, '2.9.0');
  for (const compressed_chunk_id of isTwice ? [id, id + 100] : [id]) {
    await insert('_timescaledb_catalog.compression_chunk_size', {
      chunk_id: id,
      compressed_chunk_id,
      uncompressed_heap_size: recorded[0],
      uncompressed_toast_size: recorded[1],
      uncompressed_index_size: recorded[2],
      compressed_heap_size: recorded[3],
      compressed_toast_size: recorded[4],
      compressed_index_size: recorded[5],
      ...(has(release, '2.0.0') && {
        numrows_pre_compression: pre,
        numrows_post_compression: post,
      }),
      ...(has(release, '2.13.0') && { numrows_frozen_immediately: frozen }),
    });
  }
}

async function insertChunk(
  { admin, insert }: { admin: pg.Client; insert: Insert },
  release: HandmadeRelease,
  id: number,
  one: Catalogs['chunks'][number],
): Promise<void> {
  const { of, status, isThere } = one;
  const table = `chunk_${id}`;
  if (isThere || has(release, '2.29.0')) {
    await admin.query(
      `create table _timescaledb_internal.${table} as select generate_series(1, 5)`,
    );
  }
  await insert('_timescaledb_catalog.chunk', {
    id,
    hypertable_id: of + 1,
    ...(has(release, '2.29.0')
      ? { relid: `_timescaledb_internal.${table}` }
      : { schema_name: '_timescaledb_internal', table_name: table }),
    ...(has(release, '2.3.0') && { status }),
  });
  if (has(release, '1.5.0')) await insertSizes(insert, release, id, one);
}

async function insertJob(
  insert: Insert,
  release: HandmadeRelease,
  id: number,
  { isOwn, procedure, isFixed, statistics, sqlerrcode }: Catalogs['jobs'][number],
): Promise<void> {
  const proc_schema = isOwn ? 'public' : functionsSchemaOf(release);
  await insert(`${jobSchema(release)}.bgw_job`, {
    id,
    application_name: 'Job',
    schedule_interval: '1 day',
    max_runtime: '0',
    max_retries: -1,
    retry_period: '1h',
    proc_schema,
    proc_name: procedure,
    ...(has(release, '2.9.0') && { fixed_schedule: isFixed }),
  });
  if (statistics !== null) {
    const { runs, crashes, duration, failures } = statistics;
    await insert('_timescaledb_internal.bgw_job_stat', {
      job_id: id,
      total_runs: runs,
      total_duration: duration,
      total_successes: runs,
      total_failures: 0,
      total_crashes: crashes,
      consecutive_failures: -1,
      consecutive_crashes: 1,
      ...(has(release, '2.9.0') && { total_duration_failures: failures }),
    });
  }
  if (has(release, '2.9.0', '2.14.2')) {
    await insert('_timescaledb_internal.job_errors', {
      job_id: id,
      error_data: { proc_schema, proc_name: procedure, sqlerrcode },
    });
  }
  if (has(release, '2.15.0')) {
    await insert('_timescaledb_internal.bgw_job_stat_history', {
      id,
      job_id: id,
      execution_start: '2024-01-01',
      data: { job: { proc_schema, proc_name: procedure }, error_data: { sqlerrcode } },
    });
  }
}

/** Writes random contents into the catalogs of a database with this release. */
export async function writeCatalogs(
  { admin, name: database, role }: TestDatabase,
  release: HandmadeRelease,
  { hypertables, chunks, planned, jobs, metadata, uuids, installed, settings, isOwner }: Catalogs,
): Promise<void> {
  const insert = inserting(admin);
  const metadataTable = metadataTableOf(release);
  for (const [i, one] of hypertables.entries()) {
    await admin.query(
      `create table hypertable_${i + 1} (at int, body text); create view aggregate_${i + 1} as select 1`,
    );
    await insertHypertable(insert, release, i + 1, one);
  }
  for (const [i, one] of chunks.entries()) {
    await insertChunk({ admin, insert }, release, i + 1, one);
  }
  if (has(release, '2.0.0')) {
    for (const [i, one] of jobs.entries()) await insertJob(insert, release, i + 2, one);
  }
  await admin.query(`delete from ${metadataTable} where not key = any ($1)`, [uuids]);
  await admin.query(`update ${metadataTable} set value = $1 where key = 'install_timestamp'`, [
    installed,
  ]);
  for (const [key, value, include_in_telemetry] of metadata) {
    await insert(metadataTable, {
      key,
      value,
      ...(has(release, '1.4.0') && { include_in_telemetry }),
    });
  }
  for (const [setting, value] of Object.entries({
    ...settings,
    'timescaledb.telemetry_level': 'basic',
  })) {
    await admin.query(`alter database ${database} set ${setting} = ${admin.escapeLiteral(value)}`);
  }
  if (isOwner) await admin.query(`alter database ${database} owner to ${role}`);
  await admin.query('analyze');
  await admin.query(
    `update pg_class set reltuples = $1, relpages = $2
    where relnamespace in ('public'::regnamespace, '_timescaledb_internal'::regnamespace)`,
    [planned.reltuples, planned.relpages],
  );
}
