import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { type ErrorCode, RunError } from '../errors.ts';
import { isVersionText } from '../version.ts';
import { isoTime } from './iso-timestamp.ts';
import type { TimescaledbSnapshot } from './server-info.ts';
import {
  functionsSchema,
  isAtLeast,
  isBuiltWithTelemetry,
  jobTable,
  metadataTable,
  postgresqlVersion,
  type ServerInfo,
} from './server-info.ts';

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

/**
 * Null is infinity. A NULL, of which the catalogs have none, becomes three of them, which are no interval. The longest
 * interval as a double precision is no bigint any more.
 */
function intervalSql(column: string): string {
  return `case when not pg_catalog.isfinite(${column}) then null else pg_catalog.json_build_object(
        'months', (pg_catalog.date_part('year', ${column}) * 12 + pg_catalog.date_part('month', ${column}))::bigint,
        'days', pg_catalog.date_part('day', ${column})::bigint,
        'microseconds', ((pg_catalog.date_part('hour', ${column})::numeric * 60 + pg_catalog.date_part('minute', ${column})::numeric) * 60000000
          + pg_catalog.date_part('microseconds', ${column})::numeric)::bigint) end`;
}

/** Only where the role may read it: asking without the right would fail the whole query. */
function pendingLevelSql(server: ServerInfo): string {
  if (!server.mayReadFileSettings) return 'null::pg_catalog.text';
  return `(
    select f.setting from pg_catalog.pg_file_settings f
    where pg_catalog.lower(f.name) = 'timescaledb.telemetry_level'
    order by f.seqno desc limit 1
  )`;
}

/**
 * Whose level counts for the job. Before 1.3.2 it ran as the bootstrap superuser, whose level counts in every release;
 * until 1.7 as the owner of the extension's catalogs. Then the job has an owner: by name, since 2.10.2 by oid.
 */
function jobOwner(server: ServerInfo): string {
  if (isAtLeast(server, '2.10.2')) return 'j.owner::pg_catalog.oid';
  if (isAtLeast(server, '2.0.0')) {
    return '(select a.oid from pg_catalog.pg_roles a where a.rolname = j.owner)';
  }
  return isAtLeast(server, '1.3.2')
    ? '(select c.relowner from pg_catalog.pg_class c where c.oid = j.tableoid)'
    : '10::pg_catalog.oid';
}

/** The telemetry's rows of the job catalog, in one form for all releases. */
function telemetryJobs(server: ServerInfo): string {
  const hasSchedule = isAtLeast(server, '2.9.0');
  return `
  select j.id, s.next_start, greatest(s.last_start, s.last_finish) as last_run, j.schedule_interval, j.max_runtime, j.max_retries, j.retry_period, ${jobOwner(server)} as owner,
    ${isAtLeast(server, '2.0.0') ? 'j.scheduled' : 'true as scheduled'},
    ${hasSchedule ? 'j.initial_start, j.timezone' : 'null::pg_catalog.timestamptz as initial_start, null::pg_catalog.text as timezone'}
  from ${jobTable(server)} j
  left join _timescaledb_internal.bgw_job_stat s on s.job_id = j.id
  where ${
    isAtLeast(server, '2.0.0')
      ? `j.proc_name = 'policy_telemetry' and j.proc_schema = '${functionsSchema(server)}'`
      : "j.job_type = 'telemetry_and_version_check_if_enabled'"
  }`;
}

/** What is on the server's disk, as SQL. */
const VERSIONS_ON_DISK = {
  version: `(
    select a.default_version::pg_catalog.text from pg_catalog.pg_available_extensions a
    where a.name = 'timescaledb'
  )`,
  versions: `array(
    select v.version::pg_catalog.text from pg_catalog.pg_available_extension_versions v
    where v.name = 'timescaledb'
    order by 1
  )`,
};
const VERSIONS_UNAVAILABLE: typeof VERSIONS_ON_DISK = {
  version: 'null::pg_catalog.text',
  versions: "'{}'::pg_catalog.text[]",
};

