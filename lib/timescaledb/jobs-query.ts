import { sql } from '../postgres/statement.ts';
import { functionsSchema, has, jobTable, type ServerInfo } from './server-info.ts';

/**
 * Returns the SQL of the oid of the role whose level counts for the job. Before 1.3.2 the job ran as the bootstrap superuser, whose level counts
 * in every release; until 1.7 as the owner of the extension's catalogs. Since 2.0 the job has an owner.
 */
function jobOwnerSql(server: ServerInfo): string {
  if (has(server, 'jobOwnerIsRole')) return 'j.owner::pg_catalog.oid';
  if (has(server, 'jobProcedures')) {
    return `(
  select a.oid
  from pg_catalog.pg_roles a
  where a.rolname = j.owner
)`;
  }
  if (!has(server, 'jobRunsAsCatalogOwner')) return '10::pg_catalog.oid';
  return `(
  select c.relowner
  from pg_catalog.pg_class c
  where c.oid = j.tableoid
)`;
}

/**
 * Whether the last run of a job that has ended failed or crashed; null without statistics. `last_run_success` is not used: the
 * scheduler sets it to false at the start of each run. At the start it also counts a crash, which the end of the run takes
 * back, so that a job that is running has at least one. A restart of the server during a run counts as a crash, too.
 */
function isFailingSql({ mayReadJobStatistics }: ServerInfo): string {
  return mayReadJobStatistics
    ? 's.consecutive_failures > 0 or s.consecutive_crashes > 1'
    : 'null::pg_catalog.bool';
}

/** When the job last succeeded; null for never, and for a time in the future, which a clock that was wrong leaves behind. */
function lastSuccessSql(server: ServerInfo): string {
  if (!server.mayReadJobStatistics || !has(server, 'lastSuccessTime')) {
    return 'null::pg_catalog.timestamptz';
  }
  return sql`case
  when s.last_successful_finish between 'epoch'::pg_catalog.timestamptz and pg_catalog.now()
    then s.last_successful_finish
end`;
}

/** Returns the SELECT of all rows of the job catalog, in one form for all releases. */
export function jobsSql(server: ServerInfo): string {
  const hasProcedures = has(server, 'jobProcedures');
  const hasSchedule = has(server, 'fixedSchedules');
  const isTelemetry = hasProcedures
    ? `j.proc_schema = '${functionsSchema(server)}' and j.proc_name = 'policy_telemetry'`
    : "j.job_type = 'telemetry_and_version_check_if_enabled'";
  return sql`select
  j.id,
  ${jobOwnerSql(server)} as owner,
  ${hasProcedures ? 'j.scheduled' : 'true'} as scheduled,
  j.schedule_interval,
  j.max_runtime,
  j.max_retries,
  j.retry_period,
  ${hasSchedule ? 'j.initial_start' : 'null::pg_catalog.timestamptz'} as initial_start,
  ${hasSchedule ? 'j.timezone' : 'null::pg_catalog.text'} as timezone,
  case when s.next_start > pg_catalog.now() then s.next_start end as next_start,
  least(greatest(s.last_start, s.last_finish), pg_catalog.now()) as last_run,
  ${isTelemetry} as is_telemetry,
  ${isFailingSql(server)} as is_failing,
  ${lastSuccessSql(server)} as last_success
from ${jobTable(server)} j
left join _timescaledb_internal.bgw_job_stat s on s.job_id = j.id`;
}

/**
 * Returns the SQL of the three parts of an interval as JSON; null when it is infinite. For NULL, which the catalogs do not
 * contain, each part is null, which the schema rejects. Parts are computed as numeric, because the longest interval overflows a bigint on the way.
 */
function intervalSql(column: string): string {
  return sql`case when not pg_catalog.isfinite(${column}) then null else pg_catalog.json_build_object(
  'months', (
    pg_catalog.date_part('year', ${column}) * 12
    + pg_catalog.date_part('month', ${column})
  )::bigint,
  'days', pg_catalog.date_part('day', ${column})::bigint,
  'microseconds', (
    pg_catalog.date_part('hour', ${column})::numeric * 3600000000
    + pg_catalog.date_part('minute', ${column})::numeric * 60000000
    + pg_catalog.date_part('microseconds', ${column})::numeric
  )::bigint
) end`;
}

/** SQL of the rows of the common table expression `telemetry_jobs`, as a JSON array. */
export const TELEMETRY_JOBS_JSON = sql`(
  select coalesce(
    pg_catalog.json_agg(
      pg_catalog.json_build_object(
        'id', j.id,
        'scheduled', j.scheduled,
        'scheduleInterval', ${intervalSql('j.schedule_interval')},
        'maxRuntime', ${intervalSql('j.max_runtime')},
        'maxRetries', j.max_retries,
        'retryPeriod', ${intervalSql('j.retry_period')},
        'initialStart', j.initial_start,
        'timezone', j.timezone,
        'nextStart', j.next_start,
        'lastRun', j.last_run
      )
      order by j.id
    ),
    '[]'::pg_catalog.json
  )
  from telemetry_jobs j
)`;

/**
 * Returns the JSON of the job health, from the common table expression `jobs`; null where the role may not read the statistics.
 * The telemetry job does not count: in a database without a way to the internet it always fails.
 */
export function jobHealthJson({ mayReadJobStatistics }: ServerInfo): string {
  if (!mayReadJobStatistics) return 'null::pg_catalog.json';
  return sql`(
  select pg_catalog.json_build_object(
    'scheduled', pg_catalog.count(*),
    'failing', pg_catalog.count(*) filter (where j.is_failing),
    'oldestFailure', pg_catalog.min(j.last_success) filter (where j.is_failing)
  )
  from jobs j
  where j.scheduled
    and not j.is_telemetry
)`;
}
