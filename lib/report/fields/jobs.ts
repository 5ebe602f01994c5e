import {
  functionsSchema,
  isAtLeast,
  jobTable,
  type ServerInfo,
} from '../../timescaledb/server-info.ts';
import {
  type Field,
  INTEGER,
  map,
  NUMBER,
  NUMBER_AS_TEXT,
  number,
  object,
  objectSql,
  TEXT,
  text,
} from './field.ts';

/** Since 2.9.0 jobs on a fixed schedule have counters of their own, and are not in the others. */
function jobsWhere(server: ServerInfo, condition: string, fixedSchedule: boolean): string {
  const all = `select pg_catalog.count(*) from ${jobTable(server)} j where ${condition}`;
  return isAtLeast(server, '2.9.0') ? `${all} and j.fixed_schedule = ${fixedSchedule}` : all;
}

function policies(server: ServerInfo, procedure: string, fixedSchedule: boolean): string {
  const condition = `j.proc_schema = '${functionsSchema(server)}' and j.proc_name = '${procedure}'`;
  return jobsWhere(server, condition, fixedSchedule);
}

function counter(
  name: string,
  says: string,
  fixedSchedule: boolean,
  sql: (server: ServerInfo) => string,
): Field {
  return {
    name,
    since: fixedSchedule ? '2.9.0' : '2.0.0',
    type: NUMBER,
    says: fixedSchedule
      ? `${says}, on a fixed schedule`
      : `${says}; since 2.9.0 without those on a fixed schedule`,
    example: 1,
    sql: (server) => number(sql(server)),
  };
}

/** How many jobs of which kind, by the job catalog of 2.0.0 and later; but for those that reorder, which 1.x counted too. */
function countersOf(fixedSchedule: boolean): readonly Field[] {
  const suffix = fixedSchedule ? '_fixed' : '';
  const policy = (name: string, procedure: string, says: string): Field =>
    counter(`${name}${suffix}`, says, fixedSchedule, (server) =>
      policies(server, procedure, fixedSchedule),
    );
  return [
    policy(
      'num_continuous_aggs_policies',
      'policy_refresh_continuous_aggregate',
      'jobs that refresh continuous aggregates',
    ),
    policy('num_compression_policies', 'policy_compression', 'jobs that compress'),
    policy('num_retention_policies', 'policy_retention', 'jobs that drop old chunks'),
    counter(
      `num_user_defined_actions${suffix}`,
      "jobs whose procedure is not the extension's",
      fixedSchedule,
      (server) => jobsWhere(server, `j.proc_schema <> '${functionsSchema(server)}'`, fixedSchedule),
    ),
  ];
}

/** In 1.x a policy was a row of a table of its own, and the figure a text. */
const REORDER_POLICIES: Field = {
  name: 'num_reorder_policies',
  since: '1.3.0',
  type: [
    ['1.3.0', NUMBER_AS_TEXT],
    ['2.0.0', NUMBER],
  ],
  says: 'jobs that reorder chunks; since 2.9.0 without those on a fixed schedule',
  example: 1,
  sql: (server) =>
    isAtLeast(server, '2.0.0')
      ? number(policies(server, 'policy_reorder', false))
      : text('select pg_catalog.count(*) from _timescaledb_config.bgw_policy_reorder'),
};

export const JOB_COUNTERS: readonly Field[] = [
  ...countersOf(false),
  REORDER_POLICIES,
  ...countersOf(true),
  counter('num_reorder_policies_fixed', 'jobs that reorder chunks', true, (server) =>
    policies(server, 'policy_reorder', true),
  ),
];

const JOB_TYPES = [
  'policy_retention',
  'policy_compression',
  'policy_reorder',
  'policy_refresh_continuous_aggregate',
  'policy_telemetry',
  'policy_job_error_retention',
  'policy_job_stat_history_retention',
  'user_defined_action',
] as const;

/** The keys are job types, and no text of a user's. */
function byJobType(value: typeof STATISTICS | typeof ERRORS) {
  return map('job type', new RegExp(`^(${JOB_TYPES.join('|')})$`), value);
}

/** The job types that TimescaleDB tells apart; all others are user-defined actions to it. */
function jobType(
  server: ServerInfo,
  columns: { readonly schema: string; readonly name: string },
  retentionOfHistory: (typeof JOB_TYPES)[number],
): string {
  return `case when ${columns.schema} = '${functionsSchema(server)}' and ${columns.name} in (
      'policy_retention', 'policy_compression', 'policy_reorder', 'policy_refresh_continuous_aggregate',
      'policy_telemetry', '${retentionOfHistory}'
    ) then ${columns.name}::pg_catalog.text else 'user_defined_action' end`;
}

function aggregated(name: string, sql: string, says: string, example: number): Field {
  return { name, type: INTEGER, says, example, sql: () => sql };
}

/** No job has run for longer; a sum of more could be out of the range of intervals, or of opposite infinities. */
const LONGEST_DURATION = '10000 years';

