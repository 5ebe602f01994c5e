import { Temporal } from 'temporal-polyfill';
import type { Interval } from '../timescaledb/facts.ts';

/**
 * Returns the function that computes boundaries as PostgreSQL adds intervals: months first (a missing day becomes the last
 * day of the month), then days, both in the calendar of the time zone, then the rest as elapsed time. A local time that a
 * change of clocks skips or repeats is the later one, as in PostgreSQL.
 *
 * @param timeZone a name of the IANA database
 * @returns n => milliseconds since 1970; not finite beyond the calendar's range
 * @throws RangeError the time zone is unknown
 */
export function boundariesIn(
  timeZone: string,
  anchorMs: number,
  { months, days, microseconds }: Interval,
): (n: number) => number {
  const add = (ms: number, duration: Temporal.DurationLike): number =>
    Temporal.Instant.fromEpochMilliseconds(ms)
      .toZonedDateTimeISO(timeZone)
      .toPlainDateTime()
      .add(duration, { overflow: 'constrain' })
      .toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds;
  // Checks the time zone, also for an interval without months and days.
  add(0, { days: 0 });
  return (n) => {
    // The anchor itself may be the first of two equal local times.
    if (n === 0) return anchorMs;
    try {
      const inMonth = months === 0 ? anchorMs : add(anchorMs, { months: n * months });
      const onDay = days === 0 ? inMonth : add(inMonth, { days: n * days });
      return onDay + (n * microseconds) / 1_000;
    } catch (error) {
      if (error instanceof RangeError) return Number.NaN;
      throw error;
    }
  };
}
