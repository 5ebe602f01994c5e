import { pauseOf } from '../consent/job-pause.ts';
import { visibleLevels } from '../consent/telemetry-level.ts';
import { RunError } from '../errors.ts';
import type { Facts, TelemetryJob } from '../timescaledb/facts.ts';
import { formatInterval } from '../timescaledb/interval.ts';
import {
  functionsSchema,
  isAtLeast,
  jobTable,
  type MemberFunction,
  memberFunction,
  type ServerInfo,
} from '../timescaledb/server-info.ts';
import type { Change, JobAction } from './event.ts';
import type { ServerContext } from './server-context.ts';

/** The text of a statement, or of a part of it, in two versions. */
interface StatementText {
  readonly sql: string;
  /** The same with placeholders for the names of roles, databases and schemas, which must not reach a log or an error. */
  readonly title: string;
}

/** One statement of a change. */
export interface Statement extends StatementText {
  /** What helps when the server denies it; a sentence. */
  readonly grant: string;
}

/** What a change comes to on this server. */
export interface Plan {
  /** In the order in which they run: each for itself; then in one transaction; then, once that is committed. */
  readonly alone: readonly Statement[];
  readonly together: readonly Statement[];
  readonly after: readonly Statement[];
  /** What the person who asked should know. */
  readonly notes: readonly string[];
}

/** Returns all statements of a plan, in the order in which they run. */
export function allStatements({ alone, together, after }: Plan): readonly Statement[] {
  return [...alone, ...together, ...after];
}

/** Everything that a plan is made from. */
export interface Situation {
  readonly change: Change;
  readonly server: ServerInfo;
  readonly facts: Facts;
  readonly serverContext: ServerContext;
}

const SETTING = 'timescaledb.telemetry_level';
/** From here on ALTER SYSTEM takes a setting that no library has registered. */
const POSTGRESQL_17 = 170_000;
const POSTGRESQL_15 = 150_000;

const WITHOUT_TELEMETRY =
  'The server was built without telemetry: a telemetry job would fail there every hour, so none is added, and the level alone is set.';

/**
 * Builds both versions of a statement from one template. A part that contains a name is passed as a pair: the title is
 * never made by editing the statement, because a name can occur in it more than once, or be empty or a common word.
 */
function statementText(
  texts: TemplateStringsArray,
  ...parts: readonly (string | StatementText)[]
): StatementText {
  const pairs = parts.map((part) => (typeof part === 'string' ? { sql: part, title: part } : part));
  return {
    sql: String.raw({ raw: texts }, ...pairs.map(({ sql }) => sql)),
    title: String.raw({ raw: texts }, ...pairs.map(({ title }) => title)),
  };
}

/** How a role may set what no library of the server has registered. */
function grantOfParameter({ server, serverContext }: Situation): string {
  if (serverContext.levelIsRegistered) return '';
  return server.serverVersionNum >= POSTGRESQL_15
    ? ` While the extension's library is not loaded, also: GRANT SET ON PARAMETER ${SETTING} TO <the administrator>.`
    : " While the extension's library is not loaded, only a superuser can.";
}

/** `SET … = 'off'`, or RESET. */
function assignment(level: Change['level']): string {
  return level === 'reset' ? `RESET ${SETTING}` : `SET ${SETTING} = '${level}'`;
}

function levelOfInstance({ change, server, serverContext }: Situation): readonly Statement[] {
  const sql = `ALTER SYSTEM ${assignment(change.level)}`;
  const needsSet =
    server.serverVersionNum < POSTGRESQL_17 &&
    !serverContext.levelIsRegistered &&
    change.level !== 'reset';
  const set = `${assignment(change.level)}`;
  const alter: Statement = {
    sql,
    title: sql,
    grant:
      server.serverVersionNum >= POSTGRESQL_15
        ? `It needs a superuser, or, where the extension's library is loaded: GRANT ALTER SYSTEM ON PARAMETER ${SETTING} TO <the administrator>.`
        : 'It needs a superuser.',
  };
  return [
    // Before PostgreSQL 17 the session has to know a setting that no library has registered.
    ...(needsSet ? [{ sql: set, title: set, grant: 'Any role may do this.' }] : []),
    alter,
    {
      sql: 'SELECT pg_catalog.pg_reload_conf()',
      title: 'SELECT pg_catalog.pg_reload_conf()',
      grant: 'GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO <the administrator>.',
    },
  ];
}

