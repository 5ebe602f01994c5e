import { annotate, lines, sql } from '../postgres/statement.ts';

/** Catalog tables that the queries for any release read, by schema. */
const CATALOG_TABLES = {
  _timescaledb_catalog: [
    'bgw_job',
    'chunk',
    'chunk_data_node',
    'compression_chunk_size',
    'compression_settings',
    'continuous_agg',
    'hypertable',
    'installation_metadata',
    'metadata',
    'telemetry_event',
    'telemetry_metadata',
  ],
  _timescaledb_config: ['bgw_job', 'bgw_policy_drop_chunks', 'bgw_policy_reorder'],
  _timescaledb_internal: ['bgw_job_stat', 'job_errors'],
} as const;

/** Functions of the extension that a run or a change may call. */
const CALLED_FUNCTIONS = [
  'get_telemetry_report',
  'get_os_info',
  'license_edition',
  'enterprise_enabled',
  'current_license_key',
  'alter_job',
  'delete_job',
  'restart_background_workers',
] as const;

function quoted(names: readonly string[]): string {
  return lines(names.map((name) => `'${name}'`));
}

const CATALOG_TABLES_SQL = lines(
  Object.entries(CATALOG_TABLES).flatMap(([schema, tables]) =>
    tables.map((table) => `('${schema}'::pg_catalog.name, '${table}'::pg_catalog.name)`),
  ),
);

/**
 * Reads version, rights and functions of the server from pg_catalog alone: the first answer of a session, by which all later
 * SQL is chosen. Runs on every PostgreSQL that ran TimescaleDB, from 9.6 on.
 *
 * Only functions that belong to the extension count: a function of the same name in another schema is never called
 * (CVE-2023-25149). A compiled function is not callable while the library is not preloaded, because the call would end the
 * session. A function in another language is callable only when a superuser owns it, because the extension's owner may add
 * other functions to the extension.
 */
export const SERVER_INFO_QUERY = annotate(
  'server, read only',
  sql`
with this_database as (
  select d.datdba
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()
),
extension as (
  select
    e.oid,
    e.extversion
  from pg_catalog.pg_extension e
  where e.extname = 'timescaledb'
),
library as (
  select exists (
    select 1
    from pg_catalog.pg_settings s
    where s.name ~ '^timescaledb[.]'
  ) as is_loaded
  offset 0
),
member_functions as (
  select
    n.oid as schema_oid,
    n.nspname as schema_name,
    p.oid,
    p.proname as name,
    p.pronargs as arguments,
    l.lanname = 'c' as is_compiled,
    exists (
      select 1
      from pg_catalog.pg_roles o
      where o.oid = p.proowner
        and o.rolsuper
    ) as is_superusers
  from extension e
  join pg_catalog.pg_depend d on d.refobjid = e.oid
  join pg_catalog.pg_proc p on p.oid = d.objid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    and d.deptype = 'e'
    and p.proname in (
      ${quoted(CALLED_FUNCTIONS)}
    )
),
job_tables as (
  select
    c.oid,
    c.relname as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = '_timescaledb_internal'
    and c.relname in ('bgw_job_stat', 'job_errors')
),
replaced_tables as (
  select t.schema_name || '.' || t.table_name as name
  from (values
    ${CATALOG_TABLES_SQL}
  ) t (schema_name, table_name)
  join pg_catalog.pg_namespace n on n.nspname = t.schema_name
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.table_name
  where c.relkind <> 'r'
)
select
  pg_catalog.current_setting('server_version_num')::int as server_version_num,
  pg_catalog.pg_is_in_recovery() as standby,
  (
    select e.extversion
    from extension e
  ) as extension_version,
  (
    select coalesce(
      pg_catalog.json_agg(
        pg_catalog.json_build_object(
          'schema', f.schema_name,
          'name', f.name,
          'call', pg_catalog.format('%I.%I', f.schema_name, f.name),
          'arguments', f.arguments,
          'callable', case when f.is_compiled then b.is_loaded else f.is_superusers end
            and pg_catalog.has_schema_privilege(f.schema_oid, 'USAGE')
            and pg_catalog.has_function_privilege(f.oid, 'EXECUTE')
        )
      ),
      '[]'
    )
    from member_functions f
    cross join library b
  ) as member_functions,
  (
    select pg_catalog.pg_has_role(current_user, d.datdba, 'MEMBER')
    from this_database d
  ) as member_of_database_owner,
  (
    pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')
    and pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')
  ) as may_read_file_settings,
  exists (
    select 1
    from pg_catalog.pg_roles r
    where (r.rolname = 'pg_read_all_settings' or r.rolname = current_user and r.rolsuper)
      and pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')
  ) as may_read_all_settings,
  exists (
    select 1
    from job_tables t
    where t.name = 'job_errors'
      and pg_catalog.has_table_privilege(t.oid, 'SELECT')
  ) as may_read_job_errors,
  exists (
    select 1
    from job_tables t
    where t.name = 'bgw_job_stat'
      and pg_catalog.has_table_privilege(t.oid, 'SELECT')
  ) as may_read_job_statistics,
  array(
    select r.name
    from replaced_tables r
  ) as replaced_tables`,
);
