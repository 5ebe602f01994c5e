import { catalogTables } from './catalog-tables.ts';
import {
  functionsSchemaOf,
  type HandmadeRelease,
  has,
  jobSchema,
  metadataTableOf,
  spans,
} from './catalogs.ts';

/**
 * TimescaleDB's catalogs by hand, as an extension for a plain PostgreSQL: the tables, views and functions that the SQL of lib/
 * reads, members of the extension as on a real server. The columns are those of the releases' own definitions. Columns that
 * the releases fill have a default.
 */

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

/** Functions of 1.x that read the license key. Here it is a setting of the database. */
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

/** Returns the installation script of a release, which `CREATE EXTENSION timescaledb VERSION '…'` executes. */
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
    ...catalogTables(release),
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
