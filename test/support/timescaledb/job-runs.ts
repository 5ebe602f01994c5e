import { functionsSchemaOf, type HandmadeRelease, has, jobSchema } from './catalogs.ts';

/**
 * Jobs of one database as the scheduler leaves them behind. At the start of a run it sets `last_run_success` to false and
 * `last_finish` to -infinity, and adds a crash; the end of the run takes the crash back (`src/bgw/job_stat.c`, 0.12.0 to 2.29.2).
 */

export interface JobRun {
  readonly isPaused?: true;
  /** The built-in telemetry job. */
  readonly isTelemetry?: true;
  /** Absent for a job that has never run. */
  readonly statistics?: {
    /** Whether a run has ended since the last start. */
    readonly hasEnded: boolean;
    readonly success: boolean;
    readonly failures: number;
    readonly crashes: number;
    /** `last_successful_finish`; never by default. */
    readonly lastSuccess?: string;
  };
}

const SUCCEEDED = { hasEnded: true, success: true, failures: 0, crashes: 0 };
const FAILED = { hasEnded: true, success: false, failures: 3, crashes: 0 };
const RUNNING = { hasEnded: false, success: false, failures: 0, crashes: 1 };

/** Jobs, and whether their last run that has ended failed. */
export const JOB_RUNS: readonly (readonly [what: string, run: JobRun, isFailing: boolean])[] = [
  ['has never run', {}, false],
  ['succeeded', { statistics: { ...SUCCEEDED, lastSuccess: '2026-11-16 01:00Z' } }, false],
  ['failed', { statistics: { ...FAILED, lastSuccess: '2026-11-17 02:00:00.25Z' } }, true],
  ['failed later', { statistics: { ...FAILED, lastSuccess: '2026-11-18 02:00Z' } }, true],
  ['failed, and never succeeded', { statistics: FAILED }, true],
  ['runs for the first time', { statistics: RUNNING }, false],
  ['runs after a success', { statistics: { ...RUNNING, lastSuccess: '2026-11-15 01:00Z' } }, false],
  [
    'runs after a failure',
    { statistics: { ...RUNNING, failures: 3, lastSuccess: '2026-11-19 01:00Z' } },
    true,
  ],
  ['crashed, and runs again', { statistics: { ...RUNNING, crashes: 2 } }, true],
  [
    'fails, and succeeded in the future',
    { statistics: { ...FAILED, lastSuccess: '2999-01-01 00:00Z' } },
    true,
  ],
  [
    'fails, and succeeded at infinity',
    { statistics: { ...FAILED, lastSuccess: 'infinity' } },
    true,
  ],
  [
    'fails, and succeeded before Christ',
    { statistics: { ...FAILED, lastSuccess: '2000-01-01 BC' } },
    true,
  ],
  [
    'is the telemetry job and failed',
    { isTelemetry: true, statistics: { ...FAILED, lastSuccess: '2020-01-01 00:00Z' } },
    false,
  ],
];

/** A job that is paused and failed; before 2.0 jobs cannot be paused. */
export const PAUSED: JobRun = {
  isPaused: true,
  statistics: { ...FAILED, lastSuccess: '2021-01-01 00:00Z' },
};

/** Returns the SQL that makes a job with its statistics. The telemetry job is there already, with the id 1. */
export function jobSql(release: HandmadeRelease, id: number, run: JobRun): string {
  const { isPaused, isTelemetry, statistics } = run;
  const [columns, values] = has(release, '2.0.0')
    ? [
        'proc_schema, proc_name, scheduled',
        `'${functionsSchemaOf(release)}', 'policy_retention', ${!isPaused}`,
      ]
    : ['job_type', "'drop_chunks'"];
  const job = `insert into ${jobSchema(release)}.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries,
      retry_period, ${columns}) values (${id}, 'Job', '1 day', '0', -1, '1 hour', ${values});`;
  return [
    ...(isTelemetry ? [] : [job]),
    ...(statistics ? [statisticsSql(release, id, statistics)] : []),
  ].join('\n');
}

function statisticsSql(
  release: HandmadeRelease,
  id: number,
  {
    hasEnded,
    success,
    failures,
    crashes,
    lastSuccess = '-infinity',
  }: NonNullable<JobRun['statistics']>,
): string {
  const entries = {
    job_id: id,
    last_start: "'2026-11-20 00:00Z'",
    last_finish: hasEnded ? "'2026-11-20 00:01Z'" : "'-infinity'",
    next_start: hasEnded ? "'2026-11-21 00:00Z'" : "'-infinity'",
    ...(has(release, '1.5.0') && { last_successful_finish: `'${lastSuccess}'` }),
    last_run_success: success,
    total_runs: 9,
    total_duration: "'0'",
    ...(has(release, '2.9.0') && { total_duration_failures: "'0'" }),
    ...{ total_successes: 1, total_failures: failures, total_crashes: crashes },
    ...{ consecutive_failures: failures, consecutive_crashes: crashes },
  };
  return `insert into _timescaledb_internal.bgw_job_stat (${Object.keys(entries).join(', ')})
    values (${Object.values(entries).join(', ')});`;
}
