import { functionsSchemaOf, type HandmadeRelease, has, jobSchema, spans } from './catalogs.ts';

const JOB_COLUMNS =
  'id, application_name, schedule_interval, max_runtime, max_retries, retry_period';
const JOB_VALUES = "'Job', '1 day', '0', -1, '1h'";

/** Jobs of 1.x, and their policies. */
const ONE_X_JOBS = `
  insert into _timescaledb_config.bgw_job (${JOB_COLUMNS}, job_type) values
    (1000, ${JOB_VALUES}, 'reorder'), (1001, ${JOB_VALUES}, 'drop_chunks'), (1002, ${JOB_VALUES}, 'drop_chunks');
  insert into _timescaledb_config.bgw_policy_reorder values (1000, 1, 'measured_at_idx');
  insert into _timescaledb_config.bgw_policy_drop_chunks values (1001, 1, '1 year'), (1002, 4, '2 years');`;

function historyRetention(release: HandmadeRelease): string {
  return has(release, '2.15.1')
    ? 'policy_job_stat_history_retention'
    : 'policy_job_error_retention';
}

/** Returns the jobs of a release, each kind in a different number. */
export function jobs(release: HandmadeRelease): string {
  if (!has(release, '2.0.0')) return has(release, '1.2.0') ? ONE_X_JOBS : '';
  const times = (count: number, schema: string, procedure: string): string[] =>
    Array.from({ length: count }, () => `'${schema}', '${procedure}'`);
  const functions = functionsSchemaOf(release);
  const procedures = [
    ...times(1, functions, historyRetention(release)),
    ...times(1, functions, 'policy_refresh_continuous_aggregate'),
    ...times(2, functions, 'policy_compression'),
    ...times(3, functions, 'policy_reorder'),
    ...times(4, functions, 'policy_retention'),
    ...times(1, functions, 'policy_recompression'),
    // A user's own procedure with the name of a policy.
    ...times(1, 'public', 'policy_retention'),
    ...times(4, 'public', 'own'),
  ];
  const table = `${jobSchema(release)}.bgw_job`;
  return [
    `insert into ${table} (${JOB_COLUMNS}, proc_schema, proc_name) values
      ${procedures.map((procedure, i) => `(${i + 2}, ${JOB_VALUES}, ${procedure})`).join(', ')};`,
    ...spans(release, [
      [`update ${table} set fixed_schedule = false where proc_name = 'policy_retention';`, '2.9.0'],
    ]),
  ].join('\n');
}

/** Returns a FROM item of job errors as JSON. The last one is of a crash, which has no SQLSTATE. */
function failures(release: HandmadeRelease): string {
  const functions = functionsSchemaOf(release);
  const all: readonly (readonly [schema: string, procedure: string, sqlerrcode?: string])[] = [
    [functions, 'policy_retention', '40001'],
    [functions, 'policy_retention', '40001'],
    [functions, historyRetention(release), '57014'],
    ['public', 'policy_retention', '57014'],
    ['public', 'own', 'P0042'],
    ['public', 'own'],
  ];
  const texts = all.map(([proc_schema, proc_name, sqlerrcode]) =>
    JSON.stringify(
      has(release, '2.15.0')
        ? { job: { proc_schema, proc_name }, error_data: { sqlerrcode } }
        : { proc_schema, proc_name, sqlerrcode },
    ),
  );
  return `unnest(array[${texts.map((one) => `'${one}'`).join(', ')}]) e`;
}

/** Returns statistics of the jobs, with different numbers of runs and failures for each kind. */
export function statistics(release: HandmadeRelease): string {
  const failureDuration = has(release, '2.9.0')
    ? (['total_duration_failures, ', "interval '-00:00:02', "] as const)
    : (['', ''] as const);
  return [
    `insert into _timescaledb_internal.bgw_job_stat (job_id, total_runs, total_duration, ${failureDuration[0]}total_successes,
      total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    select j.id, 10 * j.id, interval '1 day 00:00:00.5', ${failureDuration[1]}6 * j.id, 3 * j.id, j.id, j.id % 4, j.id % 3
    from ${jobSchema(release)}.bgw_job j where j.proc_name <> 'policy_reorder';`,
    ...spans(release, [
      [
        `insert into _timescaledb_internal.job_errors (job_id, error_data) select 1, e::jsonb from ${failures(release)};`,
        '2.9.0',
        '2.14.2',
      ],
      [
        `insert into _timescaledb_internal.bgw_job_stat_history (id, job_id, execution_start, succeeded, data)
          select row_number() over (), 1, now(), false, e::jsonb from ${failures(release)};`,
        '2.15.0',
      ],
      [
        `insert into _timescaledb_catalog.telemetry_event (tag, body) values ('tag', '{"what": "ever"}');`,
        '2.11.0',
        '2.27.2',
      ],
    ]),
  ].join('\n');
}
