import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { secretFor, startWorld, type World } from '../../support/run/world.ts';
import { jobSchema } from '../../support/timescaledb/catalogs.ts';
import { scaled } from '../../support/vitest/time-limits.ts';
import { createDatabaseWithJob } from './database-with-job.ts';

function worldOf(database: TestDatabase): Promise<World> {
  return startWorld({ secret: secretFor(database) });
}

test.each(['0.12.1', '1.3.2', '1.7.5', '2.0.2', '2.8.1', '2.28.3'] as const)(
  'counts the weeks of a job of %s without an initial start from the installation',
  async (release) => {
    // The extension was installed on Friday, 2024-02-02 22:35:06.789 UTC.
    await using database = await createDatabaseWithJob(`schedule_interval = '7 days'`, release);
    await using world = await worldOf(database);
    const at = async (scheduledTime: string) =>
      (await world.run({ event: { scheduledTime } })).outcome;
    expect(await at('2026-11-27T22:35:06.788Z')).toMatchObject({
      outcome: 'skipped',
      nextDue: '2026-11-27T22:35:06.789Z',
    });
    expect(await at('2026-11-27T22:35:06.789Z')).toMatchObject({
      outcome: 'sent',
      nextDue: '2026-12-04T22:35:06.789Z',
    });
  },
);

test("reads every part of a job's intervals, and its time zone", async () => {
  await using database = await createDatabaseWithJob(`initial_start = '2026-10-01 20:00+00'`);
  const { admin } = database;
  const part = (max: number) => fc.oneof(fc.constant(0), fc.integer({ min: -max, max }));
  await fc.assert(
    fc.asyncProperty(
      part(1_200),
      part(100_000),
      part(10 ** 14),
      fc.constantFrom(null, 'Europe/Berlin'),
      async (months, days, microseconds, timezone) => {
        const text = `${months} months ${days} days ${microseconds} microseconds`;
        await admin.query(
          `update ${jobSchema('2.28.3')}.bgw_job set schedule_interval = $1, retry_period = $1, max_runtime = $1, timezone = $2`,
          [text, timezone],
        );
        const { jobs } = await snapshotOf(await loginTo(database), readFacts);
        const interval = { months, days, microseconds };
        expect(jobs).toMatchObject([
          {
            scheduleInterval: interval,
            retryPeriod: interval,
            maxRuntime: interval,
            timezone,
            initialStart: '2026-10-01T20:00:00+00:00',
          },
        ]);
      },
    ),
    { numRuns: 20 },
  );
});

test("counts months in the job's time zone", async () => {
  await using database = await createDatabaseWithJob(
    `schedule_interval = '1 month', initial_start = '2026-01-31 23:30+01', timezone = 'Europe/Berlin'`,
  );
  await using world = await worldOf(database);
  const { outcome } = await world.run({ event: { scheduledTime: '2026-04-30T21:00:00Z' } });
  expect(outcome).toMatchObject({
    outcome: 'skipped',
    message:
      'The telemetry job is not due: it runs every 1 month, next at 2026-04-30T21:30:00.000Z.',
  });
});

test('notes an interval shorter than a tick and an unknown time zone without a warning', async () => {
  await using database = await createDatabaseWithJob(
    `schedule_interval = '1 day -20 hours', timezone = 'Mars/Olympus'`,
  );
  await using world = await worldOf(database);
  const { outcome } = await world.run({ target: { tickHours: 12 } });
  expect(outcome).toMatchObject({
    outcome: 'sent',
    notes: [
      'The time zone of the telemetry job is unknown, so its days and months are those of UTC.',
      'The telemetry job is due every 1 day -20 hours, and the schedule fires every 12 hours with one report each time; set tickHours to 4 in this target for more reports.',
    ],
  });
  expect(outcome.warnings).toBeUndefined();
});

test('obeys the longest interval of two telemetry jobs', async () => {
  await using database = await createDatabaseWithJob(`schedule_interval = '1 day'`);
  await database.admin.query(`
    insert into _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period,
        proc_schema, proc_name, initial_start)
      values (1000, 'another', '7 days', '0', -1, '1h', '_timescaledb_functions', 'policy_telemetry', '2026-11-01 05:06:00+00')`);
  await using world = await worldOf(database);
  const at = async (scheduledTime: string) =>
    (await world.run({ event: { scheduledTime } })).outcome.outcome;
  expect(await at('2026-11-28T06:00:00Z')).toBe('skipped');
  expect(await at('2026-11-29T06:00:00Z')).toBe('sent');
});

describe('max_runtime', () => {
  /** Starts a world whose endpoint receives the report and never answers. */
  const startUnresponsive = (database: TestDatabase) =>
    startWorld({
      secret: secretFor(database),
      answer: () => delay(60_000, undefined, { ref: false }),
    });

  /** Matches the message of a run that exceeds this limit in its last phase. */
  const endInDelivery = (limitMs: number): RegExp => {
    const seconds = (limitMs / 1_000).toFixed(1).replace('.', '\\.');
    return new RegExp(
      `^The phase "delivery" exceeded its time limit of .*; the limit of the run is ${seconds} s\\.$`,
    );
  };

  test('ends a longer run', async () => {
    const maxRuntimeMs = scaled(1_000);
    await using database = await createDatabaseWithJob(
      `max_runtime = '${maxRuntimeMs} milliseconds'`,
    );
    await using world = await startUnresponsive(database);
    const { outcome } = await world.run({ limitMs: scaled(60_000) });
    expect(outcome).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(endInDelivery(maxRuntimeMs)),
      error: { code: 'TIME_LIMIT', retryable: true },
    });
    expect(outcome.durationMs.total).toBeGreaterThanOrEqual(0.9 * maxRuntimeMs);
    expect(outcome.durationMs.total).toBeLessThan(scaled(5_000));
  });

  test('also ends the statement on the server', async () => {
    await using database = await createDatabaseWithJob(
      `max_runtime = '${scaled(2_000)} milliseconds'`,
    );
    const { admin, role } = database;
    await admin.query(`
      create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text,
        out version_pretty text) language plpgsql as $$ begin perform pg_sleep(30); end $$`);
    await using world = await worldOf(database);

    const { outcome } = await world.run({ limitMs: scaled(60_000) });

    expect(outcome.error?.code).toBe('DATABASE_STATEMENT_TIMEOUT');
    const sessions = async () =>
      (await admin.query('select state from pg_stat_activity where usename = $1', [role])).rows;
    await expect.poll(sessions).toEqual([]);
    expect(world.endpoint.connections()).toBe(0);
  });

  test.each(['0', 'infinity', '1 month'])(
    "leaves only the function's timeout when it is %s",
    async (maxRuntime) => {
      await using database = await createDatabaseWithJob(`max_runtime = '${maxRuntime}'`);
      await using world = await startUnresponsive(database);
      const limitMs = scaled(1_000);
      const { outcome } = await world.run({ limitMs });
      expect(outcome.message).toMatch(endInDelivery(limitMs));
    },
  );
});
