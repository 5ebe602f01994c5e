import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { type ErrorCode, RunError } from '../errors.ts';
import { isVersionText } from '../version.ts';
import { factsQuery, VERSIONS_ON_DISK, VERSIONS_UNAVAILABLE } from './facts-query.ts';
import type { TimescaledbSnapshot } from './server-info.ts';
import { isBuiltWithTelemetry, postgresqlVersion } from './server-info.ts';

/** Kinds of rows of `pg_db_role_setting`. The names of roles and databases stay on the server. */
export const STORED_PLACES = ['role-in-database', 'role', 'database', 'all-roles'] as const;
export type StoredPlace = (typeof STORED_PLACES)[number];

/**
 * Roles that a stored setting applies to. `everybody`: the setting applies to all roles. Before 2.32.0 the extension's
 * scheduler runs as the bootstrap superuser. Since 2.32.0 the scheduler and the telemetry job run as the database's owner
 * (its release notes, #10960 and #10983).
 */
export const HOLDERS = [
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

/** The three parts of a PostgreSQL interval. Their ratio is not fixed: a month has 28 to 31 days. */
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
 * A telemetry row of the job catalog. An interval is null when it is infinite.
 *
 * @property nextStart next start by the scheduler, ISO 8601 or `infinity`; null unless it is in the future: the job is
 *   running, is due, or has never run
 * @property lastRun the later of the last start and the last finish, ISO 8601; `-infinity` for a job that has never run.
 *   The current time for a job without a row of statistics, and in place of a time in the future, which a wrong clock of
 *   the server has left
 */
export type TelemetryJob = z.infer<typeof jobSchema>;

const jobHealthSchema = z.object({
  scheduled: z.int().check(z.minimum(0)),
  failing: z.int().check(z.minimum(0)),
  oldestFailure: z.nullable(z.string()),
});

/**
 * Scheduled and failing jobs of the database, without the built-in telemetry job, which always fails where the database has no
 * way to the internet.
 *
 * @property scheduled jobs that the scheduler runs, paused ones left out; before 2.0 jobs cannot be paused
 * @property failing the scheduled jobs whose last run that has ended failed or crashed. A job that has never run, or whose
 *   first run has not ended, is not failing.
 * @property oldestFailure of the failing jobs, the time of the last success that is longest ago, ISO 8601; null for none, for
 *   jobs that have never succeeded, and before 1.5, whose catalog does not have this time
 */
export type JobHealth = Readonly<z.infer<typeof jobHealthSchema>>;

/** Upper bound. There is one telemetry job, or two after a failed update. Each can deny consent, so all are read. */
export const MAX_JOBS = 1_000;
/** Upper bound. The update scripts on a server's disk have some hundreds of versions. */
export const MAX_VERSIONS = 1_000;
/** Upper bound of a list. Each item of a wrong type costs about a kilobyte of memory for its issue. */
export const MAX_ITEMS = 10_000;

const rowSchema = z.object({
  available_version: z.nullable(z.string()),
  session_level: z.nullable(z.string()),
  level_setting: z.nullable(z.object({ source: z.string(), resetValue: z.nullable(z.string()) })),
  stored_levels: z.array(storedLevelSchema).check(z.maxLength(MAX_ITEMS)),
  pending_level: z.nullable(z.string()),
  jobs: z.array(jobSchema).check(z.maxLength(MAX_JOBS)),
  job_health: z.nullable(jobHealthSchema),
  metadata_keys: z.array(z.string()).check(z.maxLength(MAX_ITEMS)),
  installed_at: z.nullable(z.string()),
  available_versions: z.array(z.string()).check(z.maxLength(MAX_ITEMS)),
  is_template1: z.boolean(),
  restoring: z.array(z.string()).check(z.maxLength(MAX_ITEMS)),
});

/** The state of the server in one read-only snapshot. */
export interface Facts {
  readonly postgresqlVersion: string;
  readonly standby: boolean;
  /** Version in this database, from pg_extension. */
  readonly installedVersion: string;
  /** Default version on the server's disk; null when its control file is missing, or when the list cannot be read. */
  readonly availableVersion: string | null;
  /** All versions that can be installed from the server's disk. */
  readonly availableVersions: readonly string[];
  /** The database is `template1`, from which CREATE DATABASE copies. */
  readonly isTemplate1: boolean;
  readonly builtWithTelemetry: boolean;
  /** `timescaledb.restoring` is on: a dump is being restored, and the extension's scheduler starts no jobs. */
  readonly restoring: boolean;
  readonly level: {
    /** Result of `current_setting()`; null when unset. */
    readonly session: string | null;
    /** `pg_settings.source`; null while no loaded library defines the setting. */
    readonly source: string | null;
    /** `pg_settings.reset_val`: the value after RESET. */
    readonly reset: string | null;
    readonly stored: readonly StoredLevel[];
    /** Value in the server's configuration files, loaded or not; null when unset, or not visible to this role. */
    readonly configured: string | null;
  };
  readonly jobs: readonly TelemetryJob[];
  /** Null when the role may not read the statistics of jobs. It is never part of the report. */
  readonly jobHealth: JobHealth | null;
  /** Keys that the metadata contains, of `uuid`, `exported_uuid` and `install_timestamp`. */
  readonly metadataKeys: readonly string[];
  /** Time of CREATE EXTENSION, ISO 8601; null when the metadata has none, or no valid one. */
  readonly installedAt: string | null;
}

/** Returns null for a text that is not a version: a control file may contain any text. */
function versionOrNull(text: string | null): string | null {
  return text !== null && isVersionText(text) ? text : null;
}

/** A time that `Date` cannot parse counts as unknown. */
function parseJobHealth({ oldestFailure, ...counts }: JobHealth): JobHealth {
  const date = new Date(oldestFailure ?? Number.NaN);
  return { ...counts, oldestFailure: Number.isNaN(date.getTime()) ? null : date.toISOString() };
}

const EXTENSION_LIST_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'DATABASE_ERROR',
  'CATALOG_UNEXPECTED',
]);

/**
 * Reads the row of facts. PostgreSQL cannot list the available extensions when any control file on its disk is invalid;
 * then a second query omits the versions on the disk.
 */
async function readRow(
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

/** PostgreSQL's spellings of false, and their unique prefixes. The empty text is an unset placeholder setting. */
const FALSE = /^(|of|off|f|fa|fal|fals|false|n|no|0)$/i;

/**
 * Reads the facts with one query; a second one follows only when the first cannot list the available extensions.
 *
 * @param reporter SQL expression for the name of the reporting role; `null` for no role
 */
export async function readFacts(
  snapshot: TimescaledbSnapshot,
  reporter = 'session_user',
): Promise<Facts> {
  const { server } = snapshot;
  const row = await readRow(snapshot, reporter);
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
    jobHealth: row.job_health && parseJobHealth(row.job_health),
    metadataKeys: row.metadata_keys,
    installedAt: row.installed_at,
  };
}
