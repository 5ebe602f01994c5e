import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Invocation } from '../../emulator/lambda/invoke.ts';
import { startScheduler } from '../support/aws/scheduler.ts';
import { summariesOf } from '../support/lambda/invocations.ts';
import {
  createConsenting,
  expectNoRetry,
  expectRetry,
  hoursAfter,
  invokeWithRetries,
  type RetryParts,
  startFailing,
  tickNow,
} from '../support/lambda/retries.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secretFor } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createConsenting();
});
afterAll(() => database[Symbol.asyncDispose]());

describe('a run whose retry cannot be scheduled', () => {
  /** Expects the run's own error, with a warning about the retry. */
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
    await using world = await startFailing(database);
    await using scheduler = await startScheduler('denies');
    const invocation = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime: tickNow() },
    });
    expectWarning(invocation, 'AccessDeniedException');
    expect(scheduler.requests).toHaveLength(1);
  });

  test('writes one line if the service does not answer', async () => {
    await using world = await startFailing(database);
    await using scheduler = await startScheduler('hangs');
    const startedAt = performance.now();
    const invocation = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime: tickNow() },
    });
    expectWarning(invocation, 'ETIMEDOUT');
    expect(performance.now() - startedAt).toBeLessThan(scaled(12_000));
  });

  test('reports the retry if only the answer was lost', async () => {
    await using world = await startFailing(database);
    await using scheduler = await startScheduler('stumbles');
    const scheduledTime = tickNow();
    const invocation = await invokeWithRetries(world, scheduler, { event: { scheduledTime } });
    expectRetry(invocation, { attempt: 1, at: hoursAfter(scheduledTime, 1) });
    expect(scheduler.requests).toHaveLength(2);
    expect(scheduler.schedules).toHaveLength(1);
  });
});

describe.concurrent('opens no connection to EventBridge Scheduler', () => {
  test.each<[string, RetryParts]>([
    ['for a run by hand', { event: {} }],
    ['for a run by hand that ignores the schedule', { event: { ignoreSchedule: true } }],
    [
      'for a tick that is invoked again by hand',
      { event: { scheduledTime: tickNow(), ignoreSchedule: true } },
    ],
    ['if RETRY is not set', { event: { scheduledTime: tickNow() }, environment: { RETRY: '' } }],
  ])('%s', async (_what, parts) => {
    await using world = await startFailing(database);
    await using scheduler = await startScheduler();
    expectNoRetry(await invokeWithRetries(world, scheduler, parts));
    expect(scheduler.connections()).toBe(0);
  });

  test('for an error that is not retryable', async () => {
    await using world = await startFailing(database, {
      secret: secretFor(database, { password: 'wrong' }),
    });
    await using scheduler = await startScheduler();
    const invocation = await invokeWithRetries(world, scheduler, {
      event: { scheduledTime: tickNow() },
    });
    expectNoRetry(invocation, 'DATABASE_AUTHENTICATION');
    expect(summariesOf(invocation)).toMatchObject([{ error: { origin: '28P01' } }]);
    expect(scheduler.connections()).toBe(0);
  });
});