function levelElsewhere(situation: Situation): Statement {
  const { change, serverContext } = situation;
  const what = assignment(change.level);
  const parameter = grantOfParameter(situation);
  if (change.scope.kind === 'database') {
    const database = { sql: serverContext.database, title: '<this database>' };
    return {
      ...statementText`ALTER DATABASE ${database} ${what}`,
      grant: `It needs the database's owner: GRANT <the owner> TO <the administrator>.${parameter}`,
    };
  }
  const role = { sql: serverContext.role ?? '', title: '<the role>' };
  if (serverContext.inDatabase === undefined) {
    return {
      ...statementText`ALTER ROLE ${role} ${what}`,
      grant: `It needs CREATEROLE, and since PostgreSQL 16 the role with ADMIN OPTION: ALTER ROLE <the administrator> CREATEROLE; GRANT <the role> TO <the administrator> WITH ADMIN OPTION.${parameter}`,
    };
  }
  const inDatabase = { sql: serverContext.inDatabase, title: '<the database>' };
  return {
    ...statementText`ALTER ROLE ${role} IN DATABASE ${inDatabase} ${what}`,
    grant: `It needs CREATEROLE, since PostgreSQL 16 the role with ADMIN OPTION, and the database's owner: GRANT <the owner> TO <the administrator>.${parameter}`,
  };
}

/** The extension's own function, where the license lets it work; only a job of 2.x knows of it. */
function apiFunction({ server, serverContext }: Situation, name: string) {
  const found = memberFunction(server, name);
  const works = serverContext.license !== 'apache' && isAtLeast(server, '2.0.0');
  return works && found?.callable ? found : undefined;
}

const GRANT_OF_API =
  "It needs a member of the job's owner: GRANT <the job's owner> TO <the administrator>.";

function calling({ call, name }: MemberFunction, args: string): Statement {
  // CREATE EXTENSION … SCHEMA lets the user choose the schema of these functions.
  const named = { sql: call, title: `<the extension's schema>.${name}` };
  return { ...statementText`SELECT ${named}(${args})`, grant: GRANT_OF_API };
}

function writing(table: string, verb: string, text: StatementText): Statement {
  return {
    ...text,
    grant: `It needs the extension's owner, or: GRANT SELECT, ${verb} ON ${table} TO <the administrator>.`,
  };
}

/** Statements for the job, and what they do not say themselves. */
interface JobPlan {
  readonly statements: readonly Statement[];
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
  situation: Situation,
  jobs: readonly TelemetryJob[],
  setting: JobSetting,
  value: string,
): JobPlan {
  if (jobs.length === 0) return NOTHING;
  const api = apiFunction(situation, 'alter_job');
  if (api !== undefined) {
    const statements = jobs.map(({ id }) => calling(api, `${id}, ${setting} => ${value}`));
    return { statements, isUnnoticed: false, notes: [] };
  }
  const [table, key] =
    setting === 'next_start'
      ? ['_timescaledb_internal.bgw_job_stat', 'job_id']
      : [jobTable(situation.server), 'id'];
  const update = statementText`UPDATE ${table} SET ${setting} = ${value} WHERE ${isIn(jobs, key)}`;
  return { statements: [writing(table, 'UPDATE', update)], isUnnoticed: true, notes: [] };
}

