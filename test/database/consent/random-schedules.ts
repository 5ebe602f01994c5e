import fc from 'fast-check';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import type { Interval } from '../../../lib/timescaledb/facts.ts';
import { intervalToMs } from '../../../lib/timescaledb/interval.ts';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The schedule of a job, which determines its boundaries. */
export interface Schedule {
  readonly interval: Interval;
  readonly zone: string | null;
  readonly origin: 'initial start' | 'installation' | 'neither';
  /** ISO 8601; unused when the origin is `neither`. */
  readonly anchor: string;
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Returns the time from which boundaries are counted, in milliseconds since 1970. */
export function anchorMs({ origin, anchor }: Schedule): number {
  return origin === 'neither' ? 0 : Date.parse(anchor);
}

const NONE: Interval = { months: 0, days: 0, microseconds: 0 };
const HOUR_US = HOUR_MS * 1_000;

/** Whole milliseconds, the precision of `Date`. */
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
/** Parts of different signs: the order of the boundaries can differ from that of their numbers. */
const anySigns = fc.record({
  months: fc.integer({ min: -3, max: 14 }),
  days: fc.integer({ min: -60, max: 60 }),
  microseconds: fc.integer({ min: -100, max: 100 }).map((hours) => hours * HOUR_US),
});
/**
 * Excludes intervals below an hour, which are due in every tick, and intervals whose parts nearly cancel each other: their
 * boundaries add thousands of months to the anchor before the days are subtracted, beyond the range of a calendar.
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
/** In 2011 Apia skipped the 30th of December; until 2018 São Paulo changed its clocks at midnight. */
const year = fc.constantFrom(2011, 2012, 2018, 2021, 2024, 2026, 2027, 2028);
/** Includes times, in UTC, that a zone skips or repeats on the day on which it changes its clocks. */
const timeOfDay = fc.oneof(
  fc.constantFrom('00:30', '01:30', '03:30', '05:30', '06:30', '07:30', '14:30', '15:15', '15:45'),
  fc.nat(24 * 60 - 1).map((minutes) => isoOf(minutes * MINUTE_MS).slice(11, 16)),
);
const dayOfYear = fc.oneof(
  // The last day of January, the leap day, and days of 2026 on which one of the zones changes its clocks.
  fc.constantFrom('01-31', '02-29', '03-08', '03-29', '04-04', '10-03', '10-25', '11-01'),
  fc.nat(365).map((day) => isoOf(day * DAY_MS).slice(5, 10)),
);

/** A schedule, and the first tick of a year. In some of them every boundary may lie exactly on a tick. */
export const scheduleAndTick = fc
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
