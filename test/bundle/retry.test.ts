import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort, listenOnFreePort } from '../../emulator/http-server.ts';
import { type Invocation, invoke } from '../../emulator/lambda/invoke.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import { type ScheduleRequest, type Scheduler, startScheduler } from '../support/aws/scheduler.ts';
import { linesOf, metricsOf, summariesOf } from '../support/lambda/invocations.ts';
import { invokeWarm } from '../support/lambda/warm.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { timeFor } from '../support/run/faults.ts';
import {
  FUNCTION_ARN,
  type Settings,
  secretFor,
  startWorld,
  type World,
  type WorldOptions,
} from '../support/run/world.ts';
import type { Json } from '../support/timescaledb/reports.ts';
import { scaled } from '../support/vitest/time-limits.ts';

const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
  deadLetterQueueArn: 'arn:aws:sqs:us-east-1:000000000000:dlq',
};
const HOUR_MS = 3_600_000;

/** As the extension comes: a telemetry job every 24 h, retries without limit, after 1 h and longer each time. */
let database: TestDatabase;

async function consenting(sql = ''): Promise<TestDatabase> {
  const one = await createDatabase({ release: '2.28.3', level: 'basic' });
  if (sql !== '') await one.admin.query(sql);
  return one;
}

beforeAll(async () => {
  database = await consenting();
});

afterAll(() => database[Symbol.asyncDispose]());

/** What a run ends with that can be tried again. */
const UNAVAILABLE: NonNullable<WorldOptions['answer']> = (response) => {
  response.writeHead(503).end();
};

function failing(options: WorldOptions = {}): Promise<World> {
  return startWorld({ secret: secretFor(database), answer: UNAVAILABLE, ...options });
}

type Parts = Settings & {
  readonly timeoutMs?: number;
  readonly bundleFile?: string;
};

/** Runs the file that ships, in a process with Lambda's environment and with retries set up. */
function invokeIn(
  world: World,
  scheduler: Scheduler,
  {
    event,
    timeoutMs,
    bundleFile = inject('bundles')['send-report'].file,
    environment = {},
    ...settings
  }: Parts,
): Promise<Invocation> {
  return invoke(
    bundleFile,
    event,
    {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
      ...world.environment({
        ...settings,
        environment: { RETRY: JSON.stringify(RETRY), ...environment },
      }),
    },
    timeoutMs,
  );
}

/** In whole seconds, as the service sends it and the schedule of a retry has it. */
function inSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * The time of a tick that has fired just now. The bundle looks at the real clock, and a retry whose time has passed would be
 * moved into the next minute.
 */
function tickNow(): string {
  return inSeconds(Date.now());
}

function hoursAfter(tick: string, hours: number): string {
  return inSeconds(Date.parse(tick) + hours * HOUR_MS);
}

/** The event that a schedule would invoke the function with. */
function eventOf(schedule: ScheduleRequest | undefined): unknown {
  const target = schedule?.body['Target'] as { readonly Input: string } | undefined;
  return JSON.parse(target?.Input ?? 'null');
}

/** When a schedule would do so. */
function timeOf(schedule: ScheduleRequest | undefined): string {
  const [, time] = /^at\((.*)\)$/.exec(String(schedule?.body['ScheduleExpression'])) ?? [];
  return `${time}Z`;
}

/** The function has returned; the one line is a warning, and says when it is tried again. */
function expectRetry(invocation: Invocation, retry: Json, code = 'ENDPOINT_UNAVAILABLE'): void {
  const outcome = { outcome: 'failed', error: { code, retryable: true }, retry };
  expect(invocation).toMatchObject({ value: outcome, exitCode: 0 });
  expect(summariesOf(invocation)).toMatchObject([{ level: 'WARN', ...outcome }]);
  expect(metricsOf(invocation)).toMatchObject([{ Failed: 1, FinalFailures: 0, Sent: 0 }]);
  expect(linesOf(invocation)).toHaveLength(2);
}

/** The function has thrown, for good; the one line is an error. */
function expectNoRetry(invocation: Invocation, code = 'ENDPOINT_UNAVAILABLE'): void {
  expect(invocation).toMatchObject({ error: { name: 'RunError' }, exitCode: 0 });
  const [summary, ...others] = summariesOf(invocation);
  expect(summary).toMatchObject({ level: 'ERROR', outcome: 'failed', error: { code } });
  expect(summary).not.toHaveProperty('retry');
  expect(others).toEqual([]);
  expect(metricsOf(invocation)).toMatchObject([{ Failed: 1, FinalFailures: 1, Sent: 0 }]);
  expect(linesOf(invocation)).toHaveLength(2);
}

