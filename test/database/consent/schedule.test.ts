import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { secretFor, startWorld, type World } from '../../support/run/world.ts';
import { type HandmadeRelease, jobSchema } from '../../support/timescaledb/catalogs.ts';
import { scaled } from '../../support/vitest/time-limits.ts';

const DAY_MS = 24 * 3_600_000;

/** A database that consents, whose telemetry job has these settings. */
async function withJob(job: string, release: HandmadeRelease = '2.28.3'): Promise<TestDatabase> {
  const database = await createDatabase({ release });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    update ${jobSchema(release)}.bgw_job set ${job}`);
  return database;
}

const WEEKLY = `schedule_interval = '7 days', initial_start = '2026-11-01 05:06:00+00'`;

function worldOf(database: TestDatabase): Promise<World> {
  return startWorld({ secret: secretFor(database) });
}

describe('a tick that is not due', () => {
  test('is skipped with consent granted, builds no report and opens no connection to the endpoint', async () => {
    await using database = await withJob(WEEKLY);
    await using world = await worldOf(database);

    const { outcome, error } = await world.run({
      event: { scheduledTime: '2026-11-24T04:05:00Z' },
    });

    expect(error).toBeUndefined();
    expect(outcome).toMatchObject({
      outcome: 'skipped',
      severity: 'INFO',
      scheduledTime: '2026-11-24T04:05:00Z',
      consent: { granted: true, level: 'basic', rule: 'level-set', where: 'database' },
      message:
        'The telemetry job is not due: it runs every 7 days, next at 2026-11-29T05:06:00.000Z.',
      nextDue: '2026-11-29T05:06:00.000Z',
    });
    for (const absent of ['report', 'receipt', 'remedy', 'retry', 'notes', 'warnings']) {
      expect(outcome).not.toHaveProperty(absent);
    }
    expect(world.endpoint.connections()).toBe(0);
  });

  test('reads only the facts of the database', async () => {
    await using database = await withJob(WEEKLY);
    // What the report would read: to fail is to have asked.
    await database.admin.query('alter table _timescaledb_catalog.hypertable rename to gone');
    await using world = await worldOf(database);
    const at = (scheduledTime: string) => world.run({ event: { scheduledTime } });
    expect((await at('2026-11-24T04:05:00Z')).outcome.outcome).toBe('skipped');
    expect((await at('2026-11-23T04:05:00Z')).outcome.error?.code).toBe('CATALOG_UNEXPECTED');
  });

  test('is sent with ignoreSchedule, which does not override the consent', async () => {
    await using database = await withJob(WEEKLY);
    await using world = await worldOf(database);
    const event = { scheduledTime: '2026-11-24T04:05:00Z', ignoreSchedule: true };

    expect((await world.run({ event })).outcome).toMatchObject({
      outcome: 'sent',
      nextDue: '2026-11-29T05:06:00.000Z',
    });
    expect(world.endpoint.reports).toHaveLength(1);

    await database.admin.query(
      `alter database ${database.name} set timescaledb.telemetry_level = 'off'`,
    );
    for (const denied of [event, { ignoreSchedule: true }]) {
      const { outcome } = await world.run({ event: denied });
      expect(outcome).toMatchObject({ outcome: 'skipped', consent: { rule: 'level-off' } });
      expect(outcome.message).toBe(outcome.consent?.sentence);
    }
    expect(world.endpoint.connections()).toBe(1);
  });

  test.each([
    ['2026-11-29T05:05:59.999Z', 'skipped'],
    ['2026-11-29T05:06:00.000Z', 'sent'],
    ['2026-11-30T05:05:59.999Z', 'sent'],
    ['2026-11-30T05:06:00.000Z', 'skipped'],
  ])('by hand depends on the time of the invocation: %s, %s', async (now, outcome) => {
    await using database = await withJob(WEEKLY);
    await using world = await worldOf(database);
    const result = await world.run({ event: {}, now: () => Date.parse(now) });
    expect(result.outcome.outcome).toBe(outcome);
  });

  test.each([
    [1, 'skipped'],
    [3, 'sent'],
  ] as const)(
    'depends on how far it is from the one before: with tickHours %i it is %s',
    async (tickHours, outcome) => {
      await using database = await withJob(WEEKLY);
      await using world = await worldOf(database);
      const event = { scheduledTime: '2026-11-29T07:05:00Z' };
      const result = await world.run({ event, target: { tickHours } });
      expect(result.outcome.outcome).toBe(outcome);
    },
  );

  test('is every tick of a job with an infinite interval or initial start', async () => {
    await using database = await withJob(`schedule_interval = 'infinity'`);
    await using world = await worldOf(database);
    const event = { scheduledTime: '2026-11-29T07:05:00Z' };
    const never = {
      outcome: 'skipped',
      message:
        'The telemetry job is never due: its schedule_interval or initial_start is infinite.',
    };
    const { outcome } = await world.run({ event });
    expect(outcome).toMatchObject(never);
    expect(outcome).not.toHaveProperty('nextDue');

    await database.admin.query(
      `update ${jobSchema('2.28.3')}.bgw_job set schedule_interval = '7 days', initial_start = 'infinity'`,
    );
    expect((await world.run({ event })).outcome).toMatchObject(never);
    expect(world.endpoint.connections()).toBe(0);
  });
});

test.each(['0.12.1', '1.3.2', '1.7.5', '2.0.2', '2.8.1', '2.28.3'] as const)(
  'a weekly job of %s without a start of its own counts from the installation',
  async (release) => {
    // 2024-02-02 22:35:06.789 UTC, a Friday.
    await using database = await withJob(`schedule_interval = '7 days'`, release);
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

test('every part of a job’s interval is read, and its time zone', async () => {
  await using database = await withJob(`initial_start = '2026-10-01 20:00+00'`);
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

test('a month is a month of the job’s time zone', async () => {
  await using database = await withJob(
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

test('an interval shorter than a tick and an unknown time zone are notes, not warnings', async () => {
  await using database = await withJob(
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

test('the longest interval of two telemetry jobs counts', async () => {
  await using database = await withJob(`schedule_interval = '1 day'`);
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

test('the same ticks send in any order, repeated, late or as a retry', async () => {
  await using database = await withJob(
    `schedule_interval = '10 days', initial_start = '2026-11-05 12:00+00'`,
  );
  const first = Date.parse('2026-11-01T04:05:00Z');
  const tick = fc.nat(35);
  const invocation = fc.record({ tick, attempt: fc.option(fc.nat(5)), lateMs: fc.nat(5 * DAY_MS) });
  await fc.assert(
    fc.asyncProperty(fc.array(invocation, { minLength: 1, maxLength: 12 }), async (invocations) => {
      await using world = await worldOf(database);
      const sent: number[] = [];
      for (const { tick, attempt, lateMs } of invocations) {
        const time = first + tick * DAY_MS;
        const scheduledTime = new Date(time).toISOString();
        const { outcome } = await world.run({
          event: { scheduledTime, ...(attempt !== null && { attempt }) },
          now: () => time + lateMs,
        });
        if (outcome.outcome === 'sent') sent.push(tick);
      }
      // The 6th, the 16th and the 26th of November, and the 6th of December, each at 04:05.
      expect(sent).toEqual(
        invocations.map((one) => one.tick).filter((one) => [5, 15, 25, 35].includes(one)),
      );
      expect(world.endpoint.reports).toHaveLength(sent.length);
    }),
    { numRuns: 6 },
  );
});

test('a retry after the next due tick sends nothing', async () => {
  await using database = await withJob(`schedule_interval = '1 hour'`);
  await using world = await worldOf(database);
  const now = Date.parse('2026-11-22T06:05:00Z');
  const runs = [0, 1, 2, 3].map(async (attempt) => {
    const scheduledTime = new Date(now - attempt * 3_600_000).toISOString();
    return world.run({
      target: { tickHours: 1 },
      event: { scheduledTime, attempt },
      now: () => now,
    });
  });
  const outcomes = (await Promise.all(runs)).map(({ outcome }) => outcome);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['sent', 'skipped', 'skipped', 'skipped']);
  expect(outcomes.at(-1)?.notes?.join(' ')).toContain('This retry is too late: a later tick');
  expect(Date.parse(outcomes.at(-1)?.nextDue ?? '')).toBeGreaterThan(now);
});

describe('max_runtime', () => {
  /** An endpoint that takes the report and never answers. */
  const silent = (database: TestDatabase) =>
    startWorld({
      secret: secretFor(database),
      answer: () => delay(60_000, undefined, { ref: false }),
    });

  /** Matches the message of a run that has this limit and reaches it in its last phase. */
  const endInDelivery = (limitMs: number): RegExp => {
    const seconds = (limitMs / 1_000).toFixed(1).replace('.', '\\.');
    return new RegExp(
      `^The phase "delivery" exceeded its time limit of .*; the limit of the run is ${seconds} s\\.$`,
    );
  };

  test('of the job ends a longer run', async () => {
    const maxRuntimeMs = scaled(1_000);
    await using database = await withJob(`max_runtime = '${maxRuntimeMs} milliseconds'`);
    await using world = await silent(database);
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
    await using database = await withJob(`max_runtime = '${scaled(2_000)} milliseconds'`);
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
    'of %s is the function’s own time',
    async (maxRuntime) => {
      await using database = await withJob(`max_runtime = '${maxRuntime}'`);
      await using world = await silent(database);
      const limitMs = scaled(1_000);
      const { outcome } = await world.run({ limitMs });
      expect(outcome.message).toMatch(endInDelivery(limitMs));
    },
  );
});
