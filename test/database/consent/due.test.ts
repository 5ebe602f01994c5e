import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Target, TICK_HOURS } from '../../../lib/config/target.ts';
import { decideDue, loadSchedule } from '../../../lib/schedule/due.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import { intervalToMs } from '../../../lib/timescaledb/interval.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';
import { BOUNDARY_CASES } from './due-cases.ts';
import {
  anchorMs,
  DAY_MS,
  HOUR_MS,
  isoOf,
  type Schedule,
  scheduleAndTick,
} from './random-schedules.ts';

/**
 * Compares the decisions with a real PostgreSQL, which computes the boundaries with its own calendar and time zones. A tick is
 * due exactly when a boundary lies after the previous tick, and not after the tick itself.
 */

const YEAR_MS = 366 * DAY_MS;

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(() => database[Symbol.asyncDispose]());

/** Ticks of a target's schedule, in milliseconds since 1970. */
interface Ticks {
  readonly hours: Target['tickHours'];
  readonly times: readonly number[];
}

interface Decision {
  readonly tick: string;
  readonly isDue: boolean;
  readonly nextDue: string | null;
}

/** Returns every tick in a span of time. */
function everyTick(from: number, hours: Target['tickHours'], spanMs = YEAR_MS): Ticks {
  const count = Math.ceil(spanMs / (hours * HOUR_MS));
  return {
    hours,
    times: Array.from({ length: count }, (_, index) => from + index * hours * HOUR_MS),
  };
}

/** Returns the first and the last number of the boundaries from 40 days before `from` until 40 days after `to`. */
function numbersOf(schedule: Schedule, from: number, to: number): readonly [number, number] {
  const lengthMs = intervalToMs(schedule.interval);
  const numberAt = (ms: number): number => (ms - anchorMs(schedule)) / lengthMs;
  const first = Math.floor(numberAt(from - 40 * DAY_MS)) - 2;
  const last = Math.ceil(numberAt(to + 40 * DAY_MS)) + 2;
  return schedule.origin === 'initial start'
    ? [Math.max(0, first), Math.max(2, last)]
    : [first, last];
}

/** Returns PostgreSQL's boundaries in order, in milliseconds since 1970. */
async function boundariesOf(schedule: Schedule, from: number, to: number): Promise<number[]> {
  const { months, days, microseconds } = schedule.interval;
  const { rows } = await database.admin.query<{ ms: number }>(
    `select (extract(epoch from pg_catalog.date_add($1::timestamptz, n::float8 * $2::interval, $3)) * 1000)::float8 as ms
     from pg_catalog.generate_series($4::int, $5::int) n order by 1`,
    [
      isoOf(anchorMs(schedule)),
      `${months} months ${days} days ${microseconds} microseconds`,
      schedule.zone ?? 'UTC',
      ...numbersOf(schedule, from, to),
    ],
  );
  return rows.map(({ ms }) => ms);
}

function expectedOf(boundaries: readonly number[], { hours, times }: Ticks): Decision[] {
  return times.map((time) => {
    const next = boundaries.find((ms) => ms > time);
    const isDue = boundaries.some((ms) => time - hours * HOUR_MS < ms && ms <= time);
    return { tick: isoOf(time), isDue, nextDue: next === undefined ? null : isoOf(next) };
  });
}

function factsOf({ interval, zone, origin, anchor }: Schedule): Facts {
  const isStart = origin === 'initial start';
  // The installation time has no effect on a job with an initial start.
  const installed = isStart ? isoOf(Date.parse(anchor) - 12_345_678) : anchor;
  return aServer({
    jobs: [
      aJob({ scheduleInterval: interval, timezone: zone, initialStart: isStart ? anchor : null }),
    ],
    installedAt: origin === 'neither' ? null : installed,
  });
}

async function decisionsOf(facts: Facts, { hours, times }: Ticks): Promise<Decision[]> {
  const schedule = await loadSchedule(facts);
  return times.map((time) => {
    const { isDue, nextDue } = decideDue(schedule, { time, hours });
    return { tick: isoOf(time), isDue, nextDue: nextDue?.toISOString() ?? null };
  });
}

/** Returns about `count` items of a list, at equal distances. */
function someOf<T>(list: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(list.length / count));
  return list.filter((_, index) => index % step === 0);
}

/** Returns ticks immediately before, at and after boundaries, and some others. */
function ticksToCompare(boundaries: readonly number[], from: number, hours: Ticks['hours']): Ticks {
  const tickMs = hours * HOUR_MS;
  const around = someOf(boundaries, 40).flatMap((ms) => {
    const at = from + Math.ceil((ms - from) / tickMs) * tickMs;
    return [at - tickMs, at, at + tickMs];
  });
  const anywhere = someOf(everyTick(from, hours).times, 20);
  return { hours, times: [...new Set([...around, ...anywhere])].sort((a, b) => a - b) };
}

test('a tick is due exactly when a boundary of PostgreSQL lies between the previous tick and itself', async () => {
  await fc.assert(
    fc.asyncProperty(scheduleAndTick, async ({ schedule, hours, from }) => {
      const boundaries = await boundariesOf(schedule, from, from + YEAR_MS);
      const isOfYear = (ms: number): boolean => from <= ms && ms < from + YEAR_MS;
      const ticks = ticksToCompare(boundaries.filter(isOfYear), from, hours);
      const decisions = await decisionsOf(factsOf(schedule), ticks);
      expect(decisions).toEqual(expectedOf(boundaries, ticks));
    }),
    { numRuns: 200 },
  );
});

test.each(TICK_HOURS)(
  'each boundary lies in exactly one tick of a year with ticks every %i h',
  async (hours) => {
    await fc.assert(
      fc.asyncProperty(scheduleAndTick, async ({ schedule, from }) => {
        // Limits the duration of the test: shorter intervals have too many boundaries in a year.
        fc.pre(intervalToMs(schedule.interval) >= 12 * HOUR_MS);
        const boundaries = await boundariesOf(schedule, from, from + YEAR_MS);
        const ticks = everyTick(from, hours);
        const decisions = await decisionsOf(factsOf(schedule), ticks);
        expect(decisions).toEqual(expectedOf(boundaries, ticks));
      }),
      { numRuns: Math.ceil(hours / 3) },
    );
  },
);

test.each(BOUNDARY_CASES)('$what', async ({ interval, zone, boundaries }) => {
  const [anchor, ...others] = boundaries;
  const schedule: Schedule = { interval, zone, origin: 'initial start', anchor };
  const start = Date.parse(anchor);
  const facts = factsOf(schedule);
  const found: (string | undefined)[] = [];
  const loaded = await loadSchedule(facts);
  let time = start - 1;
  for (const _ of boundaries) {
    const { nextDue } = decideDue(loaded, { time, hours: 1 });
    found.push(nextDue?.toISOString());
    time = nextDue?.getTime() ?? Number.NaN;
  }
  const postgresql = new Set((await boundariesOf(schedule, start, start)).map(isoOf));
  expect([...postgresql].slice(0, boundaries.length)).toEqual(boundaries);
  expect(found).toEqual([anchor, ...others]);
});
