import { fromEpochMilliseconds, toZonedDateTimeISO } from 'temporal-polyfill/fns/Instant';
import {
  addDays,
  addMonths,
  type Record as PlainDateTime,
  toZonedDateTime,
} from 'temporal-polyfill/fns/PlainDateTime';
import { toPlainDateTime } from 'temporal-polyfill/fns/ZonedDateTime';
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
  const move = (ms: number, by: (local: PlainDateTime) => PlainDateTime): number => {
    const local = toPlainDateTime(toZonedDateTimeISO(fromEpochMilliseconds(ms), timeZone));
    return toZonedDateTime(by(local), timeZone, { disambiguation: 'later' }).epochMilliseconds;
  };
  // Checks the time zone, also for an interval without months and days.
  move(0, (local) => local);
  return (n) => {
    // The anchor itself may be the first of two equal local times.
    if (n === 0) return anchorMs;
    try {
      const inMonth =
        months === 0 ? anchorMs : move(anchorMs, (local) => addMonths(local, n * months));
      const onDay = days === 0 ? inMonth : move(inMonth, (local) => addDays(local, n * days));
      return onDay + (n * microseconds) / 1_000;
    } catch (error) {
      if (error instanceof RangeError) return Number.NaN;
      throw error;
    }
  };
}