/**
 * What ALTER DATABASE and ALTER ROLE have stored of a level or of `timescaledb.restoring`, for everybody and for the roles
 * whose settings count.
 */
function storedSettings(server: ServerInfo, reporter: string): string {
  const owner = isAtLeast(server, '2.32.0')
    ? `when r.setrole = (select d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
        then 'database-owner'`
    : '';
  return `
  select s.name, s.place, s.holder, s.value
  from (
    select
      pg_catalog.lower(pg_catalog.split_part(c.entry, '=', 1)) as name,
      case
        when r.setrole <> 0 and r.setdatabase <> 0 then 'role-in-database'
        when r.setrole <> 0 then 'role'
        when r.setdatabase <> 0 then 'database'
        else 'all-roles' end as place,
      case
        when r.setrole = 0 then 'everybody'
        when r.setrole = (select a.oid from pg_catalog.pg_roles a where a.rolname = ${reporter}) then 'reporting-role'
        when r.setrole in (select j.owner from telemetry_job j) then 'job-owner'
        when r.setrole = 10 then 'bootstrap-superuser'
        ${owner} end as holder,
      pg_catalog.substr(c.entry, pg_catalog.strpos(c.entry, '=') + 1) as value
    from pg_catalog.pg_db_role_setting r, pg_catalog.unnest(r.setconfig) as c(entry)
    where r.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))
  ) s
  where s.holder is not null and s.name in ('timescaledb.telemetry_level', 'timescaledb.restoring')`;
}

function factsQuery(server: ServerInfo, reporter: string, onDisk: typeof VERSIONS_ON_DISK): string {
  return `
with telemetry_job as (${telemetryJobs(server)}
),
stored as (${storedSettings(server, reporter)}
)
select
  ${onDisk.version} as available_version,
  ${onDisk.versions} as available_versions,
  pg_catalog.current_database() = 'template1' as is_template1,
  nullif(pg_catalog.current_setting('timescaledb.telemetry_level', true), '') as session_level,
  (
    select pg_catalog.json_build_object('source', s.source, 'resetValue', s.reset_val)
    from pg_catalog.pg_settings s where s.name = 'timescaledb.telemetry_level'
  ) as level_setting,
  (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'place', s.place, 'holder', s.holder, 'value', s.value
    )), '[]'::pg_catalog.json)
    from stored s where s.name = 'timescaledb.telemetry_level'
  ) as stored_levels,
  array(
    select s.value from stored s where s.name = 'timescaledb.restoring'
    union all
    select pg_catalog.current_setting('timescaledb.restoring', true)
    where pg_catalog.current_setting('timescaledb.restoring', true) is not null
  ) as restoring,
  ${pendingLevelSql(server)} as pending_level,
  (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'id', j.id,
      'scheduled', j.scheduled,
      'scheduleInterval', ${intervalSql('j.schedule_interval')},
      'maxRuntime', ${intervalSql('j.max_runtime')},
      'maxRetries', j.max_retries,
      'retryPeriod', ${intervalSql('j.retry_period')},
      'initialStart', j.initial_start,
      'timezone', j.timezone,
      'nextStart', case when j.next_start > pg_catalog.now() then j.next_start end,
      'lastRun', least(j.last_run, pg_catalog.now())
    ) order by j.id), '[]'::pg_catalog.json)
    from telemetry_job j
  ) as jobs,
  array(
    select m.key::pg_catalog.text from ${metadataTable(server)} m
    where m.key in ('uuid', 'exported_uuid', 'install_timestamp')
    order by 1
  ) as metadata_keys,
  pg_catalog.to_char(
    ${isoTime(`select m.value from ${metadataTable(server)} m where m.key = 'install_timestamp'`)},
    'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
  ) as installed_at`;
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
