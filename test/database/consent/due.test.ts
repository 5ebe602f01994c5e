import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Target, TICK_HOURS } from '../../../lib/config/target.ts';
import { decideDue, loadSchedule } from '../../../lib/schedule/due.ts';
import type { Facts, Interval } from '../../../lib/timescaledb/facts.ts';
import { intervalToMs } from '../../../lib/timescaledb/interval.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';

/**
 * What is due, compared with a real PostgreSQL: it says where the boundaries are, by its own calendar and its own list of
 * time zones, and a tick is due exactly when one of them lies between the tick before and itself.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 366 * DAY_MS;

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(() => database[Symbol.asyncDispose]());

/** Where the boundaries of a job come from. */
interface Schedule {
  readonly interval: Interval;
  readonly zone: string | null;
  readonly origin: 'initial start' | 'installation' | 'neither';
  /** ISO 8601; of no meaning where the origin is neither. */
  readonly anchor: string;
}

/** What a target's schedule does: fires at these times, in milliseconds since 1970. */
interface Ticks {
  readonly hours: Target['tickHours'];
  readonly times: readonly number[];
}

interface Decision {
  readonly tick: string;
  readonly isDue: boolean;
  readonly nextDue: string | null;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Every tick of a span of time. */
function everyTick(from: number, hours: Target['tickHours'], spanMs = YEAR_MS): Ticks {
  const count = Math.ceil(spanMs / (hours * HOUR_MS));
  return {
    hours,
    times: Array.from({ length: count }, (_, index) => from + index * hours * HOUR_MS),
  };
}

function anchorMs({ origin, anchor }: Schedule): number {
  return origin === 'neither' ? 0 : Date.parse(anchor);
}

/** The numbers of all boundaries between two times, and of a good many around them. */
function numbersOf(schedule: Schedule, from: number, to: number): readonly [number, number] {
  const lengthMs = intervalToMs(schedule.interval);
  const numberAt = (ms: number): number => (ms - anchorMs(schedule)) / lengthMs;
  const first = Math.floor(numberAt(from - 40 * DAY_MS)) - 2;
  const last = Math.ceil(numberAt(to + 40 * DAY_MS)) + 2;
  return schedule.origin === 'initial start'
    ? [Math.max(0, first), Math.max(2, last)]
    : [first, last];
}

/** PostgreSQL's boundaries, in milliseconds since 1970 and in order. */
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
  // The time of the installation is of no meaning where the job has a start of its own.
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

const NONE: Interval = { months: 0, days: 0, microseconds: 0 };
const HOUR_US = HOUR_MS * 1_000;

/** Whole milliseconds, since that is what the clock of JavaScript has. */
const microseconds = fc.oneof(
  fc.integer({ min: 1, max: 2_000 }).map((hours) => hours * HOUR_US),
  fc.integer({ min: 60_000, max: 3_000_000_000 }).map((ms) => ms * 1_000),
);
const onlyMonths = fc.integer({ min: 1, max: 26 }).map((months) => ({ ...NONE, months }));
const onlyDays = fc.integer({ min: 1, max: 400 }).map((days) => ({ ...NONE, days }));
const onlyTime = microseconds.map((some) => ({ ...NONE, microseconds: some }));
const allParts = fc.record({
  months: fc.nat(14),
  days: fc.nat(40),
  microseconds: fc.oneof(fc.constant(0), microseconds),
});
/** Parts of different signs; the boundaries need not be in the order of their numbers. */
const anySigns = fc.record({
  months: fc.integer({ min: -3, max: 14 }),
  days: fc.integer({ min: -60, max: 60 }),
  microseconds: fc.integer({ min: -100, max: 100 }).map((hours) => hours * HOUR_US),
});
/**
 * What is no longer than an hour is due in every tick. An interval whose parts nearly cancel each other would take months
 * by the thousand to come as far as to this year, where nobody has a calendar.
 */
const interval = fc
  .oneof(onlyMonths, onlyDays, onlyTime, allParts, anySigns)
  .filter((one) => intervalToMs(one) >= HOUR_MS)
  .filter((one) => Math.abs(one.months) * (DAY_MS / intervalToMs(one)) < 20);

const zone = fc.constantFrom(
  null,
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Pacific/Apia',
  'America/Sao_Paulo',
);
const origin = fc.constantFrom<Schedule['origin']>('initial start', 'installation', 'neither');
const hours = fc.constantFrom(...TICK_HOURS);
/** In 2011 Apia had no 30 December; in 2018 São Paulo still changed its clocks, and that at midnight. */
const year = fc.constantFrom(2011, 2012, 2018, 2021, 2024, 2026, 2027, 2028);
/** Times of UTC that are skipped or repeated, in one of the zones, on the days on which it changes its clocks. */
const timeOfDay = fc.oneof(
  fc.constantFrom('00:30', '01:30', '03:30', '05:30', '06:30', '07:30', '14:30', '15:15', '15:45'),
  fc.nat(24 * 60 - 1).map((minutes) => isoOf(minutes * MINUTE_MS).slice(11, 16)),
);
const dayOfYear = fc.oneof(
  // The end of January; the leap day; and in 2026 the days on which one of the zones changes its clocks.
  fc.constantFrom('01-31', '02-29', '03-08', '03-29', '04-04', '10-03', '10-25', '11-01'),
  fc.nat(365).map((day) => isoOf(day * DAY_MS).slice(5, 10)),
);

/** A schedule, and the first tick of a year; every other time a boundary lies exactly on a tick. */
const scheduleAndTick = fc
  .record({
    interval,
    zone,
    origin,
    year,
    yearsAgo: fc.nat(3),
    dayOfYear,
    timeOfDay,
    hours,
    minutes: fc.option(fc.nat(24 * 60 - 1)),
  })
  .map(({ interval, zone, origin, year, yearsAgo, dayOfYear, timeOfDay, hours, minutes }) => {
    const anchor = isoOf(Date.parse(`${year - yearsAgo}-${dayOfYear}T${timeOfDay}:00Z`));
    const schedule: Schedule = { interval, zone, origin, anchor };
    const tickMs = hours * HOUR_MS;
    const phaseMs = minutes === null ? anchorMs(schedule) : minutes * MINUTE_MS;
    return { schedule, hours, from: Date.UTC(year, 0, 1) + (phaseMs % tickMs) };
  });

/** One of at most `count` of a list, at even distances. */
function someOf<T>(list: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.floor(list.length / count));
  return list.filter((_, index) => index % step === 0);
}

