import { describe, expect, inject, test } from 'vitest';
import { type Circumstances, type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import { type Fault, type FaultGroup, isRetried, warningText } from '../../faults/rows/fault.ts';
import { type Scheduler, startScheduler } from '../aws/scheduler.ts';
import { linesOf, metricsOf, summariesOf } from '../lambda/invocations.ts';
import { createDatabase, type TestDatabase } from '../postgres/databases.ts';
import type { HandmadeRelease } from '../timescaledb/catalogs.ts';
import type { Json } from '../timescaledb/reports.ts';
import { scaled } from '../vitest/time-limits.ts';
import { type Settings, secretFor, startWorld, type World, type WorldOptions } from './world.ts';

const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
};

/** Lambda's timeout for a fault that does not wait for a limit. */
const ENOUGH_MS = scaled(60_000);

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
  return scaled(runMs, mostMs) + 6_500;
}

/** Returns the message of a fault as a pattern: `…` stands for a number. */
function patternOf(message: string): RegExp {
  const parts = message.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\d.]+')}$`);
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

/**
 * Expects no session and no prepared transaction. The server may notice a closed connection after a moment.
 *
 * @param pooled allows idle sessions outside any transaction
 */
async function expectNothingLeft(
  { admin, name, role }: TestDatabase,
  pooled: boolean,
): Promise<void> {
  const left = async (): Promise<unknown[]> => {
    // A transaction of the admin, which some faults hold open, keeps the statistics of its first query.
    await admin.query('select pg_stat_clear_snapshot()');
    const { rows } = await admin.query(
      `select 'session' as what from pg_stat_activity where usename = $1 and not ($3 and state = 'idle')
       union all select 'prepared transaction' from pg_prepared_xacts where database = $2`,
      [role, name, pooled],
    );
    return rows;
  };
  await expect.poll(left).toEqual([]);
}

function expectNoSecretLogged(
  { log }: Invocation,
  database: TestDatabase | undefined,
  more: readonly string[],
): void {
  const names =
    database === undefined ? [] : [database.name, database.role, database.password, '"host"'];
  for (const secret of [...names, ...more]) expect(log.join('\n')).not.toContain(secret);
}

/** Expects no summary line from a process that was killed, and an error that Lambda counts. */
function expectNoLine({ log, ...result }: Invocation): void {
  expect(log.filter((line) => line.includes('"outcome"'))).toEqual([]);
  expect(result).toMatchObject({ error: { name: 'Runtime.ExitError' } });
  expect(result.exitCode).not.toBe(0);
}

function expectArrived(
  { outcome, arrive = outcome === 'sent' ? 1 : 0, touchesEndpoint }: Fault,
  { endpoint }: World,
): void {
  expect(endpoint.reports).toHaveLength(arrive);
  if (arrive === 0 && touchesEndpoint !== true) expect(endpoint.connections()).toBe(0);
}

function eventFor({ event }: Pick<Faulty, 'event'>): unknown {
  const tick = `${new Date().toISOString().slice(0, 19)}Z`;
  return typeof event === 'function' ? event(tick) : { scheduledTime: tick, ...event };
}

function environmentFor({ environment }: Pick<Faulty, 'environment'>, world: World) {
  return typeof environment === 'function' ? environment(world) : environment;
}

async function expectFault(fault: Fault, arrange: Arrange, common: Faulty): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { database, world: options = {}, ...faulty } = { ...common, ...(await arrange(stack)) };
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
    expectNoSecretLogged(invocation, database, faulty.secrets ?? []);
    if (fault.outcome === 'killed') expectNoLine(invocation);
    else expectLine(fault, invocation, faulty.furtherLines);
    // Lambda would have ended a run that takes longer; its line would be missing.
    expect(invocation.tookMs ?? 0).toBeLessThan(scaled(timeoutMs));
  }
  expect(scheduler.schedules).toHaveLength(isRetried(fault) ? 1 : 0);
  expectArrived(fault, world);
  if (database !== undefined) await expectNothingLeft(database, faulty.pooled === true);
  const { kill: _, ...unharmed } = faulty;
  await faulty.after?.({ invocations, invokeAgain: () => invokeIn(unharmed), world, scheduler });
}

/**
 * Defines a test for each fault of a group. It invokes the bundle and checks the outcome, the line, the retry, the reports
 * that arrived, that no session remains on the database, and that the log contains no secret.
 *
 * @param common returns the parts that the faults have in common; a fault may replace them
 */
export function testFaults<Id extends string>(
  { title, faults }: FaultGroup<Id>,
  arrange: Readonly<Record<Id, Arrange>>,
  common: () => Faulty = () => ({}),
): void {
  const ids = Object.keys(faults) as Id[];
  describe(title, () => {
    test.each(ids.map((id) => [faults[id].fault, faults[id].outcome, id] as const))(
      '%s: the run ends as %s',
      async (_fault, _outcome, id) => expectFault(faults[id], arrange[id], common()),
    );
  });
}
