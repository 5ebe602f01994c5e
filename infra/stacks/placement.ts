import { createHash } from 'node:crypto';
import { MOST_STACKS } from '../naming.ts';

/** CloudFormation ends at 500; what is left is room for what a later release adds. */
export const MOST_RESOURCES = 450;
/** The scheduler's role. */
const STACK_RESOURCES = 1;
/** Per function a role, the function and its asynchronous invocation; the schedule; the alarm. */
const DATABASE_RESOURCES = 8;
const CONFIGURE_RESOURCES = 3;

/** What decides about a database's stack, and how much room it takes there. */
export interface Placed {
  readonly name: string;
  readonly configure?: unknown;
}

function scoreOf(name: string, stack: number): string {
  return createHash('sha256').update(`${name}\n${stack}`).digest('hex');
}

/**
 * Which of the stacks, from 1 on, a database is in: that with the highest score (rendezvous hashing). Adding or removing
 * one database moves no other, and one more stack takes its share from all others and moves nothing between them.
 */
export function stackOf(name: string, stacks: number): number {
  let best = { stack: 1, score: '' };
  for (let stack = 1; stack <= stacks; stack += 1) {
    const score = scoreOf(name, stack);
    if (score > best.score) best = { stack, score };
  }
  return best.stack;
}

/** How many resources a stack has with these databases. */
export function resourcesOf(databases: readonly Placed[]): number {
  return databases.reduce(
    (sum, { configure }) =>
      sum + DATABASE_RESOURCES + (configure === undefined ? 0 : CONFIGURE_RESOURCES),
    STACK_RESOURCES,
  );
}

/** The stacks that hold too much, with their number of resources. */
export function fullStacks(
  databases: readonly Placed[],
  stacks: number,
): readonly { readonly stack: number; readonly resources: number }[] {
  const byStack = Map.groupBy(databases, ({ name }) => stackOf(name, stacks));
  return [...byStack]
    .map(([stack, placed]) => ({ stack, resources: resourcesOf(placed) }))
    .filter(({ resources }) => resources > MOST_RESOURCES)
    .toSorted((one, other) => one.stack - other.stack);
}

/** The smallest number of stacks, from `stacks` on, that holds them all; undefined where none does. */
export function enoughStacks(databases: readonly Placed[], stacks: number): number | undefined {
  for (let count = stacks; count <= MOST_STACKS; count += 1) {
    if (fullStacks(databases, count).length === 0) return count;
  }
  return undefined;
}