/** The ticks about which there can be a doubt: those right before, at and after boundaries, and others here and there. */
function ticksInDoubt(boundaries: readonly number[], from: number, hours: Ticks['hours']): Ticks {
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
      const ticks = ticksInDoubt(boundaries.filter(isOfYear), from, hours);
      const decisions = await decisionsOf(factsOf(schedule), ticks);
      expect(decisions).toEqual(expectedOf(boundaries, ticks));
    }),
    { numRuns: 200 },
  );
});

test.each(TICK_HOURS)(
  'in a whole year of ticks every %i h each boundary is in exactly one',
  async (hours) => {
    await fc.assert(
      fc.asyncProperty(scheduleAndTick, async ({ schedule, from }) => {
        // However many boundaries there are in a tick; this many a day take their time.
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

const MONTH: Interval = { ...NONE, months: 1 };
const DAY: Interval = { ...NONE, days: 1 };

/** The first boundaries from the initial start on. */
test.each<{
  readonly what: string;
  readonly interval: Interval;
  readonly zone: string | null;
  readonly boundaries: readonly [string, ...string[]];
}>([
  {
    what: 'each month after the 31st is counted from the anchor, not from the previous boundary',
    interval: MONTH,
    zone: null,
    boundaries: [
      '2026-01-31T10:00:00.000Z',
      '2026-02-28T10:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
    ],
  },
  {
    what: 'a leap day returns in every leap year',
    interval: { ...NONE, months: 24 },
    zone: 'UTC',
    boundaries: [
      '2024-02-29T10:00:00.000Z',
      '2026-02-28T10:00:00.000Z',
      '2028-02-29T10:00:00.000Z',
    ],
  },
  {
    what: 'the last day of a month is that of the time zone',
    interval: MONTH,
    zone: 'Asia/Kolkata',
    boundaries: [
      '2026-01-30T20:00:00.000Z',
      '2026-02-27T20:00:00.000Z',
      '2026-03-30T20:00:00.000Z',
    ],
  },
  {
    what: 'months are added first, then days, then the rest',
    interval: { months: 1, days: 1, microseconds: HOUR_US },
    zone: 'UTC',
    boundaries: [
      '2026-01-31T10:00:00.000Z',
      '2026-03-01T11:00:00.000Z',
      '2026-04-02T12:00:00.000Z',
    ],
  },
  {
    what: '02:30 in Berlin is 03:30 on the day without 02:30',
    interval: DAY,
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ],
  },
  {
    what: '02:30 in Berlin is the second one on the day with two',
    interval: DAY,
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ],
  },
  {
    what: 'an anchor at the first of two equal local times is kept',
    interval: DAY,
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
      '2026-10-27T01:30:00.000Z',
    ],
  },
  {
    what: '24 hours are 24 hours across changes of clocks',
    interval: { ...NONE, microseconds: 24 * HOUR_US },
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T00:30:00.000Z',
    ],
  },
  {
    what: 'Lord Howe sets its clocks back by half an hour',
    interval: DAY,
    zone: 'Australia/Lord_Howe',
    boundaries: [
      '2026-04-03T14:45:00.000Z',
      '2026-04-04T15:15:00.000Z',
      '2026-04-05T15:15:00.000Z',
    ],
  },
  {
    what: 'a day of São Paulo starts at one o’clock',
    interval: DAY,
    zone: 'America/Sao_Paulo',
    boundaries: [
      '2018-11-03T03:00:00.000Z',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ],
  },
  {
    what: 'a day that Apia skipped becomes the next day',
    interval: DAY,
    zone: 'Pacific/Apia',
    boundaries: [
      '2011-12-29T20:00:00.000Z',
      '2011-12-30T20:00:00.000Z',
      '2011-12-31T20:00:00.000Z',
    ],
  },
])('$what', async ({ interval, zone, boundaries }) => {
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
