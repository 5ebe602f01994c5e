import type pg from 'pg';
import {
  functionsSchemaOf,
  type HandmadeRelease,
  has,
  jobSchema,
  metadataTableOf,
  spans,
} from './catalogs.ts';

/**
 * Known contents for the catalogs of any release: one or more of everything that a report counts, each in a number that
 * no other has. docs/examples/ says what the release's own reporter would make of them.
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
    -- a relation without an estimate, and one that no ANALYZE looks at
    analyze;
    create table never_analysed (id int);
    update pg_class set relpages = 77, reltuples = 0 where relkind = 'f'`);
  // The maps of free space and visibility belong to the heap.
  await admin.query('vacuum analyze plain');
  await admin.query('vacuum analyze a_materialized_view');
}

const USER_RELATIONS = `
  create table plain (id int primary key, body text);
  insert into plain select i, 'row' from generate_series(1, 11) i;
  create table _timescaledb_internal.placed_among_chunks as select generate_series(1, 13);
  -- into schemas that are the extension's in some releases or in all
  create schema if not exists _timescaledb_functions;
  create schema if not exists timescaledb_experimental;
  create table _timescaledb_functions.users_before_2_11 (id int);
  create table _timescaledb_config.users_since_2_25 (id int);
  create table _timescaledb_cache.nobodys (id int);
  create table _timescaledb_catalog.nobodys (id int);
  create table timescaledb_experimental.nobodys (id int);
  create table timescaledb_information.nobodys (id int);
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

  -- installed, as far as the catalog says; until PostgreSQL 11 the column oid is not to be written
  do $$ begin
    if current_setting('server_version_num')::int >= 120000 then
      insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (98765, 'postgis', 10, 2200, false, '3.4.0');
    else
      insert into pg_extension (extname, extowner, extnamespace, extrelocatable, extversion)
        values ('postgis', 10, 2200, false, '3.4.0');
    end if;
  end $$`;

/** How a release says that a hypertable compresses: a column, and its value. */
function compressionColumn(
  release: HandmadeRelease,
): readonly [name: string, value: number] | undefined {
  if (has(release, '2.29.0')) return ['status', 4];
  if (has(release, '2.0.0')) return ['compression_state', 1];
  return has(release, '1.5.0') ? ['compressed_hypertable_id', 3] : undefined;
}

function hypertable(
  release: HandmadeRelease,
  id: number,
  relation: string,
  compresses: boolean,
): string {
  const [schema, table] = relation.split('.');
  const column = compresses ? compressionColumn(release) : undefined;
  return `insert into _timescaledb_catalog.hypertable (id, schema_name, table_name${column ? `, ${column[0]}` : ''})
    values (${id}, '${schema}', '${table}'${column ? `, ${column[1]}` : ''});`;
}

function chunk(release: HandmadeRelease, id: number, hypertableId: number, table: string): string {
  const [columns, values] = has(release, '2.29.0')
    ? ['relid', `'_timescaledb_internal.${table}'`]
    : ['schema_name, table_name', `'_timescaledb_internal', '${table}'`];
  return `insert into _timescaledb_catalog.chunk (id, hypertable_id, ${columns}) values (${id}, ${hypertableId}, ${values});`;
}

/** Up to 2.28 compressed data are a hypertable of their own kind; from 2.29 on a relation that the settings name. */
function compressedData(release: HandmadeRelease): string {
  if (!has(release, '1.5.0')) return '';
  if (has(release, '2.29.0')) {
    return `insert into _timescaledb_catalog.compression_settings (relid, compress_relid) values
      ('_timescaledb_internal.chunk_1', '_timescaledb_internal.compressed_data'),
      ('measured', '_timescaledb_internal._compressed_hypertable_3');`;
  }
  const state = has(release, '2.0.0') ? 'compression_state = 2' : 'compressed = true';
  return `${hypertable(release, 3, '_timescaledb_internal._compressed_hypertable_3', false)}
    update _timescaledb_catalog.hypertable set ${state} where id = 3;
    ${chunk(release, 9, 3, 'compressed_data')}`;
}

