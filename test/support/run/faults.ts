import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Circumstances, Invocation } from '../../../emulator/lambda/invoke.ts';
import type { Arrangement, Fault, FaultGroup } from '../../faults/rows/fault.ts';
import type { Scheduler } from '../aws/scheduler.ts';
import { warmSharedWorker } from '../lambda/worker.ts';
import { createDatabase, type TestDatabase } from '../postgres/databases.ts';
import type { HandmadeRelease } from '../timescaledb/catalogs.ts';
import type { Json } from '../timescaledb/reports.ts';
import { scaled } from '../vitest/time-limits.ts';
import { expectFaultOfCommand } from './command-faults.ts';
import { expectFault } from './expect-fault.ts';
import { RESERVES_MS } from './fault-checks.ts';
import { setCaller } from './split-faults.ts';
import type { Settings, World, WorldOptions } from './world.ts';

/** One fault. A part that is absent works normally. */
export interface Faulty extends Circumstances {
  /** The database of the secret. After the run it must have no sessions of the role. */
  readonly database?: TestDatabase | undefined;
  /** Idle sessions of a pooler may remain. */
  readonly pooled?: true;
  readonly world?: WorldOptions;
  readonly target?: Settings['target'];
  /** Environment variables that replace those of the function. */
  readonly environment?:
    | Readonly<Record<string, string>>
    | ((world: World) => Readonly<Record<string, string>>);
  /** More fields of the event, whose tick is now; or a function that returns the whole event. */
  readonly event?: Json | ((tick: string) => unknown);
  /** The function's timeout. A run that waits forever ends before it, by the reserves. */
  readonly timeoutMs?: number;
  /** Number of simultaneous invocations of the tick. Each ends as the row says; one retry is scheduled in all. */
  readonly times?: number;
  /** Number of debug lines besides the summary and the metrics. */
  readonly furtherLines?: number;
  /** Limit of the memory (RSS) of the function's process, in bytes. */
  readonly memoryBytes?: number;
  /** Texts that the log must not contain, besides the database's names and password. */
  readonly secrets?: readonly string[];
  /** More assertions after the run. */
  readonly after?: (run: FaultRun) => Promise<void> | void;
}

export interface FaultRun {
  /** One, unless the tick is invoked several times at once. */
  readonly invocations: readonly Invocation[];
  /** Invokes the same tick again without killing it. */
  readonly invokeAgain: () => Promise<Invocation>;
  readonly world: World;
  readonly scheduler: Scheduler;
}

/** Creates the fault; the stack disposes of what it starts. */
export type Arrange = (stack: AsyncDisposableStack) => Promise<Faulty> | Faulty;

/** A database of all tests of a file. */
let shared: Promise<TestDatabase> | undefined;

/** Returns a healthy database that consents. All tests of a file share it: a fault must not change or lock it. */
export function healthy(): Promise<TestDatabase> {
  shared ??= createDatabase({ release: '2.28.3', level: 'basic', label: 'fault' });
  return shared;
}

/** Creates a healthy database that consents. */
export async function consenting(
  stack: AsyncDisposableStack,
  sql = '',
  release: HandmadeRelease = '2.28.3',
): Promise<TestDatabase> {
  const database = stack.use(await createDatabase({ release, level: 'basic', label: 'fault' }));
  if (sql !== '') await database.admin.query(sql);
  return database;
}

/** Returns Lambda's timeout for a run that reaches its limit after `runMs`: adds the reserves for the line and a retry. */
export function timeFor(runMs: number, mostMs?: number): number {
  return scaled(runMs, mostMs) + RESERVES_MS;
}

/** Returns an arrangement that is made once for all its users. */
function sharing(arrange: Arrange, stack: AsyncDisposableStack): Arrange {
  let arranged: Promise<Faulty> | undefined;
  return () => {
    arranged ??= Promise.resolve(arrange(stack));
    return arranged;
  };
}

/** Runs the bundle with the fault and, as its group says, a run with a worker and the command. */
async function expectAll(
  fault: Fault,
  arrange: Arrange,
  group: Pick<FaultGroup, 'split' | 'command'>,
): Promise<void> {
  const { command } = group;
  const split = fault.split ?? group.split;
  await using stack = new AsyncDisposableStack();
  const shared = sharing(arrange, stack);
  const arrangementOf = (arrangement: Arrangement): Arrange =>
    arrangement === 'same' ? shared : arrange;
  const isShared = split === 'same' || command === 'same';
  // At the same time, because most faults wait.
  const ends = [
    expectFault(fault, isShared ? shared : arrange),
    ...(split ? [expectFault(fault, arrangementOf(split), true)] : []),
    ...(command ? [expectFaultOfCommand(fault, arrangementOf(command))] : []),
  ];
  await Promise.allSettled(ends);
  await Promise.all(ends);
}

/**
 * Defines a test for each fault of a group. It invokes the bundle and checks the outcome, the line, the retry, the reports
 * that arrived, that no session remains on the database, and that the log contains no secret. If the group says so, it does
 * the same for a run whose worker reads the database, and for the command `run`.
 *
 * @param common returns the parts that the faults have in common; a fault may replace them
 */
export function testFaults<Id extends string>(
  { title, faults, ...further }: FaultGroup<Id>,
  arrange: Readonly<Record<Id, Arrange>>,
  common: () => Faulty = () => ({}),
): void {
  const ids = Object.keys(faults) as Id[];
  if ([further, ...Object.values<Fault>(faults)].some(({ split }) => split !== undefined)) {
    beforeAll(warmSharedWorker);
    beforeAll(setCaller);
  }
  afterAll(async () => {
    const database = await shared;
    shared = undefined;
    await database?.[Symbol.asyncDispose]();
  });
  describe(title, () => {
    test.each(ids.map((id) => [faults[id].fault, faults[id].outcome, id] as const))(
      '%s: the run ends as %s',
      async (_fault, _outcome, id) => {
        const arrangeAll: Arrange = async (stack) => ({
          ...common(),
          ...(await arrange[id](stack)),
        });
        await expectAll(faults[id], arrangeAll, further);
      },
    );
  });
}
