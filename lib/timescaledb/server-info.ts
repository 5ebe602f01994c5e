import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';
import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import type { Connection } from '../postgres/connect.ts';
import { type Snapshot, withSnapshot } from '../postgres/snapshot.ts';
import { isVersionText } from '../version.ts';

/** The extension's tables that are read, in one release or another, by schema. */
const CATALOG_TABLES = {
  _timescaledb_catalog: [
    ...['bgw_job', 'chunk', 'chunk_data_node', 'compression_chunk_size', 'compression_settings'],
    ...['continuous_agg', 'hypertable', 'installation_metadata', 'metadata', 'telemetry_event'],
    'telemetry_metadata',
  ],
  _timescaledb_config: ['bgw_job', 'bgw_policy_drop_chunks', 'bgw_policy_reorder'],
  _timescaledb_internal: ['bgw_job_stat', 'job_errors'],
} as const;

/** Those in whose place something else stands. */
const REPLACED_CATALOG_TABLES_SQL = Object.entries(CATALOG_TABLES).map(
  ([schema, tables]) => `
    select n.nspname || '.' || c.relname
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = '${schema}' and c.relname in (${tables.map((table) => `'${table}'`).join(', ')}) and c.relkind <> 'r'`,
);

/**
 * Who the server is, from pg_catalog alone: the first answer of a session, by which all later SQL is chosen. Runs on
 * every PostgreSQL that ran TimescaleDB, from 9.6 on. The functions are those that belong to the extension: one of the
 * same name that somebody put into another schema is not among them, and so is never called (CVE-2023-25149). Nor is a
 * compiled one while the library is not preloaded, because the call would end the session; nor one that is not compiled,
 * which anybody can write, unless a superuser owns it: whoever owns the extension may make his own function belong to it.
 */
export const SERVER_INFO_QUERY = `
select
  pg_catalog.current_setting('server_version_num')::int as server_version_num,
  pg_catalog.pg_is_in_recovery() as standby,
  e.extversion as extension_version,
  (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'schema', n.nspname,
      'name', p.proname,
      'call', pg_catalog.format('%I.%I', n.nspname, p.proname),
      'arguments', p.pronargs,
      'callable', case when l.lanname = 'c'
          then exists (select 1 from pg_catalog.pg_settings s where s.name ~ '^timescaledb[.]')
          else exists (select 1 from pg_catalog.pg_roles o where o.oid = p.proowner and o.rolsuper)
        end
        and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        and pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
    )), '[]')
    from pg_catalog.pg_depend d
    join pg_catalog.pg_proc p on p.oid = d.objid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
      and d.refobjid = e.oid
      and d.deptype = 'e'
      and p.proname in (
        'get_telemetry_report', 'get_os_info', 'license_edition', 'enterprise_enabled', 'current_license_key',
        'alter_job', 'delete_job', 'restart_background_workers'
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
  ) as may_read_file_settings,
  exists (
    select 1 from pg_catalog.pg_roles r
    where (r.rolname = 'pg_read_all_settings' or r.rolname = current_user and r.rolsuper)
      and pg_catalog.pg_has_role(current_user, r.oid, 'USAGE')
  ) as may_read_all_settings,
  exists (
    select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = '_timescaledb_internal' and c.relname = 'job_errors'
      and pg_catalog.has_table_privilege(c.oid, 'SELECT')
  ) as may_read_job_errors,
  array(${REPLACED_CATALOG_TABLES_SQL.join(' union all')}
  ) as no_tables
from (select 1) one
left join pg_catalog.pg_extension e on e.extname = 'timescaledb'`;

const functionSchema = z.object({
  schema: z.string(),
  name: z.string(),
  call: z.string(),
  arguments: z.int(),
  callable: z.boolean(),
});

/**
 * A function that belongs to the extension.
 *
 * @property call its name with its schema, quoted by the server
 * @property callable the role may call it, the call would not end the session, and it is code of a superuser's
 */
