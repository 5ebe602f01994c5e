import gte from 'semver/functions/gte.js';

/**
 * TimescaleDB's catalogs by hand, as an extension that a plain PostgreSQL can create: the tables, views and functions
 * that the SQL of lib/ reads, members of the extension as on a real server. The columns are those of the releases'
 * own definitions; what the releases fill in by themselves has a default.
 */

export const HANDMADE_RELEASES = [
  '0.12.1',
  '1.2.2',
  '1.3.2',
  '1.4.2',
  '1.5.1',
  '1.7.5',
  '2.0.2',
  '2.5.2',
  '2.6.1',
  '2.8.1',
  '2.9.3',
  '2.10.3',
  '2.13.1',
  '2.14.2',
  '2.23.1',
  '2.28.3',
  '2.29.2',
] as const;

/** Releases on either side of a change in the catalogs or in the report, beside those above. */
export const BOUNDARY_RELEASES = [
  '1.2.0',
  '1.3.1',
  '1.4.0',
  '1.5.0',
  '1.7.2',
  '1.7.3',
  '2.0.0',
  '2.1.1',
  '2.4.2',
  '2.6.0',
  '2.7.0',
  '2.7.1',
  '2.8.0',
  '2.9.0',
  '2.10.0',
  '2.10.2',
  '2.11.2',
  '2.12.0',
  '2.13.0',
  '2.14.0',
  '2.15.0',
  '2.15.1',
  '2.17.0',
  '2.24.0',
  '2.25.0',
  '2.27.2',
  '2.28.0',
  '2.29.0',
  '2.31.2',
  '2.32.0',
] as const;
export type HandmadeRelease =
  | (typeof HANDMADE_RELEASES)[number]
  | (typeof BOUNDARY_RELEASES)[number];

/** Whether a release's catalogs have what came with `since` and went after `until`. */
export function has(release: HandmadeRelease, since: string, until = '99.0.0'): boolean {
  return gte(release, since) && gte(until, release);
}

/** What a release has of texts that each have a span of releases. */
export function spans(
  release: HandmadeRelease,
  lines: readonly (readonly [text: string, since?: string, until?: string])[],
): string[] {
  return lines
    .filter(([, since = '0.0.0', until]) => has(release, since, until))
    .map(([text]) => text);
}

/** Where a release has its job catalog. */
export function jobSchema(
  release: HandmadeRelease,
): '_timescaledb_config' | '_timescaledb_catalog' {
  return has(release, '2.25.0') ? '_timescaledb_catalog' : '_timescaledb_config';
}

/** Where a release has its own functions, policies among them. */
export function functionsSchemaOf(
  release: HandmadeRelease,
): '_timescaledb_functions' | '_timescaledb_internal' {
  return has(release, '2.12.0') ? '_timescaledb_functions' : '_timescaledb_internal';
}

/** The table of keys and values of a release, which had three names. */
export function metadataTableOf(release: HandmadeRelease): string {
  if (has(release, '1.4.0')) return '_timescaledb_catalog.metadata';
  return has(release, '1.3.0')
    ? '_timescaledb_catalog.telemetry_metadata'
    : '_timescaledb_catalog.installation_metadata';
}

const INTERVALS =
  'schedule_interval interval not null, max_runtime interval not null, max_retries int not null, retry_period interval not null';

const NAMES = (prefix: string): string =>
  `${prefix}_schema name not null default '', ${prefix}_name name not null default ''`;