/** The row as the release's own installation writes it, with id 1, which a dump does not carry. */
function insertion(situation: Situation, interval: string): Statement {
  const { server, serverContext } = situation;
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

function add(situation: Situation): JobPlan {
  const { facts, serverContext } = situation;
  const { scheduleInterval: interval } = serverContext;
  if (facts.jobs.length === 0) {
    if (!facts.builtWithTelemetry) return { ...NOTHING, notes: [WITHOUT_TELEMETRY] };
    return {
      statements: [insertion(situation, interval ?? "'24h'")],
      isUnnoticed: true,
      notes: [],
    };
  }
  const unscheduled = facts.jobs.filter(({ scheduled }) => !scheduled);
  const postponed = facts.jobs.filter((job) => pauseOf(job)?.nextStart !== undefined);
  const rescheduled =
    interval === undefined
      ? NOTHING
      : alter(situation, facts.jobs, 'schedule_interval', `INTERVAL ${interval}`);
  const changes = [
    alter(situation, unscheduled, 'scheduled', 'true'),
    alter(situation, postponed, 'next_start', 'pg_catalog.now()'),
    rescheduled,
  ];
  const statements = changes.flatMap((change) => change.statements);
  return {
    statements,
    isUnnoticed: changes.some(({ isUnnoticed }) => isUnnoticed),
    notes: statements.length === 0 ? ['The telemetry job is there and scheduled.'] : [],
  };
}

function pause(situation: Situation): JobPlan {
  const { facts, server } = situation;
  if (!isAtLeast(server, '2.0.0')) {
    throw new RunError(
      'EVENT_INVALID',
      'The event asks to pause the telemetry job, which TimescaleDB cannot before 2.0.',
      { remedy: 'Use the job "remove", or "keep". Nothing was changed.' },
    );
  }
  const running = facts.jobs.filter(({ scheduled }) => scheduled);
  if (running.length > 0) return alter(situation, running, 'scheduled', 'false');
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

function remove(situation: Situation): JobPlan {
  const { facts, server } = situation;
  const { jobs } = facts;
  if (jobs.length === 0) return { ...NOTHING, notes: ['There is no telemetry job to remove.'] };
  const api = apiFunction(situation, 'delete_job');
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
function jobActionOf({ change, server }: Situation): JobAction {
  if (change.job !== undefined) return change.job;
  if (change.action === 'enable') return 'add';
  return isAtLeast(server, '2.0.0') ? 'pause' : 'remove';
}

const BY_JOB_ACTION: Readonly<Record<JobAction, (situation: Situation) => JobPlan>> = {
  keep: () => NOTHING,
  add,
  pause,
  remove,
};

/**
 * Whether the scheduler may have started with a level that was off. It then has left the telemetry job out of its list
 * (src/bgw/job.c), and neither a new level of the database nor a reload makes it read the list again.
 */
function mayHaveStartedOff({ change, facts }: Situation): boolean {
  return (
    change.action === 'enable' &&
    facts.builtWithTelemetry &&
    visibleLevels(facts).some(({ level }) => level === 'off')
  );
}

/** Superusers may restart the workers; from 2.32.0 on the database's owner may, too (its release notes, #10953). */
function mayRestart({ server, serverContext }: Situation): boolean {
  return serverContext.isSuperuser || (isAtLeast(server, '2.32.0') && server.memberOfDatabaseOwner);
}

/** Restarts the extension's scheduler where it does not notice the change, or says that this is needed. */
function restartScheduler(
  situation: Situation,
  { isUnnoticed }: JobPlan,
): Omit<Plan, 'alone' | 'together'> {
  const { server } = situation;
  if (!isUnnoticed && !mayHaveStartedOff(situation)) return { after: [], notes: [] };
  const schema = functionsSchema(server);
  const restart = memberFunction(server, 'restart_background_workers', schema);
  if (restart?.callable && mayRestart(situation)) {
    const sql = `SELECT ${restart.call}()`;
    return { after: [{ sql, title: sql, grant: 'It needs a superuser.' }], notes: [] };
  }
  const who = isAtLeast(server, '2.32.0') ? "the database's owner or a superuser" : 'a superuser';
  return {
    after: [],
    notes: [
      `TimescaleDB's scheduler does not notice this change until it is restarted. Run SELECT ${schema}.restart_background_workers() as ${who}, or restart the server. Scheduled runs of this project follow the change at once.`,
    ],
  };
}

/** A level of its own, or one of all roles, stands before the server's configuration. */
function hasOwnLevel({ facts }: Situation): boolean {
  return facts.level.stored.some(
    ({ holder, value }) => holder === 'everybody' && value.trim().toLowerCase() !== 'off',
  );
}

function notesOf(situation: Situation): readonly string[] {
  const { change, serverContext } = situation;
  const checks: readonly (readonly [holds: boolean, note: string])[] = [
    [
      serverContext.isTemplate,
      `This is a template database: databases made from it get the job as it is here. A connection to it makes CREATE DATABASE wait or fail, so keep yours short.`,
    ],
    [
      serverContext.isTemplate && change.scope.kind === 'database',
      'A level that is set for a template is not copied to databases made from it, since ALTER DATABASE speaks of one database by its name: for all databases, new ones included, use the scope "instance".',
    ],
    [
      change.scope.kind === 'instance' && change.level === 'off' && hasOwnLevel(situation),
      'This database, or ALL roles, has a level of its own, which stands before that of the instance: the built-in reporter and a reporting role without the right to pg_file_settings go on with it. Use the scope "database" too, or RESET it there.',
    ],
    [
      change.scope.kind === 'role',
      "A role's level can only tighten. It counts for the job's owner, the bootstrap superuser and the reporting role; the consent shown here takes the role of the event for the reporting role.",
    ],
  ];
  return checks.filter(([holds]) => holds).map(([, note]) => note);
}

/**
 * The statements that make a change on this server. Pure.
 *
 * @throws RunError EVENT_INVALID when this release cannot do what is asked for
 */
export function planChange(situation: Situation): Plan {
  const { change, server } = situation;
  if (change.level === 'no_functions' && !isAtLeast(server, '2.7.1')) {
    throw new RunError(
      'EVENT_INVALID',
      'The event asks for the level no_functions, which came with TimescaleDB 2.7.1; this release knows off and basic.',
      { remedy: 'Use basic, or upgrade the extension. Nothing was changed.' },
    );
  }
  const job = BY_JOB_ACTION[jobActionOf(situation)](situation);
  const restart = restartScheduler(situation, job);
  const isForInstance = change.scope.kind === 'instance';
  return {
    alone: isForInstance ? levelOfInstance(situation) : [],
    together: [...(isForInstance ? [] : [levelElsewhere(situation)]), ...job.statements],
    after: restart.after,
    notes: [...notesOf(situation), ...job.notes, ...restart.notes],
  };
}