/** The text of an interval as the session writes it, which is PostgreSQL's own style in each of ours. */
function duration(name: string, column: string, says: string, example: string): Field {
  return {
    name,
    type: TEXT,
    says,
    example,
    sql: () => `coalesce(pg_catalog.sum(s.${column}) filter (
          where s.${column} between '-${LONGEST_DURATION}'::pg_catalog.interval and '${LONGEST_DURATION}'::pg_catalog.interval
        ), '0'::pg_catalog.interval)::pg_catalog.text`,
  };
}

const STATISTICS_OF_TYPE: readonly Field[] = [
  aggregated('total_runs', 'pg_catalog.sum(s.total_runs)', 'runs', 5),
  aggregated('total_successes', 'pg_catalog.sum(s.total_successes)', 'runs that ended well', 4),
  aggregated('total_failures', 'pg_catalog.sum(s.total_failures)', 'runs that failed', 1),
  aggregated('total_crashes', 'pg_catalog.sum(s.total_crashes)', 'runs whose process died', 0),
  duration(
    'total_duration',
    'total_duration',
    "time of runs, as PostgreSQL's interval text",
    '00:00:11.5',
  ),
  duration(
    'total_duration_failures',
    'total_duration_failures',
    'time of failed runs',
    '00:00:00.2',
  ),
  aggregated(
    'max_consecutive_failures',
    'pg_catalog.max(s.consecutive_failures)',
    'failures in a row at present, the most of any',
    1,
  ),
  aggregated(
    'max_consecutive_crashes',
    'pg_catalog.max(s.consecutive_crashes)',
    'crashes in a row at present, the most of any',
    0,
  ),
];
const STATISTICS = object(STATISTICS_OF_TYPE);
const ERRORS = map('SQLSTATE', /^[0-9A-Z]{5}$/, NUMBER);

function statsByJobType(server: ServerInfo): string {
  const retentionOfHistory = isAtLeast(server, '2.15.1')
    ? 'policy_job_stat_history_retention'
    : 'policy_job_error_retention';
  return `(
    select coalesce(pg_catalog.jsonb_object_agg(g.job_type, g.stats), '{}')
    from (
      select ${jobType(server, { schema: 'j.proc_schema', name: 'j.proc_name' }, retentionOfHistory)} as job_type,
        ${objectSql(STATISTICS_OF_TYPE, server)} as stats
      from _timescaledb_internal.bgw_job_stat s
      join ${jobTable(server)} j on j.id = s.job_id
      group by 1
    ) g
  )`;
}

/**
 * Where failed jobs are found. The view shows those of all jobs to a member of the database's owner alone, and an empty
 * object would be an invented "no errors". 2.9 had no view, and its table is not for everybody.
 */
function jobErrors(server: ServerInfo): string | undefined {
  if (isAtLeast(server, '2.10.0')) {
    return server.memberOfDatabaseOwner
      ? 'select v.proc_schema, v.proc_name, v.sqlerrcode from timescaledb_information.job_errors v'
      : undefined;
  }
  return server.mayReadJobErrors
    ? `select t.error_data ->> 'proc_schema' as proc_schema, t.error_data ->> 'proc_name' as proc_name,
          t.error_data ->> 'sqlerrcode' as sqlerrcode
        from _timescaledb_internal.job_errors t`
    : undefined;
}

/** The job type for the retention of history is stale in every release; so is ours. */
function errorsBySqlerrcode(server: ServerInfo): string {
  const errors = jobErrors(server);
  if (errors === undefined) return 'null';
  const columns = { schema: 'v.proc_schema', name: 'v.proc_name' };
  return `(
    select coalesce(pg_catalog.jsonb_object_agg(g.job_type, g.errors), '{}')
    from (
      select e.job_type, pg_catalog.jsonb_object_agg(e.sqlerrcode, e.errors) as errors
      from (
        select ${jobType(server, columns, 'policy_job_error_retention')} as job_type, v.sqlerrcode, pg_catalog.count(*) as errors
        from (${errors}) v
        where v.sqlerrcode ~ '^[0-9A-Z]{5}$'
        group by 1, 2
      ) e
      group by e.job_type
    ) g
  )`;
}

export const JOB_OUTCOMES: readonly Field[] = [
  {
    name: 'stats_by_job_type',
    since: '2.9.0',
    type: byJobType(STATISTICS),
    says: `runs, failures, crashes and durations, summed per kind of job (${JOB_TYPES.map((type) => `\`${type}\``).join(', ')}); a kind without statistics is missing`,
    example: { policy_retention: { total_runs: 5 } },
    sql: statsByJobType,
  },
  {
    name: 'errors_by_sqlerrcode',
    since: '2.9.0',
    type: byJobType(ERRORS),
    says: 'how often which SQLSTATE ended a job, per kind of job',
    example: { user_defined_action: { '40001': 2 } },
    absent:
      "the role is not a member of the database's owner, who alone sees the errors of all jobs (2.9: may not read `_timescaledb_internal.job_errors`)",
    warning: 'your own jobs may raise SQLSTATEs of their own, and these five characters come out',
    sql: errorsBySqlerrcode,
  },
];
