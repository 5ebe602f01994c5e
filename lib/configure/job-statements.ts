import { pauseOf } from '../consent/job-pause.ts';
import { RunError } from '../errors.ts';
import type { TelemetryJob } from '../timescaledb/facts.ts';
import { formatInterval } from '../timescaledb/interval.ts';
import {
  functionsSchema,
  has,
  jobTable,
  type MemberFunction,
  memberFunction,
} from '../timescaledb/server-info.ts';
import type { JobAction } from './event.ts';
import {
  type PlanInput,
  type SqlStatement,
  type StatementText,
  statementText,
} from './statement.ts';

const WITHOUT_TELEMETRY =
  'The server was built without telemetry, where a telemetry job would fail every hour. Only the level is set; no job is added.';

/** Returns the extension's own function where it works: since 2.0.0, and not with the Apache license. */
function apiFunction({ server, serverContext }: PlanInput, name: string) {
  const found = memberFunction(server, name);
  const works = serverContext.license !== 'apache' && has(server, 'jobProcedures');
  return works && found?.callable ? found : undefined;
}

const GRANT_OF_API =
  "It needs a member of the job's owner: GRANT <the job's owner> TO <the administrator>.";

function callStatement({ call, name }: MemberFunction, args: string): SqlStatement {
  // CREATE EXTENSION … SCHEMA lets the user choose the schema of these functions.
  const named = { sql: call, title: `<the extension's schema>.${name}` };
  return { ...statementText`SELECT ${named}(${args})`, grant: GRANT_OF_API };
}

function writeStatement(table: string, verb: string, text: StatementText): SqlStatement {
  return {
    ...text,
    grant: `It needs the extension's owner, or: GRANT SELECT, ${verb} ON ${table} TO <the administrator>.`,
  };
}

/** The statements for the job. */
export interface JobPlan {
  readonly statements: readonly SqlStatement[];
  /** The statements write to the catalog, which the scheduler does not notice. */
  readonly isUnnoticed: boolean;
  readonly notes: readonly string[];
}

const NOTHING: JobPlan = { statements: [], isUnnoticed: false, notes: [] };

function isIn(jobs: readonly TelemetryJob[], column = 'id'): string {
  return `${column} IN (${jobs.map(({ id }) => id).join(', ')})`;
}

/** Settings that alter_job() changes. */
type JobSetting = 'scheduled' | 'schedule_interval' | 'next_start';

/** Sets one setting of some jobs to an SQL expression. */
function alter(
  input: PlanInput,
  jobs: readonly TelemetryJob[],
  setting: JobSetting,
  value: string,
): JobPlan {
  if (jobs.length === 0) return NOTHING;
  const api = apiFunction(input, 'alter_job');
  if (api !== undefined) {
    const statements = jobs.map(({ id }) => callStatement(api, `${id}, ${setting} => ${value}`));
    return { statements, isUnnoticed: false, notes: [] };
  }
  const [table, key] =
    setting === 'next_start'
      ? ['_timescaledb_internal.bgw_job_stat', 'job_id']
      : [jobTable(input.server), 'id'];
  const update = statementText`UPDATE ${table} SET ${setting} = ${value} WHERE ${isIn(jobs, key)}`;
  return { statements: [writeStatement(table, 'UPDATE', update)], isUnnoticed: true, notes: [] };
}

/** Inserts the row that the installation of the release writes, with id 1. A dump does not contain it. */
function insertion(input: PlanInput, interval: string): SqlStatement {
  const { server, serverContext } = input;
  const values = `${interval}, '100s', -1, '1h'`;
  const table = jobTable(server);
  const columns = 'schedule_interval, max_runtime, max_retries, retry_period';
  if (!has(server, 'jobProcedures')) {
    return writeStatement(
      table,
      'INSERT',
      statementText`INSERT INTO ${table} (id, application_name, job_type, ${columns}) VALUES (1, 'Telemetry Reporter', 'telemetry_and_version_check_if_enabled', ${values})`,
    );
  }
  const hasFixed = has(server, 'fixedSchedules');
  const owner = { sql: serverContext.extensionOwner, title: "<the extension's owner>" };
  return writeStatement(
    table,
    'INSERT',
    statementText`INSERT INTO ${table} (id, application_name, ${columns}, proc_schema, proc_name, owner, scheduled${hasFixed ? ', fixed_schedule' : ''}) VALUES (1, 'Telemetry Reporter [1]', ${values}, '${functionsSchema(server)}', 'policy_telemetry', ${owner}, true${hasFixed ? ', false' : ''})`,
  );
}

