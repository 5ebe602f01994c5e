import { lines, sql } from '../../postgres/statement.ts';
import { functionsSchema, has, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  always,
  type Field,
  INTEGER,
  map,
  NUMBER,
  object,
  objectSql,
  type Source,
  selectSql,
  TEXT,
} from './field.ts';
import { JOBS } from './jobs.ts';

/** Statistics and errors of jobs, per kind of job. */

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

/** An object whose keys are job types, and never a text of a user's. */
function byJobType(value: typeof STATISTICS | typeof ERRORS) {
  return map('job type', new RegExp(`^(${JOB_TYPES.join('|')})$`), value);
}

/** Returns the job type of a job: the name of a known procedure of the extension, and `user_defined_action` for all others. */
function jobTypeSql(
  isOwn: string,
  name: string,
  retentionOfHistory: 'policy_job_error_retention' | 'policy_job_stat_history_retention',
): string {
  const known = [
    'policy_retention',
    'policy_compression',
    'policy_reorder',
    'policy_refresh_continuous_aggregate',
    'policy_telemetry',
    retentionOfHistory,
  ];
  return sql`case
  when ${isOwn} and ${name} in (
    ${lines(known.map((procedure) => `'${procedure}'`))}
  ) then ${name}::pg_catalog.text
  else 'user_defined_action'
end`;
}

/** Upper bound of a run's duration: longer ones could sum to more than an interval holds, or to opposite infinities. */
const LONGEST_DURATION = '10000 years';

interface Statistic extends Field {
  /** Over rows of `_timescaledb_internal.bgw_job_stat`, as `s`. */
  readonly aggregate: string;
}

function statistic(
  name: string,
  aggregate: string,
  rest: Pick<Field, 'description' | 'example'>,
): Statistic {
  return { name, type: INTEGER, aggregate, ...rest, sql: always(`s.${name}`) };
}

/** The text of an interval, in the interval style `postgres`, which the snapshot sets. */
function duration(name: string, rest: Pick<Field, 'description' | 'example'>): Statistic {
  const aggregate = `coalesce(
  pg_catalog.sum(s.${name}) filter (
    where s.${name} between
      '-${LONGEST_DURATION}'::pg_catalog.interval and '${LONGEST_DURATION}'::pg_catalog.interval
  ),
  '0'::pg_catalog.interval
)::pg_catalog.text`;
  return { name, type: TEXT, aggregate, ...rest, sql: always(`s.${name}`) };
}

const STATISTICS_OF_TYPE: readonly Statistic[] = [
  statistic('total_runs', 'pg_catalog.sum(s.total_runs)', { description: 'runs', example: 5 }),
  statistic('total_successes', 'pg_catalog.sum(s.total_successes)', {
    description: 'successful runs',
    example: 4,
  }),
  statistic('total_failures', 'pg_catalog.sum(s.total_failures)', {
    description: 'failed runs',
    example: 1,
  }),
  statistic('total_crashes', 'pg_catalog.sum(s.total_crashes)', {
    description: 'runs whose process crashed',
    example: 0,
  }),
  duration('total_duration', {
    description: "duration of all runs, as PostgreSQL's interval text",
    example: '00:00:11.5',
  }),
  duration('total_duration_failures', {
    description: 'duration of failed runs',
    example: '00:00:00.2',
  }),
  statistic('max_consecutive_failures', 'pg_catalog.max(s.consecutive_failures)', {
    description: 'current number of consecutive failures, the maximum of all jobs',
    example: 1,
  }),
  statistic('max_consecutive_crashes', 'pg_catalog.max(s.consecutive_crashes)', {
    description: 'current number of consecutive crashes, the maximum of all jobs',
    example: 0,
  }),
];
const STATISTICS = object(STATISTICS_OF_TYPE);
const ERRORS = map('SQLSTATE', /^[0-9A-Z]{5}$/, NUMBER);

