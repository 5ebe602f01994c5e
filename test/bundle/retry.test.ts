import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, listenOnFreePort } from '../../emulator/http-server.ts';
import type { Invocation } from '../../emulator/lambda/invoke.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import { startScheduler } from '../support/aws/scheduler.ts';
import { metricsOf, summariesOf } from '../support/lambda/invocations.ts';
import {
  answerUnavailable,
  createConsenting,
  eventOf,
  expectNoRetry,
  expectRetry,
  HOUR_MS,
  hoursAfter,
  inSeconds,
  invokeWithRetries,
  RETRY,
  startFailing,
  tickNow,
  timeOf,
} from '../support/lambda/retries.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { timeFor } from '../support/run/faults.ts';
import { FUNCTION_ARN, secretFor } from '../support/run/world.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createConsenting();
});
afterAll(() => database[Symbol.asyncDispose]());

describe('a failed run', () => {
  test('creates one one-time schedule, returns, and writes one line', async () => {
    await using world = await startFailing(database);
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const invocation = await invokeWithRetries(world, scheduler, { event: { scheduledTime } });

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
    await using world = await startFailing(database);
    await using scheduler = await startScheduler();
    const { deadLetterQueueArn: _, ...retry } = RETRY;

    await invokeWithRetries(world, scheduler, {
      event: { scheduledTime: tickNow() },
      environment: { RETRY: JSON.stringify(retry) },
    });

    expect(scheduler.schedules).toHaveLength(1);
    expect(scheduler.schedules[0]?.body['Target']).not.toHaveProperty('DeadLetterConfig');
  });

  test('is retried in the next minute if the time of its retry has passed', async () => {
    await using world = await startFailing(database);
    await using scheduler = await startScheduler();
    const before = Date.now();

    await invokeWithRetries(world, scheduler, {
      event: { scheduledTime: inSeconds(before - 2 * HOUR_MS), attempt: 0 },
    });

    const at = Date.parse(timeOf(scheduler.schedules[0]));
    expect(at).toBeGreaterThanOrEqual(before + 60_000);
    expect(at).toBeLessThanOrEqual(Date.now() + 61_000);
  });

  test('uses the default settings of the job if the database could not be read', async () => {
    const port = await freePort();
    await using world = await startFailing(database, { secret: secretFor(database, { port }) });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const fifth = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime, attempt: 5 },
    });
    const last = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime, attempt: 6 },
    });

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
    await using world = await startFailing(database, { secret: secretFor(database, { port }) });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const invocation = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime },
      timeoutMs: timeFor(1_000),
    });
    silent.close();

    expectRetry(invocation, { attempt: 1, at: hoursAfter(scheduledTime, 1) }, 'TIME_LIMIT');
  });
});

describe.concurrent('the number of retries follows the job:', () => {
  test.each([
    [0, 0, 'no retry', undefined],
    [3, 2, 'attempt 3', 3],
    [3, 3, 'no retry', undefined],
    [-1, 5, 'attempt 6', 6],
    // A retry 28 hours after the tick would be later than the next tick.
    [-1, 6, 'no retry', undefined],
  ])('with max_retries %i, attempt %i has %s', async (maxRetries, attempt, _what, next) => {
    await using own = await createConsenting(
      `update _timescaledb_catalog.bgw_job set max_retries = ${maxRetries}`,
    );
    await using world = await startFailing(own);
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    const invocation = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime, attempt },
    });

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
    await using own = await createConsenting(
      `update _timescaledb_catalog.bgw_job set schedule_interval = '7 days', initial_start = '${scheduledTime}'`,
    );
    await using world = await startFailing(own);
    await using scheduler = await startScheduler();

    const invocation = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime, attempt: 6 },
    });

    expectRetry(invocation, { attempt: 7, at: hoursAfter(scheduledTime, 28) });
  });
});

describe('a chain of retries', () => {
  test('ends with the attempt that sends', async () => {
    let requests = 0;
    await using world = await startFailing(database, {
      answer(response) {
        requests += 1;
        return requests <= 3 ? answerUnavailable(response) : answerWithVersion('2.30.1')(response);
      },
    });
    await using scheduler = await startScheduler();
    const scheduledTime = tickNow();

    let event: unknown = { scheduledTime };
    for (const [index, hours] of [1, 3, 6].entries()) {
      const invocation = await invokeWithRetries(world, scheduler, { event });
      expectRetry(invocation, { attempt: index + 1, at: hoursAfter(scheduledTime, hours) });
      event = eventOf(scheduler.schedules[index]);
    }
    const last = await invokeWithRetries(world, scheduler, { event });

    expect(event).toEqual({ scheduledTime, attempt: 3 });
    expect(last).toMatchObject({ value: { outcome: 'sent', scheduledTime, attempt: 3 } });
    expect(metricsOf(last)).toMatchObject([{ Sent: 1, Failed: 0, FinalFailures: 0 }]);
    expect(world.endpoint.reports).toHaveLength(4);
    expect(scheduler.requests).toHaveLength(3);
    expect(new Set(scheduler.schedules.map(({ name }) => name)).size).toBe(3);
  });

  test('ends when consent is withdrawn', async () => {
    await using own = await createConsenting();
    await using world = await startFailing(own);
    await using scheduler = await startScheduler();
    await invokeWithRetries(world, scheduler, { event: { scheduledTime: tickNow() } });
    await own.admin.query(`alter database ${own.name} set timescaledb.telemetry_level = 'off'`);

    const retried = await invokeWithRetries(world, scheduler, {
      event: eventOf(scheduler.schedules[0]),
    });

    expect(retried).toMatchObject({
      value: { outcome: 'skipped', attempt: 1, consent: { rule: 'level-off' } },
    });
    expect(world.endpoint.connections()).toBe(1);
    expect(scheduler.requests).toHaveLength(1);
  });
});

test('creates one schedule for a tick that is invoked three times, two of them simultaneously', async () => {
  await using world = await startFailing(database);
  await using scheduler = await startScheduler();
  const scheduledTime = tickNow();
  const event = { scheduledTime, attempt: 1 };
  const once = (): Promise<Invocation> => invokeWithRetries(world, scheduler, { event });

  const invocations = [...(await Promise.all([once(), once()])), await once()];

  for (const invocation of invocations) {
    expectRetry(invocation, { attempt: 2, at: hoursAfter(scheduledTime, 3) });
  }
  expect(scheduler.requests).toHaveLength(3);
  expect(scheduler.schedules.map(eventOf)).toEqual([{ scheduledTime, attempt: 2 }]);
});
