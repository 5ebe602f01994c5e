import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';
import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import type { Connection } from '../postgres/connect.ts';
import { type Snapshot, withSnapshot } from '../postgres/snapshot.ts';
import { isVersionText } from '../version.ts';
import { type Capability, capabilitiesOf, FIRST_RELEASE } from './releases.ts';
import { SERVER_INFO_QUERY } from './server-info-query.ts';

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
 * @property callable whether the role may call it, the call does not end the session, and the code is a superuser's
 */
export type MemberFunction = z.infer<typeof functionSchema>;

/** Plausible versions: 9.0 is older than any TimescaleDB, and a major version has at most three digits. */
const serverVersionSchema = z.int().check(z.minimum(90_000), z.maximum(9_999_999));
/** Upper bound; a release has fewer than ten. */
const MAX_MEMBER_FUNCTIONS = 100;
/** Upper bound; fewer than twenty tables are compared. */
const MAX_REPLACED_TABLES = 100;

const rowSchema = z.object({
  server_version_num: serverVersionSchema,
  standby: z.boolean(),
  extension_version: z.nullable(z.string()),
  member_functions: z.array(functionSchema).check(z.maxLength(MAX_MEMBER_FUNCTIONS)),
  member_of_database_owner: z.boolean(),
  may_read_file_settings: z.boolean(),
  may_read_all_settings: z.boolean(),
  may_read_job_errors: z.boolean(),
  may_read_job_statistics: z.boolean(),
  replaced_tables: z.array(z.string()).check(z.maxLength(MAX_REPLACED_TABLES)),
});

export interface ServerInfo {
  /** `server_version_num`: 170005 is 17.5. */
  readonly serverVersionNum: number;
  /** The server is in recovery: level, job and uuid are those of the primary. */
  readonly standby: boolean;
  /** As in pg_extension, for example `2.23.0-dev`. */
  readonly extensionVersion: string;
  /** The version without its suffix, for example `2.23.0`. */
  readonly release: string;
  /** What the catalogs and the reporter of this release have. */
  readonly capabilities: ReadonlySet<Capability>;
  /** Functions of the extension that a run or a change may call. */
  readonly memberFunctions: readonly MemberFunction[];
  /** Members of the database's owner see the errors of all jobs. */
  readonly memberOfDatabaseOwner: boolean;
  /** The role may read the server's configuration files (`pg_file_settings`). */
  readonly mayReadFileSettings: boolean;
  /** The role may read settings that are for superusers. */
  readonly mayReadAllSettings: boolean;
  /** The role may read the table of job errors, where there is one. */
  readonly mayReadJobErrors: boolean;
  /** The role may read all columns of the table of job statistics. */
  readonly mayReadJobStatistics: boolean;
}

/** Whether the catalogs or the reporter of this release have a capability. */
export function has(
  { capabilities }: Pick<ServerInfo, 'capabilities'>,
  capability: Capability,
): boolean {
  return capabilities.has(capability);
}

/** Returns the schema of the extension's own functions and policies. */
export function functionsSchema(server: ServerInfo): string {
  return has(server, 'functionsInOwnSchema') ? '_timescaledb_functions' : '_timescaledb_internal';
}

/** Returns the table of jobs. */
export function jobTable(server: ServerInfo): string {
  return has(server, 'jobsInCatalogSchema')
    ? '_timescaledb_catalog.bgw_job'
    : '_timescaledb_config.bgw_job';
}

/** Returns the table of metadata, whose name depends on the release. */
export function metadataTable(server: ServerInfo): string {
  if (has(server, 'metadataFlag')) return '_timescaledb_catalog.metadata';
  return has(server, 'reportedMetadata')
    ? '_timescaledb_catalog.telemetry_metadata'
    : '_timescaledb_catalog.installation_metadata';
}

/** Finds a function of the extension by name, and by schema where that matters. */
export function memberFunction(
  { memberFunctions }: ServerInfo,
  name: string,
  schema?: string,
): MemberFunction | undefined {
  return memberFunctions.find(
    (one) => one.name === name && (schema === undefined || one.schema === schema),
  );
}

/** Whether the extension was compiled with telemetry: before 2.7 always, since then when it has `get_telemetry_report()`. */
export function isBuiltWithTelemetry(server: ServerInfo): boolean {
  return (
    !has(server, 'optionalTelemetry') ||
    memberFunction(server, 'get_telemetry_report') !== undefined
  );
}

/** Formats `server_version_num`: 170005 is `17.5`; 90624 is `9.6.24`, because majors had two numbers before 10. */
export function postgresqlVersion({ serverVersionNum }: ServerInfo): string {
  const major = Math.floor(serverVersionNum / 10_000);
  if (major >= 10) return `${major}.${serverVersionNum % 10_000}`;
  return `${major}.${Math.floor(serverVersionNum / 100) % 100}.${serverVersionNum % 100}`;
}

/**
 * Rejects a view, or anything else that can run code, in place of a catalog table: it would run with the rights of the login.
 * One view is part of the extension: since 2.25.0 the old name of the job catalog is a view of the new one, and is not read.
 */
function checkTables(server: ServerInfo, replacedTables: readonly string[]): void {
  const hasJobView = has(server, 'jobsInCatalogSchema');
  if (replacedTables.every((name) => hasJobView && name === '_timescaledb_config.bgw_job')) return;
  throw new RunError(
    'CATALOG_UNEXPECTED',
    "A catalog table of TimescaleDB was replaced by something else, such as a view. It was not read, because its code would run with this login's rights.",
    {
      remedy:
        'If an upgrade was interrupted, finish it with ALTER EXTENSION timescaledb UPDATE in a new session. Otherwise find out who replaced the table.',
    },
  );
}

/**
 * Returns the numbers of the extension's version.
 *
 * @throws RunError VERSION_UNSUPPORTED
 */
export function releaseOf(extensionVersion: string): string {
  const release = isVersionText(extensionVersion) ? coerce(extensionVersion)?.version : undefined;
  if (release === undefined) {
    throw new RunError(
      'VERSION_UNSUPPORTED',
      'The version of TimescaleDB in pg_extension cannot be parsed, so its catalogs are unknown.',
      { remedy: 'Install a release of the extension, or remove the target. Nothing was sent.' },
    );
  }
  if (!gte(release, FIRST_RELEASE)) {
    throw new RunError(
      'VERSION_UNSUPPORTED',
      `TimescaleDB ${release} has no telemetry; the first release with telemetry is ${FIRST_RELEASE}.`,
      { remedy: 'Upgrade the extension, or remove the target. Nothing was sent.' },
    );
  }
  return release;
}

/**
 * Parses the row of SERVER_INFO_QUERY.
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
    capabilities: capabilitiesOf(release),
    memberFunctions: checked.member_functions,
    memberOfDatabaseOwner: checked.member_of_database_owner,
    mayReadFileSettings: checked.may_read_file_settings,
    mayReadAllSettings: checked.may_read_all_settings,
    mayReadJobErrors: checked.may_read_job_errors,
    mayReadJobStatistics: checked.may_read_job_statistics,
  };
  checkTables(server, checked.replaced_tables);
  return server;
}

/** A read-only snapshot of a database with TimescaleDB. */
export type TimescaledbSnapshot = Snapshot<ServerInfo>;

/**
 * Runs `read` with a read-only snapshot of a database with TimescaleDB; see withSnapshot() of lib/postgres/snapshot.ts.
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
