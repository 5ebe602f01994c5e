import type { Argument, Command } from 'commander';
import { LEVELS } from '../../lib/config/target.ts';
import { type Change, checkChange, JOB_ACTIONS } from '../../lib/configure/event.ts';
import { addProblems, choice, choiceArgument, oneOf } from '../command.ts';

const ACTIONS: readonly Change['action'][] = ['enable', 'disable'];
const SCOPES: readonly Change['scope']['kind'][] = ['instance', 'database', 'role'];

/** The options of a change, as commander parses them. */
export interface ChangeValues {
  readonly scope?: string;
  readonly role?: string;
  readonly inDatabase?: string;
  readonly level?: string;
  readonly job?: string;
  readonly scheduleInterval?: string;
  readonly apply?: true;
}

/** Adds the options of a change; they become the event of `configure`. */
export function addChangeOptions(command: Command): Command {
  return command
    .addOption(choice('--scope <scope>', SCOPES, 'where to set the level (required)'))
    .option('--role <name>', 'the role of --scope role; a level there can only restrict')
    .option('--in-database <name>', 'limit --scope role to one database')
    .addOption(
      choice(
        '--level <level>',
        LEVELS,
        'the level (default: off for disable, basic for enable; for a role, the level that is set for all)',
      ),
    )
    .addOption(
      choice(
        '--job <action>',
        JOB_ACTIONS,
        "the change of the telemetry job (default: the action's usual one in this release)",
      ),
    )
    .option('--schedule-interval <interval>', 'of the job, such as "12 hours", "7 days", "1 month"')
    .option('--apply', 'make the change; without it nothing is changed');
}

/** The argument of a change. */
export const actionArgument = (name: string): Argument =>
  choiceArgument(name, ACTIONS, 'turns telemetry on or off');

/** The option or argument of a key of the event. */
const OPTIONS_BY_KEY: Readonly<Record<string, string>> = {
  action: '<action>',
  scope: '--scope',
  level: '--level',
  job: '--job',
  scheduleInterval: '--schedule-interval',
};

function nameOption(problem: string): string {
  return problem.replace(/^event (\w+)[^:]*/, (all, key: string) => OPTIONS_BY_KEY[key] ?? all);
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

/** Returns the event of `configure`; it is used only when there are no problems. */
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
  // Contradictions depend on these two.
  if (action === undefined || event.scope === undefined) return event;
  const ofEvent: string[] = [];
  checkChange(event, ofEvent);
  problems.push(...ofEvent.map(nameOption));
  return event;
}