function add(input: PlanInput): JobPlan {
  const { facts, serverContext } = input;
  const { scheduleInterval: interval } = serverContext;
  if (facts.jobs.length === 0) {
    if (!facts.builtWithTelemetry) return { ...NOTHING, notes: [WITHOUT_TELEMETRY] };
    return {
      statements: [insertion(input, interval ?? "'24h'")],
      isUnnoticed: true,
      notes: [],
    };
  }
  const unscheduled = facts.jobs.filter(({ scheduled }) => !scheduled);
  const postponed = facts.jobs.filter((job) => pauseOf(job)?.nextStart !== undefined);
  const rescheduled =
    interval === undefined
      ? NOTHING
      : alter(input, facts.jobs, 'schedule_interval', `INTERVAL ${interval}`);
  const changes = [
    alter(input, unscheduled, 'scheduled', 'true'),
    alter(input, postponed, 'next_start', 'pg_catalog.now()'),
    rescheduled,
  ];
  const statements = changes.flatMap((change) => change.statements);
  return {
    statements,
    isUnnoticed: changes.some(({ isUnnoticed }) => isUnnoticed),
    notes: statements.length === 0 ? ['The telemetry job already exists and is scheduled.'] : [],
  };
}

function pause(input: PlanInput): JobPlan {
  const { facts, server } = input;
  if (!has(server, 'jobProcedures')) {
    throw new RunError(
      'EVENT_INVALID',
      'The event pauses the telemetry job, which TimescaleDB supports since 2.0.',
      { remedy: 'Set job to "remove" or "keep". Nothing was changed.' },
    );
  }
  const running = facts.jobs.filter(({ scheduled }) => scheduled);
  if (running.length > 0) return alter(input, running, 'scheduled', 'false');
  const note =
    facts.jobs.length === 0
      ? 'There is no telemetry job to pause.'
      : 'The telemetry job is already paused.';
  return { ...NOTHING, notes: [note] };
}

const DEFAULT_TIMES = '24 hours, 100 seconds, -1, 1 hour';

/** Notes the settings of a removed job, unless they are the defaults: they are lost with the row. */
function removedJobSettings({
  scheduleInterval,
  maxRuntime,
  maxRetries,
  retryPeriod,
}: TelemetryJob): readonly string[] {
  const times = [
    formatInterval(scheduleInterval),
    formatInterval(maxRuntime),
    maxRetries,
    formatInterval(retryPeriod),
  ].join(', ');
  if (times === DEFAULT_TIMES) return [];
  return [
    `The removed job had schedule_interval, max_runtime, max_retries and retry_period ${times}. A job that is added again has ${DEFAULT_TIMES}, unless scheduleInterval is set.`,
  ];
}

function remove(input: PlanInput): JobPlan {
  const { facts, server } = input;
  const { jobs } = facts;
  if (jobs.length === 0) return { ...NOTHING, notes: ['There is no telemetry job to remove.'] };
  const api = apiFunction(input, 'delete_job');
  const table = jobTable(server);
  const condition = has(server, 'jobProcedures')
    ? isIn(jobs)
    : "job_type = 'telemetry_and_version_check_if_enabled'";
  return {
    statements:
      api === undefined
        ? [writeStatement(table, 'DELETE', statementText`DELETE FROM ${table} WHERE ${condition}`)]
        : jobs.map(({ id }) => callStatement(api, String(id))),
    isUnnoticed: api === undefined,
    notes: [
      "The extension's next update restores a removed telemetry job. A paused job stays paused, and the level stays off.",
      ...jobs.flatMap(removedJobSettings),
    ],
  };
}

/** Returns the job action of the event, or the default of its action. */
function jobActionOf({ change, server }: PlanInput): JobAction {
  if (change.job !== undefined) return change.job;
  if (change.action === 'enable') return 'add';
  return has(server, 'jobProcedures') ? 'pause' : 'remove';
}

const BY_JOB_ACTION: Readonly<Record<JobAction, (input: PlanInput) => JobPlan>> = {
  keep: () => NOTHING,
  add,
  pause,
  remove,
};

/** Plans the statements for the job. */
export function planJob(input: PlanInput): JobPlan {
  return BY_JOB_ACTION[jobActionOf(input)](input);
}
