import { visibleLevels } from '../consent/telemetry-level.ts';
import { RunError } from '../errors.ts';
import { functionsSchema, isAtLeast, memberFunction } from '../timescaledb/server-info.ts';
import { type JobPlan, planJob } from './job-statements.ts';
import { levelElsewhere, levelOfInstance } from './level-statements.ts';
import type { PlanInput, SqlStatement } from './statement.ts';

/** What a change comes to on this server. */
export interface Plan {
  /** In the order in which they run: each for itself; then in one transaction; then, once that is committed. */
  readonly nonTransactional: readonly SqlStatement[];
  readonly transactional: readonly SqlStatement[];
  readonly postCommit: readonly SqlStatement[];
  /** What the person who asked should know. */
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
 * Whether the scheduler may have started with a level that was off. It then has left the telemetry job out of its list
 * (src/bgw/job.c), and neither a new level of the database nor a reload makes it read the list again.
 */
function mayHaveStartedOff({ change, facts }: PlanInput): boolean {
  return (
    change.action === 'enable' &&
    facts.builtWithTelemetry &&
    visibleLevels(facts).some(({ level }) => level === 'off')
  );
}

/** Superusers may restart the workers; from 2.32.0 on the database's owner may, too (its release notes, #10953). */
function mayRestart({ server, serverContext }: PlanInput): boolean {
  return serverContext.isSuperuser || (isAtLeast(server, '2.32.0') && server.memberOfDatabaseOwner);
}

/** Restarts the extension's scheduler where it does not notice the change, or says that this is needed. */
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
  const who = isAtLeast(server, '2.32.0') ? "the database's owner or a superuser" : 'a superuser';
  return {
    postCommit: [],
    notes: [
      `TimescaleDB's scheduler does not notice this change until it is restarted. Run SELECT ${schema}.restart_background_workers() as ${who}, or restart the server. Scheduled runs of this project follow the change at once.`,
    ],
  };
}

/** A level of its own, or one of all roles, stands before the server's configuration. */
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
      `This is a template database: databases made from it get the job as it is here. A connection to it makes CREATE DATABASE wait or fail, so keep yours short.`,
    ],
    [
      serverContext.isTemplate && change.scope.kind === 'database',
      'A level that is set for a template is not copied to databases made from it, since ALTER DATABASE speaks of one database by its name: for all databases, new ones included, use the scope "instance".',
    ],
    [
      change.scope.kind === 'instance' && change.level === 'off' && hasOwnLevel(input),
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
export function planChange(input: PlanInput): Plan {
  const { change, server } = input;
  if (change.level === 'no_functions' && !isAtLeast(server, '2.7.1')) {
    throw new RunError(
      'EVENT_INVALID',
      'The event asks for the level no_functions, which came with TimescaleDB 2.7.1; this release knows off and basic.',
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