describe('a failed run', () => {
  test('creates one one-time schedule, returns, and writes one line', async () => {
    await using world = await failing();
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime } });

    const at = hoursAfter(scheduledTime, 1);
    expectRetry(invocation, { attempt: 1, at });
    expect(summariesOf(invocation)).toMatchObject([
      { environment: 'test', database: 'metrics', scheduledTime, receipt: { status: 503 } },
    ]);
    const name = expect.stringMatching(
      new RegExp(`^[0-9a-f]{24}-${scheduledTime.replaceAll(/[-:]|Z/g, '')}000Z-1$`),
    );
    expect(scheduler.requests).toStrictEqual([
      {
        name,
        body: {
          ClientToken: scheduler.requests[0]?.name,
          GroupName: 'telemetry',
          Description: 'A retry of timescaledb-telemetry; it deletes itself.',
          ScheduleExpression: `at(${at.replace('Z', '')})`,
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: FUNCTION_ARN,
            RoleArn: RETRY.roleArn,
            Input: JSON.stringify({ scheduledTime, attempt: 1 }),
            RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3_600 },
            DeadLetterConfig: { Arn: RETRY.deadLetterQueueArn },
          },
        },
      },
    ]);
  });

  test('works without a dead-letter queue', async () => {
    await using world = await failing();
    await using scheduler = await startScheduler();
    const { deadLetterQueueArn: _, ...retry } = RETRY;

    await invokeIn(world, scheduler, {
      event: { scheduledTime: tickNow() },
      environment: { RETRY: JSON.stringify(retry) },
    });

    expect(scheduler.schedules).toHaveLength(1);
    expect(scheduler.schedules[0]?.body['Target']).not.toHaveProperty('DeadLetterConfig');
  });

  test('is retried in the next minute if the time of its retry has passed', async () => {
    await using world = await failing();
    await using scheduler = await startScheduler();
    const before = Date.now();

    await invokeIn(world, scheduler, {
      event: { scheduledTime: inSeconds(before - 2 * HOUR_MS), attempt: 0 },
    });

    const at = Date.parse(timeOf(scheduler.schedules[0]));
    expect(at).toBeGreaterThanOrEqual(before + 60_000);
    expect(at).toBeLessThanOrEqual(Date.now() + 61_000);
  });

  test('uses the default settings of the job if the database could not be read', async () => {
    const port = await freePort();
    await using world = await failing({ secret: secretFor(database, { port }) });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const fifth = await invokeIn(world, scheduler, { event: { scheduledTime, attempt: 5 } });
    const last = await invokeIn(world, scheduler, { event: { scheduledTime, attempt: 6 } });

    const at = hoursAfter(scheduledTime, 21);
    expectRetry(fifth, { attempt: 6, at }, 'DATABASE_UNREACHABLE');
    expectNoRetry(last, 'DATABASE_UNREACHABLE');
    expect(scheduler.schedules.map(timeOf)).toEqual([at]);
    expect(world.endpoint.connections()).toBe(0);
  });

  test('has time to schedule its retry after its limit', async () => {
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
    });
    const port = await listenOnFreePort(silent);
    await using world = await failing({ secret: secretFor(database, { port }) });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const invocation = await invokeIn(world, scheduler, {
      event: { scheduledTime },
      timeoutMs: timeFor(1_000),
    });
    silent.close();

    expectRetry(invocation, { attempt: 1, at: hoursAfter(scheduledTime, 1) }, 'TIME_LIMIT');
  });
});

describe.concurrent('as often as the job says', () => {
  test.each([
    [0, 0, undefined],
    [3, 2, 3],
    [3, 3, undefined],
    [-1, 5, 6],
    // 28 hours after the tick there has been the next one.
    [-1, 6, undefined],
  ])('with max_retries %i, attempt %i is followed by %s', async (maxRetries, attempt, next) => {
    await using own = await consenting(
      `update _timescaledb_catalog.bgw_job set max_retries = ${maxRetries}`,
    );
    await using world = await failing({ secret: secretFor(own) });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime, attempt } });

    if (next === undefined) {
      expectNoRetry(invocation);
      expect(scheduler.connections()).toBe(0);
      return;
    }
    expectRetry(invocation, {
      attempt: next,
      at: hoursAfter(scheduledTime, next === 3 ? 6 : 21),
    });
    expect(scheduler.schedules.map(eventOf)).toEqual([{ scheduledTime, attempt: next }]);
  });

  test('retries a weekly job past the next tick, which is not due', async () => {
    const scheduledTime = tickNow();
    await using own = await consenting(
      `update _timescaledb_catalog.bgw_job set schedule_interval = '7 days', initial_start = '${scheduledTime}'`,
    );
    await using world = await failing({ secret: secretFor(own) });
    await using scheduler = await startScheduler();

    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime, attempt: 6 } });

    expectRetry(invocation, { attempt: 7, at: hoursAfter(scheduledTime, 28) });
  });
});