function hypertables(release: HandmadeRelease): string {
  return [
    hypertable(release, 1, 'public.measured', true),
    hypertable(release, 4, 'public.second_measured', false),
    chunk(release, 1, 1, 'chunk_1'),
    chunk(release, 2, 1, 'chunk_2'),
    chunk(release, 3, 4, 'chunk_3'),
    compressedData(release),
  ].join('\n');
}

function update(table: string, assignment: string, where: string): string {
  return `update _timescaledb_catalog.${table} set ${assignment} where ${where};`;
}

function continuousAggregates(release: HandmadeRelease): string {
  const set = (assignment: string): string =>
    update('continuous_agg', assignment, 'mat_hypertable_id = 7');
  return [
    `create view aggregate as select 1;
    create view nested_aggregate as select 1;
    create view third_aggregate as select 1;`,
    hypertable(release, 2, '_timescaledb_internal.materialization', has(release, '2.0.0')),
    chunk(release, 5, 2, 'materialized_chunk'),
    `insert into _timescaledb_catalog.continuous_agg (mat_hypertable_id, raw_hypertable_id, user_view_schema, user_view_name)
      values (2, 1, 'public', 'aggregate'), (7, 2, 'public', 'nested_aggregate'), (8, 1, 'public', 'third_aggregate');`,
    ...spans(release, [
      [set('materialized_only = true'), '1.7.0'],
      [set('finalized = false'), '2.7.0', '2.24.0'],
      [set('parent_mat_hypertable_id = 2'), '2.9.0'],
    ]),
  ].join('\n');
}

/** Chunk 1 is compressed, and so is the aggregate's; rows from before 2.0 have no counts. */
function compressedChunk(release: HandmadeRelease): string {
  const recorded = (assignment: string): string =>
    update('compression_chunk_size', assignment, 'chunk_id = 1');
  return [
    `insert into _timescaledb_catalog.compression_chunk_size (chunk_id, compressed_chunk_id,
      uncompressed_heap_size, uncompressed_toast_size, uncompressed_index_size,
      compressed_heap_size, compressed_toast_size, compressed_index_size)
    values (1, 9, 100, 20, 3, 1000, 200, 30), (5, 9, 4, 5, 6, 7, 8, 9);`,
    ...spans(release, [
      [recorded('numrows_pre_compression = 23, numrows_post_compression = 2'), '2.0.0'],
      [recorded('numrows_frozen_immediately = 1'), '2.13.0'],
      [
        // Other bits than the first say other things.
        update('chunk', 'status = 1', 'id = 1') +
          update('chunk', 'status = 9', 'id = 5') +
          update('chunk', 'status = 8', 'id = 2'),
        '2.3.0',
      ],
    ]),
  ].join('\n');
}

const JOB_COLUMNS =
  'id, application_name, schedule_interval, max_runtime, max_retries, retry_period';
const JOB_VALUES = "'Job', '1 day', '0', -1, '1h'";

/** Jobs of 1.x, and the policies that they carry out. */
const ONE_X_JOBS = `
  insert into _timescaledb_config.bgw_job (${JOB_COLUMNS}, job_type) values
    (1000, ${JOB_VALUES}, 'reorder'), (1001, ${JOB_VALUES}, 'drop_chunks'), (1002, ${JOB_VALUES}, 'drop_chunks');
  insert into _timescaledb_config.bgw_policy_reorder values (1000, 1, 'measured_at_idx');
  insert into _timescaledb_config.bgw_policy_drop_chunks values (1001, 1, '1 year'), (1002, 4, '2 years');`;

function historyRetention(release: HandmadeRelease): string {
  return has(release, '2.15.1')
    ? 'policy_job_stat_history_retention'
    : 'policy_job_error_retention';
}

