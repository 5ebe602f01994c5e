import { expect, inject } from 'vitest';
import { type Circumstances, type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import { type Fault, isRetried, warningText } from '../../faults/rows/fault.ts';
import { type Scheduler, startScheduler } from '../aws/scheduler.ts';
import { linesOf, metricsOf, summariesOf } from '../lambda/invocations.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { scaled } from '../vitest/time-limits.ts';
import {
  ENOUGH_MS,
  environmentFor,
  expectArrived,
  expectNoSecretLogged,
  expectNothingLeft,
  patternOf,
} from './fault-checks.ts';
import type { Arrange, Faulty } from './faults.ts';
import {
  expectWorkerLines,
  type FaultyWorker,
  isRunnableHere,
  runHere,
  workerFor,
} from './split-faults.ts';
import { secretFor, startWorld, type World } from './world.ts';

const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
};

/** Expects one summary line, one line of metrics, and the debug lines. */
function expectLines(invocation: Invocation, furtherLines = 0): void {
  expect(summariesOf(invocation), 'exactly one summary line').toHaveLength(1);
  expect(metricsOf(invocation), 'exactly one line of metrics').toHaveLength(1);
  expect(linesOf(invocation), 'no other line').toHaveLength(2 + furtherLines);
}

/** Expects the message and the level of the summary line, and the result of the function. */
function expectSummary(fault: Fault, invocation: Invocation): void {
  const { outcome, expected, origin } = fault;
  const [line] = summariesOf(invocation);
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

/**
 * Expects the end of a run.
 *
 * @param lines number of further lines, or that the run writes only its summary
 */
function expectEnd(
  fault: Fault,
  invocation: Invocation,
  lines: number | 'no metrics' | undefined,
): void {
  if (fault.outcome === 'killed') {
    expectNoLine(invocation);
    return;
  }
  if (lines !== 'no metrics') expectLines(invocation, lines);
  expectSummary(fault, invocation);
}

function eventFor({ event }: Pick<Faulty, 'event'>): unknown {
  const tick = `${new Date().toISOString().slice(0, 19)}Z`;
  return typeof event === 'function' ? event(tick) : { scheduledTime: tick, ...event };
}

/** A fault that is arranged, with the services around the run. */
interface Arranged {
  readonly database: TestDatabase | undefined;
  readonly faulty: Omit<Faulty, 'database' | 'world'>;
  readonly world: World;
  readonly scheduler: Scheduler;
  /** Undefined if the function reads the database itself. */
  readonly worker: FaultyWorker | undefined;
}

async function startFault(
  arrange: Arrange,
  isSplit: boolean,
  stack: AsyncDisposableStack,
): Promise<Arranged> {
  const { database, world: options = {}, ...faulty } = await arrange(stack);
  const secret = database === undefined ? {} : { secret: secretFor(database) };
  const worker = isSplit ? workerFor(faulty, stack) : undefined;
  const split = worker === undefined ? {} : { split: worker.options, secretAttempts: 3 };
  const world = stack.use(await startWorld({ ...secret, ...split, ...options }));
  const scheduler = stack.use(await startScheduler());
  return { database, faulty, world, scheduler, worker };
}

/** Prepares invocations of one tick. With a worker they run in this process if the fault allows that. */
function prepareInvocation({ faulty, world, scheduler, worker }: Arranged, timeoutMs: number) {
  const event = eventFor(faulty);
  const environment = environmentFor(faulty, world);
  const variables = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
    AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
    RETRY: JSON.stringify(RETRY),
    ...world.environment({ target: faulty.target, environment }),
  };
  const { file } = inject('bundles')['send-report'];
  const isHere = worker !== undefined && isRunnableHere(faulty, environment);
  return {
    isHere,
    invokeIn: (circumstances: Circumstances): Promise<Invocation> =>
      isHere
        ? runHere(world, event, variables, timeoutMs)
        : invoke(file, event, variables, timeoutMs, circumstances),
  };
}

/** Expects the end of each invocation, and what the run has left and sent. */
async function expectRun(
  fault: Fault,
  { database, faulty, world, scheduler, worker }: Arranged,
  invocations: readonly Invocation[],
  furtherLines: number | 'no metrics' | undefined,
): Promise<void> {
  const { memoryBytes, secrets = [], pooled = false } = faulty;
  for (const invocation of invocations) {
    expectNoSecretLogged(invocation.log, database, secrets);
    expectEnd(fault, invocation, furtherLines);
    if (memoryBytes !== undefined) {
      expect(worker?.peakBytes() ?? invocation.maxMemoryBytes).toBeLessThan(memoryBytes);
    }
  }
  expect(scheduler.schedules).toHaveLength(isRetried(fault) ? 1 : 0);
  expectArrived(fault, world);
  if (database !== undefined) await expectNothingLeft(database, pooled);
  if (worker !== undefined) expectWorkerLines(world, database, secrets);
}

/**
 * Expects of `send-report` what a fault specifies.
 *
 * @param isSplit whether a worker reaches the database
 */
export async function expectFault(fault: Fault, arrange: Arrange, isSplit = false): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const arranged = await startFault(arrange, isSplit, stack);
  const { faulty, world, scheduler } = arranged;
  const { timeoutMs = ENOUGH_MS, times = 1, furtherLines, after, kill: _, ...unharmed } = faulty;
  const { isHere, invokeIn } = prepareInvocation(arranged, timeoutMs);
  const invocations = await Promise.all(Array.from({ length: times }, () => invokeIn(faulty)));
  // Lambda would have ended a run that takes longer; its line would be missing.
  for (const { tookMs } of invocations) expect(tookMs ?? 0).toBeLessThan(scaled(timeoutMs));
  await expectRun(fault, arranged, invocations, isHere ? 'no metrics' : furtherLines);
  await after?.({ invocations, invokeAgain: () => invokeIn(unharmed), world, scheduler });
}