describe('a chain of retries', () => {
  test('ends with the attempt that sends', async () => {
    let requests = 0;
    await using world = await failing({
      answer(response) {
        requests += 1;
        return requests <= 3 ? UNAVAILABLE(response) : answerWithVersion('2.30.1')(response);
      },
    });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    let event: unknown = { scheduledTime };
    for (const [index, hours] of [1, 3, 6].entries()) {
      const invocation = await invokeIn(world, scheduler, { event });
      expectRetry(invocation, { attempt: index + 1, at: hoursAfter(scheduledTime, hours) });
      event = eventOf(scheduler.schedules[index]);
    }
    const last = await invokeIn(world, scheduler, { event });

    expect(event).toEqual({ scheduledTime, attempt: 3 });
    expect(last).toMatchObject({ value: { outcome: 'sent', scheduledTime, attempt: 3 } });
    expect(metricsOf(last)).toMatchObject([{ Sent: 1, Failed: 0, FinalFailures: 0 }]);
    expect(world.endpoint.reports).toHaveLength(4);
    expect(scheduler.requests).toHaveLength(3);
    expect(new Set(scheduler.schedules.map(({ name }) => name)).size).toBe(3);
  });

  test('ends when consent is withdrawn', async () => {
    await using own = await consenting();
    await using world = await failing({ secret: secretFor(own) });
    await using scheduler = await startScheduler();
    await invokeIn(world, scheduler, { event: { scheduledTime: tickNow() } });
    await own.admin.query(`alter database ${own.name} set timescaledb.telemetry_level = 'off'`);

    const retried = await invokeIn(world, scheduler, { event: eventOf(scheduler.schedules[0]) });

    expect(retried).toMatchObject({
      value: { outcome: 'skipped', attempt: 1, consent: { rule: 'level-off' } },
    });
    expect(world.endpoint.connections()).toBe(1);
    expect(scheduler.requests).toHaveLength(1);
  });
});

test('creates one schedule for a tick that is invoked three times, twice at once', async () => {
  await using world = await failing();
  await using scheduler = await startScheduler();
  const scheduledTime = tickNow();
  const event = { scheduledTime, attempt: 1 };
  const once = (): Promise<Invocation> => invokeIn(world, scheduler, { event });

  const invocations = [...(await Promise.all([once(), once()])), await once()];

  for (const invocation of invocations) {
    expectRetry(invocation, { attempt: 2, at: hoursAfter(scheduledTime, 3) });
  }
  expect(scheduler.requests).toHaveLength(3);
  expect(scheduler.schedules.map(eventOf)).toEqual([{ scheduledTime, attempt: 2 }]);
});

describe('where the retry cannot be scheduled', () => {
  /** The run's own error is what counts, and the line has a warning beside it. */
  function expectWarning(invocation: Invocation, origin: string): void {
    expectNoRetry(invocation);
    expect(invocation).toMatchObject({
      error: { message: expect.stringContaining('unexpected HTTP response status: 503') },
    });
    expect(summariesOf(invocation)).toMatchObject([
      {
        error: { code: 'ENDPOINT_UNAVAILABLE', origin: '503' },
        warnings: [expect.stringContaining(`(RETRY_NOT_SCHEDULED, ${origin})`)],
      },
    ]);
  }

  test('throws the first error with a warning if permission is missing', async () => {
    await using world = await failing();
    await using scheduler = await startScheduler('denies');
    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime: tickNow() } });
    expectWarning(invocation, 'AccessDeniedException');
    expect(scheduler.requests).toHaveLength(1);
  });

  test('ends in one line if the service does not answer', async () => {
    await using world = await failing();
    await using scheduler = await startScheduler('hangs');
    const startedAt = performance.now();
    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime: tickNow() } });
    expectWarning(invocation, 'ETIMEDOUT');
    expect(performance.now() - startedAt).toBeLessThan(scaled(12_000));
  });

  test('reports the retry if only the answer was lost', async () => {
    await using world = await failing();
    await using scheduler = await startScheduler('stumbles');
    const scheduledTime = tickNow();
    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime } });
    expectRetry(invocation, { attempt: 1, at: hoursAfter(scheduledTime, 1) });
    expect(scheduler.requests).toHaveLength(2);
    expect(scheduler.schedules).toHaveLength(1);
  });
});