function jobs(release: HandmadeRelease): string {
  if (!has(release, '2.0.0')) return has(release, '1.2.0') ? ONE_X_JOBS : '';
  const times = (count: number, schema: string, procedure: string): string[] =>
    Array.from({ length: count }, () => `'${schema}', '${procedure}'`);
  const functions = functionsSchemaOf(release);
  const procedures = [
    ...times(1, functions, historyRetention(release)),
    ...times(1, functions, 'policy_refresh_continuous_aggregate'),
    ...times(2, functions, 'policy_compression'),
    ...times(3, functions, 'policy_reorder'),
    ...times(4, functions, 'policy_retention'),
    ...times(1, functions, 'policy_recompression'),
    // Somebody's own, whatever it is called.
    ...times(1, 'public', 'policy_retention'),
    ...times(4, 'public', 'own'),
  ];
  const table = `${jobSchema(release)}.bgw_job`;
  return [
    `insert into ${table} (${JOB_COLUMNS}, proc_schema, proc_name) values
      ${procedures.map((procedure, i) => `(${i + 2}, ${JOB_VALUES}, ${procedure})`).join(', ')};`,
    ...spans(release, [
      [`update ${table} set fixed_schedule = false where proc_name = 'policy_retention';`, '2.9.0'],
    ]),
  ].join('\n');
}

/** What is kept of failed jobs, as JSON; the last one crashed, and a crash has no SQLSTATE. */
function failures(release: HandmadeRelease): string {
  const functions = functionsSchemaOf(release);
  const all: readonly (readonly [schema: string, procedure: string, sqlerrcode?: string])[] = [
    [functions, 'policy_retention', '40001'],
    [functions, 'policy_retention', '40001'],
    [functions, historyRetention(release), '57014'],
    ['public', 'policy_retention', '57014'],
    ['public', 'own', 'P0042'],
    ['public', 'own'],
  ];
  const texts = all.map(([proc_schema, proc_name, sqlerrcode]) =>
    JSON.stringify(
      has(release, '2.15.0')
        ? { job: { proc_schema, proc_name }, error_data: { sqlerrcode } }
        : { proc_schema, proc_name, sqlerrcode },
    ),
  );
  return `unnest(array[${texts.map((one) => `'${one}'`).join(', ')}]) e`;
}

/** What the jobs did: by kind, runs and failures that are different sums. */
function statistics(release: HandmadeRelease): string {
  const ofFailures = has(release, '2.9.0')
    ? (['total_duration_failures, ', "interval '-00:00:02', "] as const)
    : (['', ''] as const);
  return [
    `insert into _timescaledb_internal.bgw_job_stat (job_id, total_runs, total_duration, ${ofFailures[0]}total_successes,
      total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    select j.id, 10 * j.id, interval '1 day 00:00:00.5', ${ofFailures[1]}6 * j.id, 3 * j.id, j.id, j.id % 4, j.id % 3
    from ${jobSchema(release)}.bgw_job j where j.proc_name <> 'policy_reorder';`,
    ...spans(release, [
      [
        `insert into _timescaledb_internal.job_errors (job_id, error_data) select 1, e::jsonb from ${failures(release)};`,
        '2.9.0',
        '2.14.2',
      ],
      [
        `insert into _timescaledb_internal.bgw_job_stat_history (id, job_id, execution_start, succeeded, data)
          select row_number() over (), 1, now(), false, e::jsonb from ${failures(release)};`,
        '2.15.0',
      ],
      [
        `insert into _timescaledb_catalog.telemetry_event (tag, body) values ('tag', '{"what": "ever"}');`,
        '2.11.0',
        '2.27.2',
      ],
    ]),
  ].join('\n');
}

function metadata(release: HandmadeRelease): string {
  const table = metadataTableOf(release);
  if (!has(release, '1.4.0')) return `insert into ${table} values ('deployment', 'known')`;
  return `insert into ${table} values ('deployment', 'known', true), ('cost_centre', 'not to be told', false)`;
}

function settings(database: string, release: HandmadeRelease): string {
  // 2.25.0 and later read other names than timescaledb-tune writes.
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
