import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { startScheduler } from '../support/aws/scheduler.ts';
import { summariesOf } from '../support/lambda/invocations.ts';
import {
  createConsenting,
  expectNoRetry,
  invokeWithRetries,
  RETRY,
  startFailing,
  tickNow,
} from '../support/lambda/retries.ts';
import { invokeWarm } from '../support/lambda/warm.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secretFor, startWorld } from '../support/run/world.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createConsenting();
});
afterAll(() => database[Symbol.asyncDispose]());

describe('the bundle of send-report', () => {
  /** Copies the files of the bundle, except the one whose name begins with `start`. */
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
    await using bad = await startFailing(database);
    await using scheduler = await startScheduler();
    const parts = { event: { scheduledTime: tickNow() }, bundleFile };

    expect(await invokeWithRetries(good, scheduler, parts)).toMatchObject({
      value: { outcome: 'sent' },
    });
    const failed = await invokeWithRetries(bad, scheduler, parts);
    expectNoRetry(failed);
    expect(summariesOf(failed)).toMatchObject([
      { warnings: [expect.stringContaining('RETRY_NOT_SCHEDULED, ERR_MODULE_NOT_FOUND')] },
    ]);
    expect(scheduler.connections()).toBe(0);
  });

  test('loads the calendar only for an interval with months, or with days in a time zone', async () => {
    const bundleFile = await bundleWithout('calendar-');
    await using monthly = await createConsenting(
      `update _timescaledb_catalog.bgw_job set schedule_interval = '1 month'`,
    );
    await using daily = await startWorld({ secret: secretFor(database) });
    await using world = await startWorld({ secret: secretFor(monthly) });
    await using scheduler = await startScheduler();
    const parts = { event: { scheduledTime: tickNow() }, bundleFile };

    expect(await invokeWithRetries(daily, scheduler, parts)).toMatchObject({
      value: { outcome: 'sent' },
    });
    expectNoRetry(await invokeWithRetries(world, scheduler, parts), 'INTERNAL');
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
