import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { type ErrorCode, RunError } from '../errors.ts';
import { isVersionText } from '../version.ts';
import { factsQuery, VERSIONS_ON_DISK, VERSIONS_UNAVAILABLE } from './facts-query.ts';
import type { TimescaledbSnapshot } from './server-info.ts';
import { isBuiltWithTelemetry, postgresqlVersion } from './server-info.ts';

/** Where `pg_db_role_setting` holds a level, by kind; the names of roles and databases stay on the server. */
const STORED_PLACES = ['role-in-database', 'role', 'database', 'all-roles'] as const;
export type StoredPlace = (typeof STORED_PLACES)[number];

/**
 * Whose setting it is: everybody's, or that of the reporting role, the job's owner, the bootstrap superuser (the scheduler
 * runs as it before 2.32.0) or the database's owner (scheduler and telemetry job run as it from 2.32.0 on: its release
 * notes, #10960 and #10983).
 */
const HOLDERS = [
  'everybody',
  'reporting-role',
  'job-owner',
  'bootstrap-superuser',
  'database-owner',
] as const;
export type Holder = (typeof HOLDERS)[number];

const storedLevelSchema = z.object({
  place: z.enum(STORED_PLACES),
  holder: z.enum(HOLDERS),
  value: z.string(),
});

/** A level that ALTER DATABASE or ALTER ROLE has stored. */
export type StoredLevel = z.infer<typeof storedLevelSchema>;

const intervalSchema = z.object({
  months: z.number(),
  days: z.number(),
  microseconds: z.number(),
});

/** An interval in PostgreSQL's own three parts, which do not convert into each other. */
export type Interval = z.infer<typeof intervalSchema>;

const jobSchema = z.object({
  id: z.int(),
  scheduled: z.boolean(),
  scheduleInterval: z.nullable(intervalSchema),
  maxRuntime: z.nullable(intervalSchema),
  maxRetries: z.int(),
  retryPeriod: z.nullable(intervalSchema),
  initialStart: z.nullable(z.string()),
  timezone: z.nullable(z.string()),
  nextStart: z.nullable(z.string()),
  lastRun: z.nullable(z.string()),
});

/**
 * A row of the job catalog that runs the built-in telemetry; an interval is null when it is infinite.
 *
 * @property nextStart when the scheduler starts the job, ISO 8601 or `infinity`; null unless that is in the future, and so
 *   for a job that is running, is due, or has never run
 * @property lastRun when the last run started or, if it has ended, finished, ISO 8601; `-infinity` or null for none,
 *   and the present for one in the future, which a clock that was wrong leaves behind
 */
export type TelemetryJob = z.infer<typeof jobSchema>;

/** There is one telemetry job, or two after an update that went wrong. Each can deny, so that none is left out. */
const MAX_JOBS = 1_000;
/** A server's folder of update scripts has some hundreds of versions. */
const MAX_VERSIONS = 1_000;
/** More than any list of a server. Each item of a wrong type costs about a kilobyte, for what is wrong with it. */
const MAX_ITEMS = 10_000;

const rowSchema = z.object({
  available_version: z.nullable(z.string()),
  session_level: z.nullable(z.string()),
  level_setting: z.nullable(z.object({ source: z.string(), resetValue: z.nullable(z.string()) })),
  stored_levels: z.array(storedLevelSchema).check(z.maxLength(MAX_ITEMS)),
  pending_level: z.nullable(z.string()),
  jobs: z.array(jobSchema).check(z.maxLength(MAX_JOBS)),
  metadata_keys: z.array(z.string()).check(z.maxLength(MAX_ITEMS)),
  installed_at: z.nullable(z.string()),
  available_versions: z.array(z.string()).check(z.maxLength(MAX_ITEMS)),
  is_template1: z.boolean(),
  restoring: z.array(z.string()).check(z.maxLength(MAX_ITEMS)),
});

/** What one read-only snapshot of the server says. */
export interface Facts {
  readonly postgresqlVersion: string;
  readonly standby: boolean;
  /** TimescaleDB in this database, from pg_extension. */
  readonly installedVersion: string;
  /** TimescaleDB on the server's disk; null when the control file is gone, or not to be found among broken ones. */
  readonly availableVersion: string | null;
  /** Every version that can be installed from there. */
  readonly availableVersions: readonly string[];
  /** Databases are made from this one. */
  readonly isTemplate1: boolean;
  readonly builtWithTelemetry: boolean;
  /** `timescaledb.restoring` is on: a dump is being restored, and the extension's scheduler starts nothing. */
  readonly restoring: boolean;
  readonly level: {
    /** `current_setting`; null when it is not set at all. */
    readonly session: string | null;
    /** Where the session has it from (`pg_settings`); null while no loaded library defines the setting. */
    readonly source: string | null;
    /** What the session would fall back to. */
    readonly reset: string | null;
    readonly stored: readonly StoredLevel[];
    /** Written by ALTER SYSTEM or into the configuration file; null when unset or not visible to this role. */
    readonly configured: string | null;
  };
  readonly jobs: readonly TelemetryJob[];
  /** Which of uuid, exported_uuid and install_timestamp the database has. */
  readonly metadataKeys: readonly string[];
  /** When the extension was installed in this database, ISO 8601; null where that was not written, or not as a time. */
  readonly installedAt: string | null;
}

/** A name that is no version, such as that of an odd file among the update scripts, is left out. */
function versionOrNull(text: string | null): string | null {
  return text !== null && isVersionText(text) ? text : null;
}

const EXTENSION_LIST_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'DATABASE_ERROR',
  'CATALOG_UNEXPECTED',
]);

/** A control file that PostgreSQL cannot read, of whatever extension, fails the list of all that are available. */
async function ask(
  { server, row }: TimescaledbSnapshot,
  reporter: string,
): Promise<z.infer<typeof rowSchema>> {
  const read = (found: unknown) => checkRow('the facts', rowSchema, found);
  try {
    return await row(factsQuery(server, reporter, VERSIONS_ON_DISK), read);
  } catch (error) {
    if (!(error instanceof RunError) || !EXTENSION_LIST_ERRORS.has(error.code)) throw error;
    return await row(factsQuery(server, reporter, VERSIONS_UNAVAILABLE), read);
  }
}

/** PostgreSQL's texts for false, which may be cut to where they are clear; an unset placeholder is empty. */
const FALSE = /^(|of|off|f|fa|fal|fals|false|n|no|0)$/i;

/**
 * One query: what this server is and wants.
 *
 * @param reporter the reporting role's name as SQL, null for none; the role of this session by default
 */
export async function readFacts(
  snapshot: TimescaledbSnapshot,
  reporter = 'session_user',
): Promise<Facts> {
  const { server } = snapshot;
  const row = await ask(snapshot, reporter);
  return {
    postgresqlVersion: postgresqlVersion(server),
    standby: server.standby,
    installedVersion: server.extensionVersion,
    availableVersion: versionOrNull(row.available_version),
    availableVersions: row.available_versions.filter(isVersionText).slice(0, MAX_VERSIONS),
    isTemplate1: row.is_template1,
    builtWithTelemetry: isBuiltWithTelemetry(server),
    restoring: row.restoring.some((text) => !FALSE.test(text.trim())),
    level: {
      session: row.session_level,
      source: row.level_setting?.source ?? null,
      reset: row.level_setting?.resetValue ?? null,
      stored: row.stored_levels,
      configured: row.pending_level,
    },
    jobs: row.jobs,
    metadataKeys: row.metadata_keys,
    installedAt: row.installed_at,
  };
}
