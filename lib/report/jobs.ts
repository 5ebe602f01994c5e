import { type Identity, isAtLeast, jobTable } from '../identity.ts';
import { type Field, number } from './field.ts';

const FUNCTIONS_SCHEMA = "'_timescaledb_functions'";

const POLICY_COUNTERS: readonly (readonly [name: string, procedure: string])[] = [
  ['num_continuous_aggs_policies', 'policy_refresh_continuous_aggregate'],
  ['num_compression_policies', 'policy_compression'],
  ['num_reorder_policies', 'policy_reorder'],
  ['num_retention_policies', 'policy_retention'],
];

/** Jobs by kind: those on a fixed schedule have counters of their own, and are not in the others. */
export function jobCounters(suffix: string, fixedSchedule: boolean): Field[] {
  const counter = (name: string, condition: string): Field => ({
    name: `${name}${suffix}`,
    sql: (identity) =>
      number(
        `select count(*) from ${jobTable(identity)} j where ${condition} and j.fixed_schedule = ${fixedSchedule}`,
      ),
  });
  return [
    ...POLICY_COUNTERS.map(([name, procedure]) =>
      counter(name, `j.proc_schema = ${FUNCTIONS_SCHEMA} and j.proc_name = '${procedure}'`),
    ),
    counter('num_user_defined_actions', `j.proc_schema <> ${FUNCTIONS_SCHEMA}`),
  ];
}

/** The job types that TimescaleDB tells apart; all others are user-defined actions to it. */
function jobType(alias: string, retentionOfHistory: string): string {
  return `case when ${alias}.proc_schema = ${FUNCTIONS_SCHEMA} and ${alias}.proc_name in (
      'policy_retention', 'policy_compression', 'policy_reorder', 'policy_refresh_continuous_aggregate',
      'policy_telemetry', '${retentionOfHistory}'
    ) then ${alias}.proc_name::text else 'user_defined_action' end`;
}

export function statsByJobType(identity: Identity): string {
  const retentionOfHistory = isAtLeast(identity, '2.15.1')
    ? 'policy_job_stat_history_retention'
    : 'policy_job_error_retention';
  return `(
    select coalesce(pg_catalog.jsonb_object_agg(g.job_type, g.stats), '{}')
    from (
      select ${jobType('j', retentionOfHistory)} as job_type,
        pg_catalog.jsonb_build_object(
          'total_runs', sum(s.total_runs),
          'total_successes', sum(s.total_successes),
          'total_failures', sum(s.total_failures),
          'total_crashes', sum(s.total_crashes),
          'total_duration', sum(s.total_duration)::text,
          'total_duration_failures', sum(s.total_duration_failures)::text,
          'max_consecutive_failures', max(s.consecutive_failures),
          'max_consecutive_crashes', max(s.consecutive_crashes)
        ) as stats
      from _timescaledb_internal.bgw_job_stat s
      join ${jobTable(identity)} j on j.id = s.job_id
      group by 1
    ) g
  )`;
}

/**
 * Only for a member of the database's owner: the view shows the errors of all jobs to nobody else, and an empty object
 * would be an invented "no errors". The job type for the retention of history is stale in every release; so is ours.
 */
export function errorsBySqlerrcode(identity: Identity): string {
  if (!identity.memberOfDatabaseOwner) return 'null';
  return `(
    select coalesce(pg_catalog.jsonb_object_agg(g.job_type, g.errors), '{}')
    from (
      select e.job_type, pg_catalog.jsonb_object_agg(e.sqlerrcode, e.errors) as errors
      from (
        select ${jobType('v', 'policy_job_error_retention')} as job_type, v.sqlerrcode, count(*) as errors
        from timescaledb_information.job_errors v
        where v.sqlerrcode is not null
        group by 1, 2
      ) e
      group by e.job_type
    ) g
  )`;
}
