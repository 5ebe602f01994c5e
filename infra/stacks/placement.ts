import { createHash } from 'node:crypto';
import { type FunctionSettings, functionsOf } from '../config/functions-of.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { MAX_STACKS } from '../naming.ts';

/** Whether each database has an alarm. */
type Alarms = Environment['alarms'];

/** Maximum number of resources in a stack: CloudFormation's limit of 500, less a reserve for later releases. */
export const MAX_RESOURCES = 450;
/** Resources of a stack without databases: the scheduler's role. */
const STACK_RESOURCES = 1;
/** A function, its role, and its configuration of asynchronous invocations. */
const FUNCTION_RESOURCES = 3;
const SCHEDULE_RESOURCES = 1;
const ALARM_RESOURCES = 1;

/** The settings that decide a database's stack and its number of resources. */
export interface Placed extends FunctionSettings {
  readonly name: string;
}

function scoreOf(name: string, stack: number): string {
  return createHash('sha256').update(`${name}\n${stack}`).digest('hex');
}

/**
 * Returns the number of a database's stack, from 1: the stack with the highest score (rendezvous hashing). Adding or removing
 * a database moves no other; an additional stack gets its share from all others and moves nothing between them.
 */
export function stackOf(name: string, stacks: number): number {
  let best = { stack: 1, score: '' };
  for (let stack = 1; stack <= stacks; stack += 1) {
    const score = scoreOf(name, stack);
    if (score > best.score) best = { stack, score };
  }
  return best.stack;
}

/** Returns the number of resources in a stack with these databases. */
export function resourcesOf(databases: readonly Placed[], alarms: Alarms): number {
  const each = SCHEDULE_RESOURCES + (alarms === 'database' ? ALARM_RESOURCES : 0);
  return databases.reduce(
    (sum, database) => sum + each + FUNCTION_RESOURCES * functionsOf(database).length,
    STACK_RESOURCES,
  );
}

/** Returns the stacks with too many resources, and their number of resources. */
export function fullStacks(
  databases: readonly Placed[],
  stacks: number,
  alarms: Alarms,
): readonly { readonly stack: number; readonly resources: number }[] {
  const byStack = Map.groupBy(databases, ({ name }) => stackOf(name, stacks));
  return [...byStack]
    .map(([stack, placed]) => ({ stack, resources: resourcesOf(placed, alarms) }))
    .filter(({ resources }) => resources > MAX_RESOURCES)
    .toSorted((one, other) => one.stack - other.stack);
}

/** Returns the smallest sufficient number of stacks, at least `stacks`; undefined if the maximum is not sufficient. */
export function enoughStacks(
  databases: readonly Placed[],
  stacks: number,
  alarms: Alarms,
): number | undefined {
  for (let count = stacks; count <= MAX_STACKS; count += 1) {
    if (fullStacks(databases, count, alarms).length === 0) return count;
  }
  return undefined;
}
