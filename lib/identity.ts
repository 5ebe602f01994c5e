import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';
import * as z from 'zod/mini';
import { RunError } from './errors.ts';
import { checkRow } from './input.ts';

/**
 * Who the server is, from pg_catalog alone: the first answer of a session, by which all later SQL is chosen. Runs on
 * every PostgreSQL that ran TimescaleDB. The functions are those that belong to the extension: one of the same name
 * that somebody put into another schema is not among them, and so is never called (CVE-2023-25149). Nor is a compiled
 * one while the library is not preloaded, because the call would end the session.
 */
export const IDENTITY_QUERY = `
select
  pg_catalog.current_setting('server_version_num')::int as server_version_num,
  pg_catalog.pg_is_in_recovery() as standby,
  e.extversion as extension_version,
  array(
    select n.nspname::text || '.' || p.proname::text
    from pg_catalog.pg_depend d
    join pg_catalog.pg_proc p on p.oid = d.objid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
      and d.refobjid = e.oid
      and d.deptype = 'e'
      and (
        p.proname = 'get_telemetry_report'
        or p.proname = 'get_os_info' and (l.lanname <> 'c' or exists (
          select 1 from pg_catalog.pg_settings s where s.name ~ '^timescaledb[.]'
        ))
      )
  ) as member_functions,
  pg_catalog.pg_has_role(
    current_user,
    (select d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()),
    'MEMBER'
  ) as member_of_database_owner,
  (
    pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')
    and pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')
  ) as may_read_file_settings
from (select 1) one
left join pg_catalog.pg_extension e on e.extname = 'timescaledb'`;

const rowSchema = z.object({
  server_version_num: z.int(),
  standby: z.boolean(),
  extension_version: z.nullable(z.string()),
  member_functions: z.array(z.string()),
  member_of_database_owner: z.boolean(),
  may_read_file_settings: z.boolean(),
});

export interface Identity {
  /** As `server_version_num`: 170005 is 17.5. */
  readonly serverVersionNum: number;
  /** The server is in recovery: level, job and uuid are the primary's. */
  readonly standby: boolean;
  /** What pg_extension says, for example `2.23.0-dev`. */
  readonly extensionVersion: string;
  /** Its numbers alone, for example `2.23.0`: what the catalogs look like. */
  readonly release: string;
  /** `get_telemetry_report` and `get_os_info`, as far as they belong to the extension and may be called: `schema.name`, not quoted. */
  readonly memberFunctions: readonly string[];
  /** A member of the database's owner sees the errors of all jobs. */
  readonly memberOfDatabaseOwner: boolean;
  /** The role may see what ALTER SYSTEM has written but the server has not loaded. */
  readonly mayReadFileSettings: boolean;
}

/** Catalogs and report of older releases are another matter. */
const OLDEST_SUPPORTED = '2.14.0';

/** Whether the catalogs are those of `release` or of a later one. */
export function isAtLeast(identity: Identity, release: string): boolean {
  return gte(identity.release, release);
}

/** The job catalog's table, which moved in 2.25.0. */
export function jobTable(identity: Identity): string {
  return isAtLeast(identity, '2.25.0')
    ? '_timescaledb_catalog.bgw_job'
    : '_timescaledb_config.bgw_job';
}

/** Whether the extension was compiled with its own telemetry; each such build since 2.7 has the function. */
export function isBuiltWithTelemetry(identity: Identity): boolean {
  return identity.memberFunctions.some((name) => name.endsWith('.get_telemetry_report'));
}

/** `17.5` from 170005. */
export function postgresqlVersion({ serverVersionNum }: Identity): string {
  return `${Math.floor(serverVersionNum / 10_000)}.${serverVersionNum % 10_000}`;
}

/**
 * The head's answer.
 *
 * @throws RunError EXTENSION_MISSING, VERSION_UNSUPPORTED, CATALOG_UNEXPECTED
 */
export function toIdentity(row: unknown): Identity {
  const checked = checkRow("the server's identity", rowSchema, row);
  const extensionVersion = checked.extension_version;
  if (extensionVersion === null) {
    throw new RunError('EXTENSION_MISSING', 'TimescaleDB is not installed in this database.', {
      remedy:
        'Point the target at the database in which CREATE EXTENSION timescaledb was executed, or remove the target.',
    });
  }
  const release = coerce(extensionVersion)?.version;
  if (release === undefined || !gte(release, OLDEST_SUPPORTED)) {
    throw new RunError(
      'VERSION_UNSUPPORTED',
      `TimescaleDB ${release ?? 'of an unknown version'} is not yet supported; ${OLDEST_SUPPORTED} and later are.`,
      {
        remedy:
          'Upgrade the extension, or leave this database out until support arrives. Nothing was sent.',
      },
    );
  }
  return {
    serverVersionNum: checked.server_version_num,
    standby: checked.standby,
    extensionVersion,
    release,
    memberFunctions: checked.member_functions,
    memberOfDatabaseOwner: checked.member_of_database_owner,
    mayReadFileSettings: checked.may_read_file_settings,
  };
}