export type MemberFunction = z.infer<typeof functionSchema>;

/** Bounds of what a server may claim: 9.0 is older than any TimescaleDB, and a major version has at most three digits. */
const serverVersionSchema = z.int().check(z.minimum(90_000), z.maximum(9_999_999));
/** More functions of these few names than any release has. */
const MAX_MEMBER_FUNCTIONS = 100;
/** More tables than are looked at. */
const MAX_NO_TABLES = 100;

const rowSchema = z.object({
  server_version_num: serverVersionSchema,
  standby: z.boolean(),
  extension_version: z.nullable(z.string()),
  member_functions: z.array(functionSchema).check(z.maxLength(MAX_MEMBER_FUNCTIONS)),
  member_of_database_owner: z.boolean(),
  may_read_file_settings: z.boolean(),
  may_read_all_settings: z.boolean(),
  may_read_job_errors: z.boolean(),
  no_tables: z.array(z.string()).check(z.maxLength(MAX_NO_TABLES)),
});

export interface ServerInfo {
  /** As `server_version_num`: 170005 is 17.5. */
  readonly serverVersionNum: number;
  /** The server is in recovery: level, job and uuid are the primary's. */
  readonly standby: boolean;
  /** What pg_extension says, for example `2.23.0-dev`. */
  readonly extensionVersion: string;
  /** Its numbers alone, for example `2.23.0`: what the catalogs look like. */
  readonly release: string;
  /** Those that we may want to call. */
  readonly memberFunctions: readonly MemberFunction[];
  /** A member of the database's owner sees the errors of all jobs. */
  readonly memberOfDatabaseOwner: boolean;
  /** The role may see what ALTER SYSTEM has written but the server has not loaded. */
  readonly mayReadFileSettings: boolean;
  /** The role may see settings that are for superusers. */
  readonly mayReadAllSettings: boolean;
  /** The role may read the table of job errors, where there is one. */
  readonly mayReadJobErrors: boolean;
}

/** The first release with telemetry. */
export const FIRST_RELEASE = '0.12.0';

/** Whether the catalogs are those of `release` or of a later one. */
export function isAtLeast(server: Pick<ServerInfo, 'release'>, release: string): boolean {
  return gte(server.release, release);
}

/** The schema of the extension's own functions, policies among them. */
export function functionsSchema(server: ServerInfo): string {
  return isAtLeast(server, '2.12.0') ? '_timescaledb_functions' : '_timescaledb_internal';
}

/** The job catalog's table, which moved in 2.25.0. */
export function jobTable(server: ServerInfo): string {
  return isAtLeast(server, '2.25.0')
    ? '_timescaledb_catalog.bgw_job'
    : '_timescaledb_config.bgw_job';
}

/** The table of keys and values, which had three names. */
export function metadataTable(server: ServerInfo): string {
  if (isAtLeast(server, '1.4.0')) return '_timescaledb_catalog.metadata';
  return isAtLeast(server, '1.3.0')
    ? '_timescaledb_catalog.telemetry_metadata'
    : '_timescaledb_catalog.installation_metadata';
}

/** A function of the extension's, in the schema where its release has it. */
export function memberFunction(
  { memberFunctions }: ServerInfo,
  name: string,
  schema?: string,
): MemberFunction | undefined {
  return memberFunctions.find(
    (one) => one.name === name && (schema === undefined || one.schema === schema),
  );
}

/** Whether the extension was compiled with its own telemetry; before 2.7 every build was, since then such a build has the function. */
export function isBuiltWithTelemetry(server: ServerInfo): boolean {
  return (
    !isAtLeast(server, '2.7.0') || memberFunction(server, 'get_telemetry_report') !== undefined
  );
}

/** `17.5` from 170005; `9.6.24` from 90624, since before 10 a major version had two numbers. */
export function postgresqlVersion({ serverVersionNum }: ServerInfo): string {
  const major = Math.floor(serverVersionNum / 10_000);
  if (major >= 10) return `${major}.${serverVersionNum % 10_000}`;
  return `${major}.${Math.floor(serverVersionNum / 100) % 100}.${serverVersionNum % 100}`;
}

