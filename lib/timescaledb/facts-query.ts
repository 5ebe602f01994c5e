import { annotate, sql } from '../postgres/statement.ts';
import { isoTime } from './iso-timestamp.ts';
import { jobHealthJson, jobsSql, TELEMETRY_JOBS_JSON } from './jobs-query.ts';
import { has, metadataTable, type ServerInfo } from './server-info.ts';

/**
 * Returns the SQL of the level in the server's configuration files, loaded or not. Without the right to read them, the
 * whole query would fail.
 */
function pendingLevelSql(server: ServerInfo): string {
  if (!server.mayReadFileSettings) return 'null::pg_catalog.text';
  return `(
  select f.setting
  from pg_catalog.pg_file_settings f
  where pg_catalog.lower(f.name) = 'timescaledb.telemetry_level'
  order by f.seqno desc
  limit 1
)`;
}

/** SQL of the versions on the server's disk. */
export interface ExtensionListSql {
  readonly version: string;
  readonly versions: string;
}

export const VERSIONS_ON_DISK: ExtensionListSql = {
  version: `(
  select a.default_version::pg_catalog.text
  from pg_catalog.pg_available_extensions a
  where a.name = 'timescaledb'
)`,
  versions: `array(
  select v.version::pg_catalog.text
  from pg_catalog.pg_available_extension_versions v
  where v.name = 'timescaledb'
  order by 1
)`,
};

/** Replaces VERSIONS_ON_DISK where the server cannot list its extensions. */
export const VERSIONS_UNAVAILABLE: ExtensionListSql = {
  version: 'null::pg_catalog.text',
  versions: "'{}'::pg_catalog.text[]",
};

/**
 * Returns the SELECT of the settings of `timescaledb.telemetry_level` and `timescaledb.restoring` that ALTER DATABASE and
 * ALTER ROLE have stored for all roles, and for the roles of HOLDERS (lib/timescaledb/facts.ts).
 */
function storedSettings(server: ServerInfo, reporter: string): string {
  const databaseOwner = has(server, 'schedulerRunsAsDatabaseOwner')
    ? "\nwhen r.setrole = d.datdba then 'database-owner'"
    : '';
  return sql`select
  s.name,
  s.place,
  s.holder,
  s.value
from (
  select
    pg_catalog.lower(pg_catalog.split_part(c.entry, '=', 1)) as name,
    case
      when r.setrole <> 0 and r.setdatabase <> 0 then 'role-in-database'
      when r.setrole <> 0 then 'role'
      when r.setdatabase <> 0 then 'database'
      else 'all-roles'
    end as place,
    case
      when r.setrole = 0 then 'everybody'
      when r.setrole = (
        select a.oid
        from pg_catalog.pg_roles a
        where a.rolname = ${reporter}
      ) then 'reporting-role'
      when r.setrole in (
        select j.owner
        from telemetry_jobs j
      ) then 'job-owner'
      when r.setrole = 10 then 'bootstrap-superuser'${databaseOwner}
    end as holder,
    pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1) as value
  from this_database d
  join pg_catalog.pg_db_role_setting r on r.setdatabase in (0, d.oid)
  cross join pg_catalog.unnest(r.setconfig) c (entry)
) s
where s.holder is not null
  and s.name in ('timescaledb.telemetry_level', 'timescaledb.restoring')`;
}

/**
 * Returns the statement that reads the facts, as one row.
 *
 * @param reporter SQL expression for the name of the reporting role
 */
export function factsQuery(
  server: ServerInfo,
  reporter: string,
  extensions: ExtensionListSql,
): string {
  return annotate(
    'facts, read only',
    sql`
with this_database as (
  select
    d.oid,
    d.datdba
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()
),
jobs as (
  ${jobsSql(server)}
),
telemetry_jobs as (
  select j.*
  from jobs j
  where j.is_telemetry
),
stored_settings as (
  ${storedSettings(server, reporter)}
),
metadata as (
  select
    m.key::pg_catalog.text as key,
    m.value
  from ${metadataTable(server)} m
  where m.key in ('uuid', 'exported_uuid', 'install_timestamp')
)
select
  ${extensions.version} as available_version,
  ${extensions.versions} as available_versions,
  pg_catalog.current_database() = 'template1' as is_template1,
  nullif(pg_catalog.current_setting('timescaledb.telemetry_level', true), '') as session_level,
  (
    select pg_catalog.json_build_object('source', s.source, 'resetValue', s.reset_val)
    from pg_catalog.pg_settings s
    where s.name = 'timescaledb.telemetry_level'
  ) as level_setting,
  (
    select coalesce(
      pg_catalog.json_agg(
        pg_catalog.json_build_object(
          'place', s.place,
          'holder', s.holder,
          'value', s.value
        )
      ),
      '[]'::pg_catalog.json
    )
    from stored_settings s
    where s.name = 'timescaledb.telemetry_level'
  ) as stored_levels,
  array(
    select r.value
    from (
      select s.value
      from stored_settings s
      where s.name = 'timescaledb.restoring'
      union all
      select pg_catalog.current_setting('timescaledb.restoring', true)
    ) r
    where r.value is not null
  ) as restoring,
  ${pendingLevelSql(server)} as pending_level,
  ${TELEMETRY_JOBS_JSON} as jobs,
  ${jobHealthJson(server)} as job_health,
  array(
    select m.key
    from metadata m
    order by 1
  ) as metadata_keys,
  (
    select pg_catalog.to_char(
      ${isoTime('m.value')},
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    )
    from metadata m
    where m.key = 'install_timestamp'
  ) as installed_at`,
  );
}