/** One row per job type that has statistics. */
const JOB_STATISTICS: Source = {
  name: 'job_statistics',
  reads: [JOBS],
  sql: (server) =>
    selectSql(
      {
        job_type: jobTypeSql(
          'j.is_own',
          'j.name',
          has(server, 'jobHistoryRetention')
            ? 'policy_job_stat_history_retention'
            : 'policy_job_error_retention',
        ),
        ...Object.fromEntries(STATISTICS_OF_TYPE.map(({ name, aggregate }) => [name, aggregate])),
      },
      `from _timescaledb_internal.bgw_job_stat s
join jobs j on j.id = s.job_id
group by 1`,
    ),
};

/**
 * Returns the failed jobs, as `e`. The view shows those of all jobs only to members of the database's owner, and an empty
 * object would wrongly say "no errors". 2.9 had no view, and its table is readable for few roles.
 */
function failedJobs(server: ServerInfo): string | undefined {
  if (has(server, 'jobErrorsView')) {
    return server.memberOfDatabaseOwner ? 'timescaledb_information.job_errors e' : undefined;
  }
  if (!server.mayReadJobErrors) return undefined;
  return `(
  select
    t.error_data ->> 'proc_schema' as proc_schema,
    t.error_data ->> 'proc_name' as proc_name,
    t.error_data ->> 'sqlerrcode' as sqlerrcode
  from _timescaledb_internal.job_errors t
) e`;
}

/** One row per job type and SQLSTATE. Every release looks for the older name of the retention of history, and so does this. */
const JOB_ERRORS: Source = {
  name: 'job_errors',
  sql(server) {
    const failed = failedJobs(server);
    if (failed === undefined) return undefined;
    const isOwn = `e.proc_schema = '${functionsSchema(server)}'`;
    return selectSql(
      {
        job_type: jobTypeSql(isOwn, 'e.proc_name', 'policy_job_error_retention'),
        sqlerrcode: 'e.sqlerrcode',
        errors: 'pg_catalog.count(*)',
      },
      `from ${failed}
where e.sqlerrcode ~ '^[0-9A-Z]{5}$'
group by 1, 2`,
    );
  },
};

const ERRORS_BY_JOB_TYPE = `(
  select coalesce(pg_catalog.jsonb_object_agg(t.job_type, t.errors), '{}')
  from (
    select
      e.job_type,
      pg_catalog.jsonb_object_agg(e.sqlerrcode, e.errors) as errors
    from job_errors e
    group by e.job_type
  ) t
)`;

export const JOB_OUTCOMES: readonly Field[] = [
  {
    name: 'stats_by_job_type',
    since: '2.9.0',
    type: byJobType(STATISTICS),
    description: `runs, failures, crashes and durations, summed per kind of job (${JOB_TYPES.map((type) => `\`${type}\``).join(', ')}); without kinds that have no statistics`,
    example: { policy_retention: { total_runs: 5 } },
    reads: [JOB_STATISTICS],
    sql: (server) => sql`(
  select coalesce(
    pg_catalog.jsonb_object_agg(
      s.job_type,
      ${objectSql(STATISTICS_OF_TYPE, server)}
    ),
    '{}'
  )
  from job_statistics s
)`,
  },
  {
    name: 'errors_by_sqlerrcode',
    since: '2.9.0',
    type: byJobType(ERRORS),
    description: 'failed runs per kind of job and SQLSTATE',
    example: { user_defined_action: { '40001': 2 } },
    absentWhen:
      "the role is not a member of the database's owner, who alone sees the errors of all jobs (2.9: may not read `_timescaledb_internal.job_errors`)",
    warning: 'your own jobs may raise SQLSTATEs of their own, and these five characters are sent',
    reads: [JOB_ERRORS],
    sql: (server) => (failedJobs(server) === undefined ? 'null' : ERRORS_BY_JOB_TYPE),
  },
];
