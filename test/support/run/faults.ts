import { afterAll, describe, expect, inject, test } from 'vitest';
import { type Circumstances, type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import { type Fault, type FaultGroup, isRetried, warningText } from '../../faults/rows/fault.ts';
import { type Scheduler, startScheduler } from '../aws/scheduler.ts';
import { linesOf, metricsOf, summariesOf } from '../lambda/invocations.ts';
import { createDatabase, type TestDatabase } from '../postgres/databases.ts';
import type { HandmadeRelease } from '../timescaledb/catalogs.ts';
import type { Json } from '../timescaledb/reports.ts';
import { scaled } from '../vitest/time-limits.ts';
import { expectFaultOfCommand } from './command-faults.ts';
import {
  ENOUGH_MS,
  environmentFor,
  expectArrived,
  expectNoSecretLogged,
  expectNothingLeft,
  patternOf,
  RESERVES_MS,
} from './fault-checks.ts';
import { type Settings, secretFor, startWorld, type World, type WorldOptions } from './world.ts';

const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
};

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

/** Expects one summary line with its message and level, and the result of the function. */
function expectLine(fault: Fault, invocation: Invocation, furtherLines = 0): void {
  const { outcome, expected, origin } = fault;
  const summaries = summariesOf(invocation);
  expect(summaries, 'exactly one summary line').toHaveLength(1);
  expect(metricsOf(invocation), 'exactly one line of metrics').toHaveLength(1);
  expect(linesOf(invocation), 'no other line').toHaveLength(2 + furtherLines);
  const [line] = summaries;
  const warning = warningText(fault);
  if (warning !== undefined) expect(line).toMatchObject({ warnings: [warning] });
  expect(line).toMatchObject({
    outcome,
    message: expect.stringMatching(patternOf(expected.message)),
  });
  if (outcome !== 'failed') {
    expect(invocation).toMatchObject({ value: { outcome }, exitCode: 0 });
    if (expected.remedy !== undefined) expect(line).toMatchObject({ remedy: expected.remedy });
    return;
  }
  const retried = isRetried(fault);
  expect(line).toMatchObject({
    level: retried ? 'WARN' : 'ERROR',
    remedy: expected.remedy,
    error: { code: expected.code, ...(origin !== undefined && { origin }) },
  });
  if (origin === undefined) expect(line?.['error']).not.toHaveProperty('origin');
  expect(invocation).toMatchObject(
    retried ? { value: { outcome }, exitCode: 0 } : { error: { name: 'RunError' }, exitCode: 0 },
  );
}

/** Expects no summary line from a process that was killed, and an error that Lambda counts. */
function expectNoLine({ log, ...result }: Invocation): void {
  expect(log.filter((line) => line.includes('"outcome"'))).toEqual([]);
  expect(result).toMatchObject({ error: { name: 'Runtime.ExitError' } });
  expect(result.exitCode).not.toBe(0);
}

function eventFor({ event }: Pick<Faulty, 'event'>): unknown {
  const tick = `${new Date().toISOString().slice(0, 19)}Z`;
  return typeof event === 'function' ? event(tick) : { scheduledTime: tick, ...event };
}

async function expectFault(fault: Fault, arrange: Arrange): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { database, world: options = {}, ...faulty } = await arrange(stack);
  const secret = database === undefined ? {} : { secret: secretFor(database) };
  const world = stack.use(await startWorld({ ...secret, ...options }));
  const scheduler = stack.use(await startScheduler());
  const timeoutMs = faulty.timeoutMs ?? ENOUGH_MS;

  const event = eventFor(faulty);
  const environment = environmentFor(faulty, world);
  const invokeIn = (circumstances: Circumstances): Promise<Invocation> =>
    invoke(
      inject('bundles')['send-report'].file,
      event,
      {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
        AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
        RETRY: JSON.stringify(RETRY),
        ...world.environment({ target: faulty.target, environment }),
      },
      timeoutMs,
      circumstances,
    );

  const invocations = await Promise.all(
    Array.from({ length: faulty.times ?? 1 }, () => invokeIn(faulty)),
  );

  for (const invocation of invocations) {
    expectNoSecretLogged(invocation.log, database, faulty.secrets ?? []);
    if (fault.outcome === 'killed') expectNoLine(invocation);
    else expectLine(fault, invocation, faulty.furtherLines);
    const { memoryBytes } = faulty;
    if (memoryBytes !== undefined) expect(invocation.maxMemoryBytes).toBeLessThan(memoryBytes);
    // Lambda would have ended a run that takes longer; its line would be missing.
    expect(invocation.tookMs ?? 0).toBeLessThan(scaled(timeoutMs));
  }
  expect(scheduler.schedules).toHaveLength(isRetried(fault) ? 1 : 0);
  expectArrived(fault, world);
  if (database !== undefined) await expectNothingLeft(database, faulty.pooled === true);
  const { kill: _, ...unharmed } = faulty;
  await faulty.after?.({ invocations, invokeAgain: () => invokeIn(unharmed), world, scheduler });
}

/** Runs the bundle and the command with one arrangement, or with one each. */
async function expectBoth(
  fault: Fault,
  arrange: Arrange,
  command: NonNullable<FaultGroup['command']>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const arranged = command === 'same-arrangement' ? await arrange(stack) : undefined;
  const arrangeRun: Arrange = arranged === undefined ? arrange : () => arranged;
  // At the same time, because most faults wait.
  const ends = [expectFault(fault, arrangeRun), expectFaultOfCommand(fault, arrangeRun)];
  await Promise.allSettled(ends);
  await Promise.all(ends);
}

/**
 * Defines a test for each fault of a group. It invokes the bundle and checks the outcome, the line, the retry, the reports
 * that arrived, that no session remains on the database, and that the log contains no secret. If the group says so, it also
 * runs the command `run`.
 *
 * @param common returns the parts that the faults have in common; a fault may replace them
 */
export function testFaults<Id extends string>(
  { title, faults, command }: FaultGroup<Id>,
  arrange: Readonly<Record<Id, Arrange>>,
  common: () => Faulty = () => ({}),
): void {
  const ids = Object.keys(faults) as Id[];
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
        if (command === undefined) await expectFault(faults[id], arrangeAll);
        else await expectBoth(faults[id], arrangeAll, command);
      },
    );
  });
}
