/**
 * TimescaleDB's catalogs by hand, as an extension that a plain PostgreSQL can create: the tables, views and functions
 * that the SQL of lib/ reads, members of the extension as on a real server. The columns are those of the releases'
 * own definitions.
 */

export const HANDMADE_RELEASES = ['2.14.2', '2.28.3', '2.29.2'] as const;
export type HandmadeRelease = (typeof HANDMADE_RELEASES)[number];

interface Form {
  readonly jobSchema: '_timescaledb_config' | '_timescaledb_catalog';
  readonly chunkRelation: string;
  readonly finalized: string;
  readonly compressionSettings: string;
  readonly history: string;
  readonly telemetryEvent: string;
  readonly jobsView: string;
}

const HISTORY_TABLE = `
create table _timescaledb_internal.bgw_job_stat_history (id bigint not null, job_id int not null, pid int,
  execution_start timestamptz not null, execution_finish timestamptz, succeeded bool, data jsonb);
revoke all on _timescaledb_internal.bgw_job_stat_history from public;`;

const SETTINGS_WITH_RELATION =
  'create table _timescaledb_catalog.compression_settings (relid regclass not null, compress_relid regclass, segmentby text[], orderby text[]);';

const COMPATIBILITY_VIEW =
  'create view _timescaledb_config.bgw_job as select * from _timescaledb_catalog.bgw_job;';

const BY_NAME = 'schema_name name not null, table_name name not null, compressed_chunk_id int,';

const FORMS: Readonly<Record<HandmadeRelease, Form>> = {
  '2.14.2': {
    jobSchema: '_timescaledb_config',
    chunkRelation: `${BY_NAME} dropped bool not null default false,`,
    finalized: ', finalized bool not null default true',
    compressionSettings:
      'create table _timescaledb_catalog.compression_settings (relid regclass not null, segmentby text[], orderby text[]);',
    history:
      'create table _timescaledb_internal.job_errors (job_id int not null, pid int, start_time timestamptz, finish_time timestamptz, error_data jsonb);',
    telemetryEvent:
      'create table _timescaledb_catalog.telemetry_event (created timestamptz not null default now(), tag name not null, body jsonb not null);',
    jobsView: '',
  },
  '2.28.3': {
    jobSchema: '_timescaledb_catalog',
    chunkRelation: BY_NAME,
    finalized: '',
    compressionSettings: SETTINGS_WITH_RELATION,
    history: HISTORY_TABLE,
    telemetryEvent: '',
    jobsView: COMPATIBILITY_VIEW,
  },
  '2.29.2': {
    jobSchema: '_timescaledb_catalog',
    chunkRelation: 'relid regclass not null,',
    finalized: '',
    compressionSettings: SETTINGS_WITH_RELATION,
    history: HISTORY_TABLE,
    telemetryEvent: '',
    jobsView: COMPATIBILITY_VIEW,
  },
};

