import type { Command } from 'commander';
import { LEVELS } from '../../lib/config/target.ts';
import { type Change, checkChange, JOB_ACTIONS } from '../../lib/configure/event.ts';
import { addProblems, oneOf } from '../command.ts';

const ACTIONS: readonly Change['action'][] = ['enable', 'disable'];
const SCOPES: readonly Change['scope']['kind'][] = ['instance', 'database', 'role'];

/** The options of a change as they are given. */
export interface ChangeValues {
  readonly scope?: string;
  readonly role?: string;
  readonly inDatabase?: string;
  readonly level?: string;
  readonly job?: string;
  readonly scheduleInterval?: string;
  readonly apply?: true;
}

/** The options that say what to change; they are the event of `configure`. */
export function addChangeOptions(command: Command): Command {
  return command
    .option('--scope <scope>', `where the level is set: ${SCOPES.join(', ')} (required)`)
    .option('--role <name>', 'whose, with --scope role: a role can only tighten')
    .option('--in-database <name>', 'and in which database alone')
    .option(
      '--level <level>',
      `${LEVELS.join(', ')} (default: off, or with enable basic, or for a role what is set for everybody)`,
    )
    .option(
      '--job <what>',
      `what becomes of the telemetry job: ${JOB_ACTIONS.join(', ')} (default: what the action means in this release)`,
    )
    .option('--schedule-interval <interval>', 'of the job: "12 hours", "7 days", "1 month"')
    .option('--apply', 'make the change; without it nothing is changed');
}

/** How the command line calls what the event does. */
const OPTION_OF_KEY: Readonly<Record<string, string>> = {
  action: '<action>',
  scope: '--scope',
  level: '--level',
  job: '--job',
  scheduleInterval: '--schedule-interval',
};

function inOptions(problem: string): string {
  return problem.replace(/^event (\w+)[^:]*/, (all, key: string) => OPTION_OF_KEY[key] ?? all);
}

type ScopeOfEvent = 'instance' | 'database' | { role: string; inDatabase?: string };

function readScope(
  { scope: text, role, inDatabase }: ChangeValues,
  problems: string[],
): ScopeOfEvent | undefined {
  const scope = oneOf('--scope', text, SCOPES, problems);
  addProblems(problems, [
    [text === undefined, `--scope is missing: ${SCOPES.join(', ')}`],
    [scope === 'role' && role === undefined, '--scope role needs --role'],
    [scope !== undefined && scope !== 'role' && role !== undefined, '--role needs --scope role'],
    [inDatabase !== undefined && role === undefined, '--in-database needs --role'],
  ]);
  if (scope !== 'role') return scope;
  return role === undefined ? undefined : { role, ...(inDatabase !== undefined && { inDatabase }) };
}

/** What is asked for, as the event of `configure`; it counts only when there are no problems. */
export function readChange(
  actionText: string | undefined,
  values: ChangeValues,
  problems: string[],
): Readonly<Record<string, unknown>> {
  const action = oneOf('<action>', actionText, ACTIONS, problems);
  const event = {
    action,
    scope: readScope(values, problems),
    level: oneOf('--level', values.level, LEVELS, problems),
    job: oneOf('--job', values.job, JOB_ACTIONS, problems),
    scheduleInterval: values.scheduleInterval,
    dryRun: values.apply !== true,
  };
  // Without these two nobody knows what the others would contradict.
  if (action === undefined || event.scope === undefined) return event;
  const ofEvent: string[] = [];
  checkChange(event, ofEvent);
  problems.push(...ofEvent.map(inOptions));
  return event;
}
