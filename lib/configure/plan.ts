import { visibleLevels } from '../consent/telemetry-level.ts';
import { RunError } from '../errors.ts';
import { functionsSchema, has, memberFunction } from '../timescaledb/server-info.ts';
import { type JobPlan, planJob } from './job-statements.ts';
import { levelElsewhere, levelOfInstance } from './level-statements.ts';
import type { PlanInput, SqlStatement } from './statement.ts';

/** The statements of a change on one server. */
export interface Plan {
  /** Run first, each outside a transaction. */
  readonly nonTransactional: readonly SqlStatement[];
  /** Run next, in one transaction. */
  readonly transactional: readonly SqlStatement[];
  /** Run last, after the commit. */
  readonly postCommit: readonly SqlStatement[];
  /** Notes for the administrator. */
  readonly notes: readonly string[];
}

/** Returns all statements of a plan, in the order in which they run. */
export function allStatements({
  nonTransactional,
  transactional,
  postCommit,
}: Plan): readonly SqlStatement[] {
  return [...nonTransactional, ...transactional, ...postCommit];
}

/**
 * Whether the scheduler may have started while the level was off. It then omits the telemetry job from its list
 * (src/bgw/job.c), and reads the list again neither after a change of the database's level nor after a reload.
 */
function mayHaveStartedOff({ change, facts }: PlanInput): boolean {
  return (
    change.action === 'enable' &&
    facts.builtWithTelemetry &&
    visibleLevels(facts).some(({ level }) => level === 'off')
  );
}

/** Whether this role may restart the workers: a superuser, since 2.32.0 also the database's owner (#10953). */
function mayRestart({ server, serverContext }: PlanInput): boolean {
  return (
    serverContext.isSuperuser ||
    (has(server, 'schedulerRunsAsDatabaseOwner') && server.memberOfDatabaseOwner)
  );
}

/** Plans the restart of a scheduler that does not notice the change, or a note that the restart is needed. */
function restartScheduler(
  input: PlanInput,
  { isUnnoticed }: JobPlan,
): Omit<Plan, 'nonTransactional' | 'transactional'> {
  const { server } = input;
  if (!isUnnoticed && !mayHaveStartedOff(input)) return { postCommit: [], notes: [] };
  const schema = functionsSchema(server);
  const restart = memberFunction(server, 'restart_background_workers', schema);
  if (restart?.callable && mayRestart(input)) {
    const sql = `SELECT ${restart.call}()`;
    return { postCommit: [{ sql, title: sql, grant: 'It needs a superuser.' }], notes: [] };
  }
  const who = has(server, 'schedulerRunsAsDatabaseOwner')
    ? "the database's owner or a superuser"
    : 'a superuser';
  return {
    postCommit: [],
    notes: [
      `TimescaleDB's scheduler does not notice this change until it is restarted. Run SELECT ${schema}.restart_background_workers() as ${who}, or restart the server. Scheduled runs of this project follow the change at once.`,
    ],
  };
}

/** Whether a level of the database or of all roles overrides that of the server's configuration. */
function hasOwnLevel({ facts }: PlanInput): boolean {
  return facts.level.stored.some(
    ({ holder, value }) => holder === 'everybody' && value.trim().toLowerCase() !== 'off',
  );
}

function notesOf(input: PlanInput): readonly string[] {
  const { change, serverContext } = input;
  const checks: readonly (readonly [holds: boolean, note: string])[] = [
    [
      serverContext.isTemplate,
      'This is a template database: databases created from it inherit the job. A connection to it makes CREATE DATABASE wait or fail, so keep yours short.',
    ],
    [
      serverContext.isTemplate && change.scope.kind === 'database',
      'Databases created from a template do not inherit its level, because ALTER DATABASE applies to one database. For all databases, including new ones, use the scope "instance".',
    ],
    [
      change.scope.kind === 'instance' && change.level === 'off' && hasOwnLevel(input),
      'This database, or ALL roles, has a level of its own, which overrides that of the instance. The built-in reporter, and a reporting role that cannot read pg_file_settings, still use it. Use the scope "database" too, or RESET it there.',
    ],
    [
      change.scope.kind === 'role',
      "The level of a role can only tighten. It applies to the job's owner, the bootstrap superuser and the reporting role. The consent shown here assumes that the role of the event is the reporting role.",
    ],
  ];
  return checks.filter(([holds]) => holds).map(([, note]) => note);
}

/**
 * Plans the statements of a change. Pure.
 *
 * @throws RunError EVENT_INVALID when the installed release does not support the change
 */
export function planChange(input: PlanInput): Plan {
  const { change, server } = input;
  if (change.level === 'no_functions' && !has(server, 'functionCounts')) {
    throw new RunError(
      'EVENT_INVALID',
      'The event sets the level no_functions, which exists since TimescaleDB 2.7.1. The installed release has only off and basic.',
      { remedy: 'Use basic, or upgrade the extension. Nothing was changed.' },
    );
  }
  const job = planJob(input);
  const restart = restartScheduler(input, job);
  const isForInstance = change.scope.kind === 'instance';
  return {
    nonTransactional: isForInstance ? levelOfInstance(input) : [],
    transactional: [...(isForInstance ? [] : [levelElsewhere(input)]), ...job.statements],
    postCommit: restart.postCommit,
    notes: [...notesOf(input), ...job.notes, ...restart.notes],
  };
}
