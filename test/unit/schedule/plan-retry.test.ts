import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import { decideDue, loadSchedule, nextDueTick } from '../../../lib/schedule/due.ts';
import { type JobSettings, jobSettings } from '../../../lib/schedule/job-settings.ts';
import { planRetry, type RetryCircumstances } from '../../../lib/schedule/plan-retry.ts';
import type { Interval } from '../../../lib/timescaledb/facts.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';

const MINUTE_MS = 60_000;

const HOUR_MS = 60 * MINUTE_MS;

const DAY_MS = 24 * HOUR_MS;

const TICK = { time: Date.parse('2026-11-22T04:05:00Z'), hours: 24 } as const;

const NEXT_DAY = { nextDue: new Date(TICK.time + DAY_MS) };

function dueAgain(at: Date | null): RetryCircumstances['due'] {
  return { isDue: true, nextDue: at, every: '24 hours', notes: [] };
}

/** Returns the input for the default job immediately after a failed tick, with changes. */
function circumstances(
  changes: Partial<RetryCircumstances> & { readonly settings?: Partial<JobSettings> } = {},
): RetryCircumstances {
  const { settings, ...rest } = changes;
  return {
    tick: TICK,
    attempt: 0,
    job: { ...jobSettings(), ...settings },
    due: dueAgain(NEXT_DAY.nextDue),
    now: TICK.time + 5_000,
    ...rest,
  };
}

/** Returns the hours between the tick and each attempt, when each fails at once; 100 at most. */
function attemptsOf(changes: Parameters<typeof circumstances>[0] = {}): number[] {
  const hours: number[] = [];
  let now = circumstances(changes).now;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const retry = planRetry(circumstances({ ...changes, attempt, now }));
    if (retry === undefined) break;
    expect(retry.attempt).toBe(attempt + 1);
    now = Date.parse(retry.at) + 5_000;
    hours.push((Date.parse(retry.at) - TICK.time) / HOUR_MS);
  }
  return hours;
}

describe('the default job', () => {
  test('waits an hour longer after each failure, until the next day', () => {
    expect(attemptsOf()).toEqual([1, 3, 6, 10, 15, 21]);
  });

  test('has the same attempts when the database could not be read', () => {
    expect(attemptsOf({ due: undefined })).toEqual([1, 3, 6, 10, 15, 21]);
  });

  test('has no more attempts for a target with more ticks when the database could not be read', () => {
    const tick = { ...TICK, hours: 1 } as const;
    expect(attemptsOf({ due: undefined, tick })).toEqual([1, 3, 6, 10, 15, 21]);
  });

  test('has times that depend on the tick and the attempt, not on the delay of the run', () => {
    const plan = (now: number) => planRetry(circumstances({ attempt: 2, now: TICK.time + now }));
    expect(plan(0)).toStrictEqual({ attempt: 3, at: '2026-11-22T10:05:00Z' });
    expect(plan(6 * HOUR_MS - MINUTE_MS)).toStrictEqual(plan(0));
    // A time in the past becomes the next minute.
    expect(plan(6 * HOUR_MS)).toStrictEqual({ attempt: 3, at: '2026-11-22T10:06:00Z' });
    expect(plan(12 * HOUR_MS + 1)).toStrictEqual({ attempt: 3, at: '2026-11-22T16:06:01Z' });
  });

  test('has no attempt at the next due tick or after it', () => {
    const plan = (now: number) => planRetry(circumstances({ now: TICK.time + now }));
    expect(plan(DAY_MS - MINUTE_MS - 1_000)).toStrictEqual({
      attempt: 1,
      at: '2026-11-23T04:04:59Z',
    });
    expect(plan(DAY_MS - MINUTE_MS)).toBeUndefined();
    expect(plan(DAY_MS)).toBeUndefined();
    expect(plan(3 * DAY_MS)).toBeUndefined();
  });
});

describe('max_retries', () => {
  test.each([
    [0, []],
    [1, [1]],
    [3, [1, 3, 6]],
    [-1, [1, 3, 6, 10, 15, 21]],
    [100, [1, 3, 6, 10, 15, 21]],
  ])('%i allows attempts after %j hours', (maxRetries, hours) => {
    expect(attemptsOf({ settings: { maxRetries } })).toEqual(hours);
    expect(attemptsOf({ settings: { maxRetries }, due: undefined })).toEqual(hours);
  });
});