/**
 * A view, or whatever else can run code, in the place of a table: what it calls would run with the rights of the login. The
 * releases have none but one: since 2.25.0 the job catalog's old name is a view of the new one, and is not read.
 */
function checkTables(server: ServerInfo, noTables: readonly string[]): void {
  const isCompatible = jobTable(server) !== '_timescaledb_config.bgw_job';
  if (noTables.every((name) => isCompatible && name === '_timescaledb_config.bgw_job')) return;
  throw new RunError(
    'CATALOG_UNEXPECTED',
    "Where TimescaleDB has a table of its catalogs there is something else, such as a view; it was not read, because what it calls would run with this login's rights.",
    {
      remedy:
        'Finish the upgrade with ALTER EXTENSION timescaledb UPDATE in a fresh session if one was half done; otherwise find out who put it there.',
    },
  );
}

/**
 * The numbers of the extension's version.
 *
 * @throws RunError VERSION_UNSUPPORTED
 */
function releaseOf(extensionVersion: string): string {
  const release = isVersionText(extensionVersion) ? coerce(extensionVersion)?.version : undefined;
  if (release === undefined) {
    throw new RunError(
      'VERSION_UNSUPPORTED',
      "TimescaleDB's version in pg_extension is none that can be read, so that nobody knows what its catalogs look like.",
      { remedy: 'Install a release of the extension, or remove the target. Nothing was sent.' },
    );
  }
  if (!gte(release, FIRST_RELEASE)) {
    throw new RunError(
      'VERSION_UNSUPPORTED',
      `TimescaleDB ${release} has no telemetry; ${FIRST_RELEASE} was the first that had.`,
      { remedy: 'Upgrade the extension, or remove the target. Nothing was sent.' },
    );
  }
  return release;
}

/**
 * The head's answer.
 *
 * @throws RunError EXTENSION_MISSING, VERSION_UNSUPPORTED, CATALOG_UNEXPECTED
 */
export function parseServerInfo(row: unknown): ServerInfo {
  const checked = checkRow("the server's version and rights", rowSchema, row);
  const extensionVersion = checked.extension_version;
  if (extensionVersion === null) {
    throw new RunError('EXTENSION_MISSING', 'TimescaleDB is not installed in this database.', {
      remedy:
        'Point the target at the database in which CREATE EXTENSION timescaledb was executed, or remove the target.',
    });
  }
  const release = releaseOf(extensionVersion);
  const server: ServerInfo = {
    serverVersionNum: checked.server_version_num,
    standby: checked.standby,
    extensionVersion,
    release,
    memberFunctions: checked.member_functions,
    memberOfDatabaseOwner: checked.member_of_database_owner,
    mayReadFileSettings: checked.may_read_file_settings,
    mayReadAllSettings: checked.may_read_all_settings,
    mayReadJobErrors: checked.may_read_job_errors,
  };
  checkTables(server, checked.no_tables);
  return server;
}

/** One read-only snapshot of a database with TimescaleDB. */
export type TimescaledbSnapshot = Snapshot<ServerInfo>;

/**
 * Lends one read-only snapshot of a database with TimescaleDB; see withSnapshot() of lib/postgres/snapshot.ts.
 *
 * @throws RunError DATABASE_*, CATALOG_*, EXTENSION_MISSING, VERSION_UNSUPPORTED
 */
export async function withTimescaledbSnapshot<T>(
  connection: Connection,
  signal: AbortSignal,
  remainingMs: () => number,
  read: (snapshot: TimescaledbSnapshot) => Promise<T>,
): Promise<T> {
  const serverQuery = { sql: SERVER_INFO_QUERY, parse: parseServerInfo };
  return withSnapshot(connection, signal, remainingMs, serverQuery, read);
}