/** The installation script of one release, as `CREATE EXTENSION timescaledb VERSION '…'` runs it. */
export function installationScript(release: HandmadeRelease): string {
  const form = FORMS[release];
  const jobErrors =
    release === '2.14.2'
      ? `select e.job_id, e.error_data ->> 'proc_schema' as proc_schema, e.error_data ->> 'proc_name' as proc_name,
  e.error_data ->> 'sqlerrcode' as sqlerrcode, j.owner from _timescaledb_internal.job_errors e`
      : `select e.job_id, e.data -> 'job' ->> 'proc_schema' as proc_schema, e.data -> 'job' ->> 'proc_name' as proc_name,
  e.data -> 'error_data' ->> 'sqlerrcode' as sqlerrcode, j.owner from _timescaledb_internal.bgw_job_stat_history e`;
  return `
create schema _timescaledb_catalog;
create schema _timescaledb_config;
create schema _timescaledb_internal;
create schema _timescaledb_functions;
create schema _timescaledb_cache;
create schema timescaledb_information;
create schema timescaledb_experimental;
grant usage on schema _timescaledb_catalog, _timescaledb_config, _timescaledb_internal, _timescaledb_functions,
  _timescaledb_cache, timescaledb_information, timescaledb_experimental to public;

create table _timescaledb_catalog.metadata (key name primary key, value text not null, include_in_telemetry bool not null);
insert into _timescaledb_catalog.metadata values
  ('uuid', '0d1f4b4e-0000-4000-8000-000000000001', true),
  ('exported_uuid', '0d1f4b4e-0000-4000-8000-000000000002', true),
  ('install_timestamp', '2024-02-03 04:05:06.789+05:30', true);

create table _timescaledb_catalog.hypertable (id int primary key, schema_name name not null, table_name name not null,
  compression_state smallint not null default 0, compressed_hypertable_id int, status int not null default 0);
create table _timescaledb_catalog.chunk (id int primary key, hypertable_id int not null, ${form.chunkRelation}
  status int not null default 0, osm_chunk bool not null default false, creation_time timestamptz not null default now());
create table _timescaledb_catalog.continuous_agg (mat_hypertable_id int primary key, raw_hypertable_id int not null,
  parent_mat_hypertable_id int, user_view_schema name not null, user_view_name name not null,
  materialized_only bool not null default false${form.finalized});
create table _timescaledb_catalog.compression_chunk_size (chunk_id int primary key, compressed_chunk_id int not null,
  uncompressed_heap_size bigint not null, uncompressed_toast_size bigint not null, uncompressed_index_size bigint not null,
  compressed_heap_size bigint not null, compressed_toast_size bigint not null, compressed_index_size bigint not null,
  numrows_pre_compression bigint, numrows_post_compression bigint, numrows_frozen_immediately bigint);
${form.compressionSettings}
${form.telemetryEvent}

create table ${form.jobSchema}.bgw_job (id int primary key, application_name name not null,
  schedule_interval interval not null, max_runtime interval not null, max_retries int not null, retry_period interval not null,
  proc_schema name not null, proc_name name not null, owner regrole not null default current_role::regrole,
  scheduled bool not null default true, fixed_schedule bool not null default true, initial_start timestamptz,
  hypertable_id int, config jsonb, check_schema name, check_name name, timezone text);
${form.jobsView}
insert into ${form.jobSchema}.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period,
  proc_schema, proc_name, scheduled, fixed_schedule)
values (1, 'Telemetry Reporter [1]', '24h', '100s', -1, '1h', '_timescaledb_functions', 'policy_telemetry', true, false);

create table _timescaledb_internal.bgw_job_stat (job_id int primary key, last_start timestamptz not null default now(),
  last_finish timestamptz not null default now(), next_start timestamptz not null default now(),
  last_successful_finish timestamptz not null default now(), last_run_success bool not null default true,
  total_runs bigint not null, total_duration interval not null, total_duration_failures interval not null,
  total_successes bigint not null, total_failures bigint not null, total_crashes bigint not null,
  consecutive_failures int not null, consecutive_crashes int not null, flags int not null default 0);
create table _timescaledb_internal.bgw_policy_chunk_stats (job_id int not null, chunk_id int not null);
${form.history}
create view timescaledb_information.job_errors with (security_barrier = true) as
select v.job_id, v.proc_schema, v.proc_name, v.sqlerrcode from (
  ${jobErrors} left join ${form.jobSchema}.bgw_job j on j.id = e.job_id
) v
where pg_has_role(current_user, (select pg_get_userbyid(datdba) from pg_database where datname = current_database()), 'MEMBER')
  or pg_has_role(current_user, v.owner, 'MEMBER');

create function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
  language sql as $$ select 'Linux', '#1 SMP', '6.1.0', 'Debian GNU/Linux 12 (bookworm)' $$;
create function _timescaledb_internal.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
  language plpgsql as $$ begin raise exception 'the deprecated wrapper was called'; end $$;
create function get_telemetry_report() returns jsonb
  language plpgsql as $$ begin raise exception 'the report function was called'; end $$;

grant select on all tables in schema _timescaledb_catalog, _timescaledb_config, timescaledb_information to public;
grant select on _timescaledb_internal.bgw_job_stat to public;
`;
}
