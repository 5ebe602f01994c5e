import { type HandmadeRelease, has, jobSchema, metadataTableOf, spans } from './catalogs.ts';

const INTERVALS =
  'schedule_interval interval not null, max_runtime interval not null, max_retries int not null, retry_period interval not null';

const NAMES = (prefix: string): string =>
  `${prefix}_schema name not null default '', ${prefix}_name name not null default ''`;

/** Returns the statements that create the tables and views of a release's catalogs. */
export function catalogTables(release: HandmadeRelease): string[] {
  const table = (name: string, columns: readonly string[]): string =>
    `create table ${name} (\n  ${columns.join(',\n  ')});`;
  const s = (...lines: readonly (readonly [text: string, since?: string, until?: string])[]) =>
    spans(release, lines);
  return [
    table(
      metadataTableOf(release),
      s(
        ['key name primary key, value text not null'],
        ['include_in_telemetry bool not null', '1.4.0'],
      ),
    ),
    table(
      '_timescaledb_catalog.hypertable',
      s(
        ['id int primary key, schema_name name not null, table_name name not null'],
        [
          "associated_schema_name name not null default '_timescaledb_internal', associated_table_prefix name not null default ''",
        ],
        ['num_dimensions smallint not null default 1, chunk_target_size bigint not null default 0'],
        [NAMES('chunk_sizing_func')],
        ['compressed bool not null default false', '1.5.0', '1.7.5'],
        ['compressed_hypertable_id int', '1.5.0'],
        ['compression_state smallint not null default 0', '2.0.0'],
        ['replication_factor smallint', '2.0.0', '2.13.1'],
        ['status int not null default 0', '2.12.0'],
      ),
    ),
    table(
      '_timescaledb_catalog.chunk',
      s(
        ['id int primary key, hypertable_id int not null'],
        ['schema_name name not null, table_name name not null', '0.12.0', '2.28.3'],
        ['relid regclass not null', '2.29.0'],
        ['compressed_chunk_id int', '1.5.0', '2.28.3'],
        ['dropped bool not null default false', '1.6.0', '2.25.2'],
        ['status int not null default 0', '2.3.0'],
        ['osm_chunk bool not null default false', '2.8.0'],
        ['creation_time timestamptz not null default now()', '2.13.0'],
      ),
    ),
    ...s(
      [
        table(
          '_timescaledb_catalog.continuous_agg',
          s(
            ['mat_hypertable_id int primary key, raw_hypertable_id int not null'],
            ['user_view_schema name not null, user_view_name name not null'],
            [`${NAMES('partial_view')}, ${NAMES('direct_view')}`],
            ['parent_mat_hypertable_id int', '2.9.0'],
            ['materialized_only bool not null default false', '1.7.0'],
            ['finalized bool not null default true', '2.7.0', '2.24.0'],
          ),
        ),
        '1.3.0',
      ],
      [
        table(
          '_timescaledb_catalog.compression_chunk_size',
          s(
            ['chunk_id int not null, compressed_chunk_id int not null'],
            [
              'uncompressed_heap_size bigint not null, uncompressed_toast_size bigint not null, uncompressed_index_size bigint not null',
            ],
            [
              'compressed_heap_size bigint not null, compressed_toast_size bigint not null, compressed_index_size bigint not null',
            ],
            ['numrows_pre_compression bigint, numrows_post_compression bigint', '2.0.0'],
            ['numrows_frozen_immediately bigint', '2.13.0'],
            [
              has(release, '2.9.0')
                ? 'primary key (chunk_id)'
                : 'primary key (chunk_id, compressed_chunk_id)',
            ],
          ),
        ),
        '1.5.0',
      ],
      [
        table(
          '_timescaledb_catalog.compression_settings',
          s(
            ['relid regclass not null, segmentby text[], orderby text[]'],
            ['compress_relid regclass', '2.19.0'],
          ),
        ),
        '2.14.0',
      ],
      [
        'create table _timescaledb_catalog.chunk_data_node (chunk_id int not null, node_chunk_id int not null, node_name name not null);',
        '2.0.0',
        '2.13.1',
      ],
      [
        'create table _timescaledb_catalog.telemetry_event (created timestamptz not null default now(), tag name not null, body jsonb not null);',
        '2.11.0',
        '2.27.2',
      ],
      [
        'create table _timescaledb_config.bgw_policy_reorder (job_id int primary key, hypertable_id int not null, hypertable_index_name name not null);',
        '1.2.0',
        '1.7.5',
      ],
      [
        'create table _timescaledb_config.bgw_policy_drop_chunks (job_id int primary key, hypertable_id int not null, older_than interval not null);',
        '1.2.0',
        '1.7.5',
      ],
      [
        'create table _timescaledb_config.bgw_policy_compress_chunks (job_id int primary key, hypertable_id int not null, older_than interval not null);',
        '1.5.0',
        '1.7.5',
      ],
      [
        'create table _timescaledb_internal.bgw_policy_chunk_stats (job_id int not null, chunk_id int not null);',
        '1.2.0',
      ],
    ),
    table(
      `${jobSchema(release)}.bgw_job`,
      s(
        ['id int primary key, application_name name not null'],
        ['job_type name not null', '0.12.0', '1.7.5'],
        [INTERVALS],
        ['proc_schema name not null, proc_name name not null', '2.0.0'],
        ['owner name not null default current_role', '2.0.0', '2.10.1'],
        ['owner regrole not null default current_role::regrole', '2.10.2'],
        ['scheduled bool not null default true', '2.0.0'],
        ['fixed_schedule bool not null default true, initial_start timestamptz', '2.9.0'],
        ['hypertable_id int, config jsonb', '2.0.0'],
        ['check_schema name, check_name name', '2.8.0'],
        ['timezone text', '2.9.0'],
      ),
    ),
    table(
      '_timescaledb_internal.bgw_job_stat',
      s(
        ['job_id int primary key'],
        [
          'last_start timestamptz not null default now(), last_finish timestamptz not null default now()',
        ],
        [
          'next_start timestamptz not null default now(), last_run_success bool not null default true',
        ],
        ['last_successful_finish timestamptz not null default now()', '1.5.0'],
        ['total_runs bigint not null, total_duration interval not null'],
        ['total_duration_failures interval not null, flags int not null default 0', '2.9.0'],
        [
          'total_successes bigint not null, total_failures bigint not null, total_crashes bigint not null',
        ],
        ['consecutive_failures int not null, consecutive_crashes int not null'],
      ),
    ),
    ...s(
      [
        'create view _timescaledb_config.bgw_job as select * from _timescaledb_catalog.bgw_job;',
        '2.25.0',
      ],
      [
        'create table _timescaledb_internal.job_errors (job_id int not null, pid int, start_time timestamptz, finish_time timestamptz, error_data jsonb);',
        '2.9.0',
        '2.14.2',
      ],
      ['revoke all on _timescaledb_internal.job_errors from public;', '2.9.0', '2.14.2'],
      [
        `create table _timescaledb_internal.bgw_job_stat_history (id bigint not null, job_id int not null, pid int,
  execution_start timestamptz not null, execution_finish timestamptz, succeeded bool, data jsonb);
revoke all on _timescaledb_internal.bgw_job_stat_history from public;`,
        '2.15.0',
      ],
      [
        jobErrorsView(
          release,
          `select e.job_id, e.error_data ->> 'proc_schema' as proc_schema, e.error_data ->> 'proc_name' as proc_name,
    e.error_data ->> 'sqlerrcode' as sqlerrcode, e.error_data ->> 'message' as err_message, j.owner
  from _timescaledb_internal.job_errors e`,
        ),
        '2.10.0',
        '2.14.2',
      ],
      [
        jobErrorsView(
          release,
          `select e.job_id, e.data -> 'job' ->> 'proc_schema' as proc_schema, e.data -> 'job' ->> 'proc_name' as proc_name,
    e.data -> 'error_data' ->> 'sqlerrcode' as sqlerrcode, e.data -> 'error_data' ->> 'message' as err_message, j.owner
  from _timescaledb_internal.bgw_job_stat_history e`,
        ),
        '2.15.0',
      ],
    ),
  ];
}

function jobErrorsView(release: HandmadeRelease, errors: string): string {
  return `create view timescaledb_information.job_errors with (security_barrier = true) as
select v.job_id, v.proc_schema, v.proc_name, v.sqlerrcode, v.err_message from (
  ${errors} left join ${jobSchema(release)}.bgw_job j on j.id = e.job_id
) v
where pg_has_role(current_user, (select pg_get_userbyid(datdba) from pg_database where datname = current_database()), 'MEMBER')
  or pg_has_role(current_user, v.owner${has(release, '2.10.2') ? '::oid' : ''}, 'MEMBER');`;
}