describe('the wait', () => {
  const inAYear = dueAgain(new Date(TICK.time + 365 * DAY_MS));

  test('grows for twenty failures, as in the extension', () => {
    const minutes = attemptsOf({ settings: { retryPeriodMs: MINUTE_MS }, due: inAYear }).map(
      (hours) => Math.round(hours * 60),
    );
    const waits = minutes.map((at, index) => at - (minutes[index - 1] ?? 0));
    expect(waits.slice(0, 19)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
    expect(new Set(waits.slice(19))).toEqual(new Set([20]));
    expect(waits).toHaveLength(100);
  });

  test.each(TICK_HOURS)('is at most one tick of %i h', (hours) => {
    const tick = { ...TICK, hours };
    const first = attemptsOf({
      tick,
      settings: { retryPeriodMs: 0.75 * hours * HOUR_MS },
      due: inAYear,
    });
    expect(first.slice(0, 3)).toEqual([0.75 * hours, 1.75 * hours, 2.75 * hours]);
  });

  test('for an infinite retry period is one tick', () => {
    const settings = { retryPeriodMs: Number.POSITIVE_INFINITY };
    expect(attemptsOf({ settings })).toEqual([]);
    expect(attemptsOf({ settings, due: dueAgain(new Date(TICK.time + 3.5 * DAY_MS)) })).toEqual([
      24, 48, 72,
    ]);
    expect(attemptsOf({ settings, tick: { ...TICK, hours: 8 } })).toEqual([8, 16]);
  });

  test.each([0, -HOUR_MS])('for a retry period of %i ms is a minute', (retryPeriodMs) => {
    const [first, second] = attemptsOf({ settings: { retryPeriodMs } });
    expect(first).toBeCloseTo((MINUTE_MS + 5_000) / HOUR_MS, 9);
    expect(second).toBeCloseTo((2 * MINUTE_MS + 10_000) / HOUR_MS, 9);
  });

  test('is rounded up to whole seconds', () => {
    const tick = { ...TICK, time: TICK.time + 1 };
    expect(planRetry(circumstances({ tick }))?.at).toBe('2026-11-22T05:05:01Z');
  });

  test('for a very large attempt is computed at once', () => {
    const attempt = Number.MAX_SAFE_INTEGER - 1;
    expect(planRetry(circumstances({ attempt }))).toBeUndefined();
    const at = planRetry(circumstances({ attempt, settings: { retryPeriodMs: 0 } }));
    expect(at).toEqual({ attempt: attempt + 1, at: '2026-11-22T04:06:05Z' });
  });
});

describe('the next due tick', () => {
  test('of a weekly job is a week away, also with daily ticks', () => {
    const due = dueAgain(new Date(TICK.time + 7 * DAY_MS - HOUR_MS));
    const hours = attemptsOf({ due });
    // 17 × 18 / 2 = 153 hours, and the 18th would be 171 hours after the tick: a week has 168.
    expect(hours).toHaveLength(17);
    expect(hours.at(-1)).toBe(153);
  });

  test('is the tick of the boundary, not the boundary', () => {
    const tick = { ...TICK, hours: 8 } as const;
    const due = dueAgain(new Date(TICK.time + 8 * HOUR_MS + 1));
    expect(attemptsOf({ tick, due })).toEqual([1, 3, 6, 10, 15]);
    expect(attemptsOf({ tick, due: dueAgain(new Date(TICK.time + 8 * HOUR_MS)) })).toEqual([
      1, 3, 6,
    ]);
  });

  test('of a job with an interval shorter than a tick is the next tick', () => {
    const tick = { ...TICK, hours: 4 } as const;
    expect(attemptsOf({ tick, due: dueAgain(new Date(TICK.time + 1)) })).toEqual([1, 3]);
  });

  test('does not exist for a job that is never due, and then there is no retry', () => {
    expect(attemptsOf({ due: dueAgain(null) })).toEqual([]);
  });
});

const interval: fc.Arbitrary<Interval> = fc.record({
  months: fc.oneof(fc.constant(0), fc.integer({ min: -1, max: 14 })),
  days: fc.oneof(fc.constant(0), fc.integer({ min: -10, max: 400 })),
  microseconds: fc.integer({ min: -HOUR_MS * 1_000, max: 400 * HOUR_MS * 1_000 }),
});

test('plans the retry of any job at least a minute ahead, and before the next due tick', async () => {
  let planned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        scheduleInterval: interval,
        retryPeriod: fc.option(interval),
        maxRetries: fc.integer({ min: -1, max: 40 }),
        initialStart: fc.option(
          fc.date({ min: new Date(0), max: new Date('2028-01-01'), noInvalidDate: true }),
        ),
        timezone: fc.constantFrom(null, 'Europe/Berlin', 'America/New_York', 'Mars/Olympus'),
      }),
      fc.record({
        hours: fc.constantFrom(...TICK_HOURS),
        time: fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) }),
      }),
      fc.record({ attempt: fc.nat(60), lateMs: fc.nat(3 * DAY_MS), isAsked: fc.boolean() }),
      async ({ initialStart, ...settings }, tick, { attempt, lateMs, isAsked }) => {
        const job = aJob({ ...settings, initialStart: initialStart?.toISOString() ?? null });
        const facts = aServer({ jobs: [job] });
        const due = isAsked ? decideDue(await loadSchedule(facts), tick) : undefined;
        const now = tick.time + lateMs;
        const given = { tick, attempt, job: jobSettings(facts), due, now };

        const retry = planRetry(given);

        expect(planRetry(given)).toEqual(retry);
        if (retry === undefined) return;
        planned += 1;
        const at = Date.parse(retry.at);
        expect(retry.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(retry.attempt).toBe(attempt + 1);
        expect(at).toBeGreaterThanOrEqual(now + MINUTE_MS);
        expect(at).toBeLessThan(
          due === undefined ? tick.time + DAY_MS : (nextDueTick(due, tick) ?? 0),
        );
        if (job.maxRetries >= 0) expect(retry.attempt).toBeLessThanOrEqual(job.maxRetries);
      },
    ),
    { numRuns: 1_000 },
  );
  expect(planned).toBeGreaterThan(50);
});