describe.concurrent('nothing is scheduled, and the service not even asked,', () => {
  test.each<[string, Parts]>([
    ['for a run by hand', { event: {} }],
    ['for a run by hand that ignores the schedule', { event: { ignoreSchedule: true } }],
    [
      'for a tick that a person has invoked again',
      { event: { scheduledTime: tickNow(), ignoreSchedule: true } },
    ],
    [
      'where retries are not set up',
      { event: { scheduledTime: tickNow() }, environment: { RETRY: '' } },
    ],
  ])('%s', async (_what, parts) => {
    await using world = await failing();
    await using scheduler = await startScheduler();
    expectNoRetry(await invokeIn(world, scheduler, parts));
    expect(scheduler.connections()).toBe(0);
  });

  test('for an error that would only come again', async () => {
    await using world = await failing({ secret: secretFor(database, { password: 'wrong' }) });
    await using scheduler = await startScheduler();
    const invocation = await invokeIn(world, scheduler, { event: { scheduledTime: tickNow() } });
    expectNoRetry(invocation, 'DATABASE_AUTHENTICATION');
    expect(summariesOf(invocation)).toMatchObject([{ error: { origin: '28P01' } }]);
    expect(scheduler.connections()).toBe(0);
  });
});

describe('code that is rarely needed', () => {
  /** The bundle's files in a folder of their own, without one of them. */
  async function bundleWithout(start: string) {
    const folder = await mkdtemp(join(inject('folder'), 'without-'));
    await cp(dirname(inject('bundles')['send-report'].file), folder, { recursive: true });
    const files = (await readdir(folder)).filter((file) => file.startsWith(start));
    expect(files).toHaveLength(1);
    for (const file of files) await rm(join(folder, file));
    return join(folder, 'index.mjs');
  }

  test('loads the client of EventBridge Scheduler only after a failure', async () => {
    const bundleFile = await bundleWithout('scheduler.');
    await using good = await startWorld({ secret: secretFor(database) });
    await using bad = await failing();
    await using scheduler = await startScheduler();
    const parts = { event: { scheduledTime: tickNow() }, bundleFile };

    expect(await invokeIn(good, scheduler, parts)).toMatchObject({ value: { outcome: 'sent' } });
    const failed = await invokeIn(bad, scheduler, parts);
    expectNoRetry(failed);
    expect(summariesOf(failed)).toMatchObject([
      { warnings: [expect.stringContaining('RETRY_NOT_SCHEDULED, ERR_MODULE_NOT_FOUND')] },
    ]);
    expect(scheduler.connections()).toBe(0);
  });

  test('loads the calendar only for an interval with months, or with days in a time zone', async () => {
    const bundleFile = await bundleWithout('calendar-');
    await using monthly = await consenting(
      `update _timescaledb_catalog.bgw_job set schedule_interval = '1 month'`,
    );
    await using daily = await startWorld({ secret: secretFor(database) });
    await using world = await startWorld({ secret: secretFor(monthly) });
    await using scheduler = await startScheduler();
    const parts = { event: { scheduledTime: tickNow() }, bundleFile };

    expect(await invokeIn(daily, scheduler, parts)).toMatchObject({ value: { outcome: 'sent' } });
    expectNoRetry(await invokeIn(world, scheduler, parts), 'INTERNAL');
  });
});

test('opens a new connection to the scheduler for each retry of a warm function', async () => {
  await using scheduler = await startScheduler();
  await using world = await startWorld({
    secret: secretFor(database, { port: await freePort() }),
  });

  const results = await invokeWarm(
    inject('bundles')['send-report'].file,
    [0, 60_000].map((ms) => ({ scheduledTime: new Date(Date.now() - ms).toISOString() })),
    {
      ...world.environment(),
      RETRY: JSON.stringify(RETRY),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
    },
  );

  expect(results).toEqual([{}, {}]);
  expect(scheduler.schedules).toHaveLength(2);
  expect(scheduler.connections()).toBe(2);
});
