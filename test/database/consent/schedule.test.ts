import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { secretFor, startWorld, type World } from '../../support/run/world.ts';
import { jobSchema } from '../../support/timescaledb/catalogs.ts';
import { createDatabaseWithJob } from './database-with-job.ts';

const DAY_MS = 24 * 3_600_000;

const WEEKLY = `schedule_interval = '7 days', initial_start = '2026-11-01 05:06:00+00'`;

function worldOf(database: TestDatabase): Promise<World> {
  return startWorld({ secret: secretFor(database) });
}

describe('a tick that is not due', () => {
  test('is skipped with consent granted, builds no report and opens no connection to the endpoint', async () => {
    await using database = await createDatabaseWithJob(WEEKLY);
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
    await using database = await createDatabaseWithJob(WEEKLY);
    // A table of the report: a statement that reads it fails.
    await database.admin.query('alter table _timescaledb_catalog.hypertable rename to gone');
    await using world = await worldOf(database);
    const at = (scheduledTime: string) => world.run({ event: { scheduledTime } });
    expect((await at('2026-11-24T04:05:00Z')).outcome.outcome).toBe('skipped');
    expect((await at('2026-11-23T04:05:00Z')).outcome.error?.code).toBe('CATALOG_UNEXPECTED');
  });

  test('sends with ignoreSchedule, which does not override the consent', async () => {
    await using database = await createDatabaseWithJob(WEEKLY);
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
  ])('is decided for a run by hand by the time of the invocation: %s, %s', async (now, outcome) => {
    await using database = await createDatabaseWithJob(WEEKLY);
    await using world = await worldOf(database);
    const result = await world.run({ event: {}, now: () => Date.parse(now) });
    expect(result.outcome.outcome).toBe(outcome);
  });

  test.each([
    [1, 'skipped'],
    [3, 'sent'],
  ] as const)(
    'is decided by the distance of the previous tick: with tickHours %i the run is %s',
    async (tickHours, outcome) => {
      await using database = await createDatabaseWithJob(WEEKLY);
      await using world = await worldOf(database);
      const event = { scheduledTime: '2026-11-29T07:05:00Z' };
      const result = await world.run({ event, target: { tickHours } });
      expect(result.outcome.outcome).toBe(outcome);
    },
  );

  test('is every tick of a job whose interval or initial start is infinite', async () => {
    await using database = await createDatabaseWithJob(`schedule_interval = 'infinity'`);
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

test('due ticks send in any order, repeated, late or as a retry, and no other tick sends', async () => {
  await using database = await createDatabaseWithJob(
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
      // The due ticks: the 6th, 16th and 26th of November and the 6th of December, at 04:05.
      expect(sent).toEqual(
        invocations.map((one) => one.tick).filter((one) => [5, 15, 25, 35].includes(one)),
      );
      expect(world.endpoint.reports).toHaveLength(sent.length);
    }),
    { numRuns: 6 },
  );
});

test('a retry after the next due tick sends nothing', async () => {
  await using database = await createDatabaseWithJob(`schedule_interval = '1 hour'`);
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
