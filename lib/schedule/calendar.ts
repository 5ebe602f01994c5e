import { Temporal } from 'temporal-polyfill';
import type { Interval } from '../timescaledb/facts.ts';

/**
 * The time of a boundary, as PostgreSQL adds intervals: months first (a day that the month does not have becomes its
 * last), then days, both by the calendar of the time zone, then the rest by the clock. A local time that a change of
 * clocks skips or repeats is the later one, as in PostgreSQL.
 *
 * @param timeZone a name of the IANA database
 * @returns n => milliseconds since 1970; not finite where no calendar reaches
 * @throws RangeError the time zone is not known
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
  // Asks for the time zone, even where there is nothing to add.
  add(0, { days: 0 });
  return (n) => {
    // Nothing is added to the first one: it may be the first of two local times that are the same.
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
