import { pauseOf } from '../consent/job-pause.ts';
import { RunError } from '../errors.ts';
import type { TelemetryJob } from '../timescaledb/facts.ts';
import { formatInterval } from '../timescaledb/interval.ts';
import {
  functionsSchema,
  isAtLeast,
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
  'The server was built without telemetry: a telemetry job would fail there every hour, so none is added, and the level alone is set.';

/** The extension's own function, where the license lets it work; only a job of 2.x knows of it. */
function apiFunction({ server, serverContext }: PlanInput, name: string) {
  const found = memberFunction(server, name);
  const works = serverContext.license !== 'apache' && isAtLeast(server, '2.0.0');
  return works && found?.callable ? found : undefined;
}

const GRANT_OF_API =
  "It needs a member of the job's owner: GRANT <the job's owner> TO <the administrator>.";

function calling({ call, name }: MemberFunction, args: string): SqlStatement {
  // CREATE EXTENSION … SCHEMA lets the user choose the schema of these functions.
  const named = { sql: call, title: `<the extension's schema>.${name}` };
  return { ...statementText`SELECT ${named}(${args})`, grant: GRANT_OF_API };
}

function writing(table: string, verb: string, text: StatementText): SqlStatement {
  return {
    ...text,
    grant: `It needs the extension's owner, or: GRANT SELECT, ${verb} ON ${table} TO <the administrator>.`,
  };
}

/** Statements for the job, and what they do not say themselves. */
export interface JobPlan {
  readonly statements: readonly SqlStatement[];
  /** By writing into the catalog, which the scheduler does not notice by itself. */
  readonly isUnnoticed: boolean;
  readonly notes: readonly string[];
}

const NOTHING: JobPlan = { statements: [], isUnnoticed: false, notes: [] };

function isIn(jobs: readonly TelemetryJob[], column = 'id'): string {
  return `${column} IN (${jobs.map(({ id }) => id).join(', ')})`;
}

/** A setting of a job that alter_job() changes. */
type JobSetting = 'scheduled' | 'schedule_interval' | 'next_start';

/** Sets one of the jobs' settings to an expression of SQL. */
function alter(
  input: PlanInput,
  jobs: readonly TelemetryJob[],
  setting: JobSetting,
  value: string,
): JobPlan {
  if (jobs.length === 0) return NOTHING;
  const api = apiFunction(input, 'alter_job');
  if (api !== undefined) {
    const statements = jobs.map(({ id }) => calling(api, `${id}, ${setting} => ${value}`));
    return { statements, isUnnoticed: false, notes: [] };
  }
  const [table, key] =
    setting === 'next_start'
      ? ['_timescaledb_internal.bgw_job_stat', 'job_id']
      : [jobTable(input.server), 'id'];
  const update = statementText`UPDATE ${table} SET ${setting} = ${value} WHERE ${isIn(jobs, key)}`;
  return { statements: [writing(table, 'UPDATE', update)], isUnnoticed: true, notes: [] };
}

/** The row as the release's own installation writes it, with id 1, which a dump does not carry. */
function insertion(input: PlanInput, interval: string): SqlStatement {
  const { server, serverContext } = input;
  const values = `${interval}, '100s', -1, '1h'`;
  const table = jobTable(server);
  const columns = 'schedule_interval, max_runtime, max_retries, retry_period';
  if (!isAtLeast(server, '2.0.0')) {
    return writing(
      table,
      'INSERT',
      statementText`INSERT INTO ${table} (id, application_name, job_type, ${columns}) VALUES (1, 'Telemetry Reporter', 'telemetry_and_version_check_if_enabled', ${values})`,
    );
  }
  const hasFixed = isAtLeast(server, '2.9.0');
  const owner = { sql: serverContext.extensionOwner, title: "<the extension's owner>" };
  return writing(
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
    notes: statements.length === 0 ? ['The telemetry job is there and scheduled.'] : [],
  };
}

function pause(input: PlanInput): JobPlan {
  const { facts, server } = input;
  if (!isAtLeast(server, '2.0.0')) {
    throw new RunError(
      'EVENT_INVALID',
      'The event asks to pause the telemetry job, which TimescaleDB cannot before 2.0.',
      { remedy: 'Use the job "remove", or "keep". Nothing was changed.' },
    );
  }
  const running = facts.jobs.filter(({ scheduled }) => scheduled);
  if (running.length > 0) return alter(input, running, 'scheduled', 'false');
  const note =
    facts.jobs.length === 0
      ? 'There is no telemetry job that could be paused.'
      : 'The telemetry job is paused already.';
  return { ...NOTHING, notes: [note] };
}

const DEFAULT_TIMES = '24 hours, 100 seconds, -1, 1 hour';

/** What was particular to a row that is removed; nobody else will know it. */
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
    `The removed job's schedule_interval, max_runtime, max_retries and retry_period were ${times}; a job that is added has ${DEFAULT_TIMES}, or another scheduleInterval.`,
  ];
}

function remove(input: PlanInput): JobPlan {
  const { facts, server } = input;
  const { jobs } = facts;
  if (jobs.length === 0) return { ...NOTHING, notes: ['There is no telemetry job to remove.'] };
  const api = apiFunction(input, 'delete_job');
  const table = jobTable(server);
  const condition = isAtLeast(server, '2.0.0')
    ? isIn(jobs)
    : "job_type = 'telemetry_and_version_check_if_enabled'";
  return {
    statements:
      api === undefined
        ? [writing(table, 'DELETE', statementText`DELETE FROM ${table} WHERE ${condition}`)]
        : jobs.map(({ id }) => calling(api, String(id))),
    isUnnoticed: api === undefined,
    notes: [
      "A removed telemetry job comes back with the extension's next update; a paused one stays paused, and the level stays off.",
      ...jobs.flatMap(removedJobSettings),
    ],
  };
}

/** What `action` means for the job where the event does not say. */
function jobActionOf({ change, server }: PlanInput): JobAction {
  if (change.job !== undefined) return change.job;
  if (change.action === 'enable') return 'add';
  return isAtLeast(server, '2.0.0') ? 'pause' : 'remove';
}

const BY_JOB_ACTION: Readonly<Record<JobAction, (input: PlanInput) => JobPlan>> = {
  keep: () => NOTHING,
  add,
  pause,
  remove,
};

/** Plans what `change` does about the job. */
export function planJob(input: PlanInput): JobPlan {
  return BY_JOB_ACTION[jobActionOf(input)](input);
}