function tables(release: HandmadeRelease): string[] {
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

function telemetryJob(release: HandmadeRelease): string {
  const name = has(release, '2.0.0') ? 'Telemetry Reporter [1]' : 'Telemetry Reporter';
  const values = `1, '${name}', '24h', '100s', -1, '1h'`;
  const intervals = 'schedule_interval, max_runtime, max_retries, retry_period';
  return has(release, '2.0.0')
    ? `insert into ${jobSchema(release)}.bgw_job (id, application_name, ${intervals}, proc_schema, proc_name${has(release, '2.9.0') ? ', fixed_schedule' : ''})
values (${values}, '${functionsSchemaOf(release)}', 'policy_telemetry'${has(release, '2.9.0') ? ', false' : ''});`
    : `insert into _timescaledb_config.bgw_job (id, application_name, ${intervals}, job_type)
values (${values}, 'telemetry_and_version_check_if_enabled');`;
}

/** What a database setting says is the license key stands for the one that 1.x checks. */
const LICENSE_FUNCTIONS = `
create function _timescaledb_internal.license_edition() returns text language sql as $$
  select case when k like 'E1%' then 'enterprise' when k = 'ApacheOnly' then 'apache' else 'community' end
  from (select current_setting('timescaledb.license_key', true) as k) s $$;
create function _timescaledb_internal.enterprise_enabled() returns bool language sql as $$
  select coalesce(current_setting('timescaledb.license_key', true) like 'E1%'
    and coalesce(current_setting('handmade.license_expired', true), '') <> 'yes', false) $$;
create function _timescaledb_internal.current_license_key() returns text language plpgsql as $$
begin
  if not pg_catalog.pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') then
    raise exception using errcode = '42501', message = 'must be superuser or a member of pg_read_all_settings';
  end if;
  return pg_catalog.current_setting('timescaledb.license_key', true);
end $$;`;

function functions(release: HandmadeRelease): string[] {
  const called = `language plpgsql as $$ begin raise exception 'the report function was called'; end $$;`;
  return spans(release, [
    [
      `create function _timescaledb_internal.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
  language plpgsql as $$ begin raise exception 'the deprecated wrapper was called'; end $$;`,
      '2.12.0',
    ],
    [
      `create function ${functionsSchemaOf(release)}.get_os_info(out sysname text, out version text, out release text${
        has(release, '1.2.0') ? ', out version_pretty text' : ''
      })
  language sql as $$ select 'Linux'::text, '#1 SMP'::text, '6.1.0'::text${has(release, '1.2.0') ? ", 'Debian GNU/Linux 12 (bookworm)'::text" : ''} $$;`,
    ],
    [LICENSE_FUNCTIONS, '1.2.0', '1.7.5'],
    [`create function get_telemetry_report() returns text ${called}`, '0.12.0', '1.3.2'],
    [
      `create function get_telemetry_report(always_display_report boolean default false) returns text ${called}`,
      '1.4.0',
      '2.5.2',
    ],
    [`create function get_telemetry_report() returns jsonb ${called}`, '2.6.0'],
  ]);
}

/** The installation script of one release, as `CREATE EXTENSION timescaledb VERSION '…'` runs it. */
export function installationScript(release: HandmadeRelease): string {
  const flag = has(release, '1.4.0') ? ', true' : '';
  const schemas = [
    '_timescaledb_catalog',
    '_timescaledb_config',
    '_timescaledb_internal',
    '_timescaledb_cache',
    'timescaledb_information',
    ...spans(release, [
      ['_timescaledb_functions', '2.11.0'],
      ['timescaledb_experimental', '2.3.0'],
    ]),
  ];
  return [
    ...schemas.map((schema) => `create schema ${schema};`),
    `grant usage on schema ${schemas.join(', ')} to public;`,
    ...tables(release),
    `insert into ${metadataTableOf(release)} values
  ('uuid', '0d1f4b4e-0000-4000-8000-000000000001'${flag}),
  ('exported_uuid', '0d1f4b4e-0000-4000-8000-000000000002'${flag}),
  ('install_timestamp', '2024-02-03 04:05:06.789+05:30'${flag});`,
    telemetryJob(release),
    ...functions(release),
    'grant select on all tables in schema _timescaledb_catalog, _timescaledb_config, timescaledb_information to public;',
    'grant select on _timescaledb_internal.bgw_job_stat to public;',
  ].join('\n');
}
