import fc from 'fast-check';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import {
  functionsSchemaOf,
  HANDMADE_RELEASES,
  type HandmadeRelease,
  has,
  jobSchema,
  metadataTableOf,
} from '../../support/timescaledb/catalogs.ts';
import { exampleOf, type Json, runFor } from '../../support/timescaledb/reports.ts';
import { objectionsTo } from '../../support/timescaledb/schemas.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';

/** A text that PostgreSQL can hold, with everything that needs quoting. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom("'", '"', '\\', '$1', '{}', '\n'),
  )
  .filter((one) => !one.includes('\0'));
/** The same, short enough for a name. */
const name = text.filter((one) => one !== '' && Buffer.byteLength(one) < 60);
/** A bigint, as text: it may be no safe integer of JSON. */
const amount = fc
  .oneof(
    fc.nat(10),
    fc.nat({ max: 10 ** 12 }),
    fc.constant(-1),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  )
  .map(String);
const interval = fc.oneof(
  fc
    .tuple(fc.integer({ min: -30, max: 400 }), fc.integer({ min: -90_000, max: 900_000 }))
    .map(([days, seconds]) => `${days} days ${seconds / 1_000} seconds`),
  fc.constantFrom(
    ...['178000000 years', '-178000000 years', '2562047788:00:54.775807', 'infinity', '-infinity'],
  ),
);
/** What the planner knows of a table; whatever can be restored as statistics. */
const planned = fc.record({
  reltuples: fc.constantFrom('-1', '0', '5', '1e12', '3e38', 'NaN', 'Infinity'),
  relpages: fc.constantFrom(-1, 0, 3, 2 ** 31 - 1),
});

const procedure = fc.oneof(
  name,
  fc.constantFrom(
    'policy_retention',
    'policy_compression',
    'policy_reorder',
    'policy_refresh_continuous_aggregate',
    'policy_job_error_retention',
    'policy_job_stat_history_retention',
    'policy_telemetry_',
  ),
);

const hypertable = fc.record({
  kind: fc.constantFrom('own', 'compressing', 'internal', 'materialization'),
  replication: fc.constantFrom(null, null, null, -1, 1, 3),
});
const chunk = fc.record({
  of: fc.nat(5),
  status: fc.nat(15),
  recorded: fc.option(fc.array(amount, { minLength: 6, maxLength: 6 })),
  rows: fc.option(fc.array(amount, { minLength: 3, maxLength: 3 })),
  isThere: fc.boolean(),
  /** A second row of sizes, which only releases before 2.9 can have. */
  isRecordedTwice: fc.boolean(),
});
const job = fc.record({
  isOwn: fc.boolean(),
  procedure,
  isFixed: fc.boolean(),
  statistics: fc.option(
    fc.record({ runs: amount, crashes: amount, duration: interval, failures: interval }),
  ),
  sqlerrcode: fc.option(fc.oneof(text, fc.stringMatching(/^[0-9A-Z]{5}$/))),
});
const catalogs = fc.record({
  hypertables: fc.array(hypertable, { maxLength: 6 }),
  chunks: fc.array(chunk, { maxLength: 8 }),
  planned,
  jobs: fc.array(job, { maxLength: 6 }),
  metadata: fc.uniqueArray(fc.tuple(name, text, fc.boolean()), {
    maxLength: 5,
    selector: ([key]) => key,
  }),
  uuids: fc.subarray(['uuid', 'exported_uuid', 'install_timestamp']),
  installed: fc.oneof(
    text,
    fc.constantFrom('2024-02-03 04:05:06.7-08', '2024-12-31-08', '03/02/2024 04:05:06 UTC'),
  ),
  settings: fc.dictionary(
    fc.constantFrom(
      'timescaledb.last_tuned',
      'timescaledb.last_tune_time',
      'timescaledb.last_tuned_version',
      'timescaledb.last_tune_version',
      'timescaledb_telemetry.cloud',
      'timescaledb.license',
      'timescaledb.license_key',
    ),
    fc.oneof(
      text,
      fc.constantFrom(
        'timescale',
        'apache',
        'E1',
        'E1eyJpZCI6Im8ifQ==',
        '0.18.1',
        '2001-02-03T04:05:06-0300',
      ),
    ),
  ),
  isOwner: fc.boolean(),
});
type Catalogs = typeof catalogs extends fc.Arbitrary<infer T> ? T : never;

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

async function fill(
  { admin, name: database, role }: Awaited<ReturnType<typeof createDatabase>>,
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

/** The paths of all fields in an object; the keys of objects whose keys are data do not count. */
function pathsOf(report: Json, isData: (path: string) => boolean, parent = ''): string[] {
  return Object.entries(report).flatMap(([key, value]) => {
    const path = `${parent}${key}`;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [path, ...(isObject && !isData(path) ? pathsOf(value as Json, isData, `${path}.`) : [])];
  });
}

const DATA = ['access_methods', 'db_metadata', 'errors_by_sqlerrcode', 'stats_by_job_type'];
/** What need not be there, because the catalogs or the role decide. */
const MAY_BE_ABSENT =
  /^(db_uuid|exported_db_uuid|installed_time|license|distributed_|last_tuned|instance_metadata|errors_by_sqlerrcode|db_telemetry_events)/;

test.each(HANDMADE_RELEASES)(
  'whatever the catalogs of %s hold, the report has its published fields, in the published types, and no other',
  async (release) => {
    await fc.assert(
      fc.asyncProperty(catalogs, fc.constantFrom('exact', 'estimated'), async (contents, sizes) => {
        await using database = await createDatabase({ release });
        await fill(database, release, contents);

        const { outcome, report } = await runFor(database, { target: { sizes } });

        expect(outcome.error).toBeUndefined();
        expect(outcome.outcome).toBe('sent');
        expect(objectionsTo(report, release)).toStrictEqual([]);
        // The published list and the query come from one table, and the examples do not.
        const known = pathsOf(await exampleOf(release), (path) => DATA.includes(path));
        const found = pathsOf(report, (path) => DATA.includes(path));
        expect(found.filter((path) => !known.includes(path) && !MAY_BE_ABSENT.test(path))).toEqual(
          [],
        );
        expect(known.filter((path) => !found.includes(path) && !MAY_BE_ABSENT.test(path))).toEqual(
          [],
        );
      }),
      { numRuns: 3 },
    );
  },
  upperBound(60_000),
);
