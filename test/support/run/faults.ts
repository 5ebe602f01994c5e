import { expect, inject, test } from 'vitest';
import { type Circumstances, type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import { type Fault, type FaultGroup, isRetried } from '../../faults/rows/fault.ts';
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

/** Lambda's time for a run whose fault is seen without waiting for a limit. */
const ENOUGH_MS = scaled(60_000);

/** The world with the fault in it. What is not said is as it should be. */
export interface Faulty extends Circumstances {
  /** Whose sessions are looked for afterwards; also whose credentials are in the secret. */
  readonly database?: TestDatabase;
  /** A pooler is in front of it, whose sessions of the same role stay. */
  readonly pooled?: true;
  readonly world?: WorldOptions;
  readonly target?: Settings['target'];
  /** Further variables of the function. */
  readonly environment?:
    | Readonly<Record<string, string>>
    | ((world: World) => Readonly<Record<string, string>>);
  /** Beside its tick, which is now; or the whole event of a tick. */
  readonly event?: Json | ((tick: string) => unknown);
  /** The function's time limit. Of a run that waits for something that never comes, what is left of it after the reserves. */
  readonly timeoutMs?: number;
  /** How often the tick is invoked, all at once; each has to end as the row says, and there is one retry of all. */
  readonly times?: number;
  /** How many lines there are beside the summary and the metrics, for whoever debugs. */
  readonly furtherLines?: number;
  /** What must not be in the log, beside the database's names and password. */
  readonly secrets?: readonly string[];
  /** What else must be true when the run is over. */
  readonly after?: (run: FaultRun) => Promise<void> | void;
}

export interface FaultRun {
  /** One, but where the tick is invoked several times at once. */
  readonly invocations: readonly Invocation[];
  /** Invokes the same tick once more, and lets it live. */
  readonly invokeAgain: () => Promise<Invocation>;
  readonly world: World;
  readonly scheduler: Scheduler;
}

/** Makes the fault; what it starts goes onto the stack, and ends with the test. */
export type Arrange = (stack: AsyncDisposableStack) => Promise<Faulty> | Faulty;

/** A database that consents, in which nothing is wrong. */
export async function consenting(
  stack: AsyncDisposableStack,
  sql = '',
  release: HandmadeRelease = '2.28.3',
): Promise<TestDatabase> {
  const database = stack.use(await createDatabase({ release, level: 'basic', label: 'fault' }));
  if (sql !== '') await database.admin.query(sql);
  return database;
}

/** Lambda's time for a run that is to reach its limit after `runMs`: with the reserves for the log line and for a retry. */
export function timeFor(runMs: number, mostMs?: number): number {
  return scaled(runMs, mostMs) + 6_500;
}

/** The message of a fault as a pattern: `…` is a figure. */
function patternOf(message: string): RegExp {
  const parts = message.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\d.]+')}$`);
}

/** The one summary line: what it says, its level, and what the caller gets. */
function expectLine(fault: Fault, invocation: Invocation, furtherLines = 0): void {
  const { outcome, says, origin } = fault;
  const summaries = summariesOf(invocation);
  expect(summaries, 'exactly one summary line').toHaveLength(1);
  expect(metricsOf(invocation), 'exactly one line of metrics').toHaveLength(1);
  expect(linesOf(invocation), 'no other line').toHaveLength(2 + furtherLines);
  const [line] = summaries;
  expect(line).toMatchObject({ outcome, message: expect.stringMatching(patternOf(says.message)) });
  if (outcome !== 'failed') {
    expect(invocation).toMatchObject({ value: { outcome }, exitCode: 0 });
    if (says.remedy !== undefined) expect(line).toMatchObject({ remedy: says.remedy });
    return;
  }
  const retried = isRetried(fault);
  expect(line).toMatchObject({
    level: retried ? 'WARN' : 'ERROR',
    remedy: says.remedy,
    error: { code: says.code, ...(origin !== undefined && { origin }) },
  });
  if (origin === undefined) expect(line?.['error']).not.toHaveProperty('origin');
  expect(invocation).toMatchObject(
    retried ? { value: { outcome }, exitCode: 0 } : { error: { name: 'RunError' }, exitCode: 0 },
  );
}

/**
 * Nobody is logged in any more, and nothing is prepared. The server may take a moment to notice a line that was cut.
 *
 * @param pooled sessions may stay that are idle, outside any transaction
 */
async function expectNothingLeft(
  { admin, name, role }: TestDatabase,
  pooled: boolean,
): Promise<void> {
  const left = async (): Promise<unknown[]> => {
    // Where the fault is a transaction of the admin's own, it would see the sessions of its beginning.
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

function expectNothingTold(
  { log }: Invocation,
  database: TestDatabase | undefined,
  more: readonly string[],
): void {
  const names =
    database === undefined ? [] : [database.name, database.role, database.password, '"host"'];
  for (const secret of [...names, ...more]) expect(log.join('\n')).not.toContain(secret);
}

/** The process has gone before it could say anything, and Lambda counts an error. */
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
    expectNothingTold(invocation, database, faulty.secrets ?? []);
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
 * One test for each fault of a group, over the bundle that ships: the outcome, the one line, the retry, what arrived, that
 * nothing is left on the database and that nothing was told.
 */
export function testFaults<Id extends string>(
  { faults }: FaultGroup<Id>,
  arrange: Readonly<Record<Id, Arrange>>,
): void {
  const ids = Object.keys(faults) as Id[];
  test.each(ids.map((id) => [faults[id].fault, faults[id].outcome, id] as const))(
    '%s: %s',
    async (_fault, _outcome, id) => expectFault(faults[id], arrange[id]),
  );
}
