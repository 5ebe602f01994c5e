import type { Interval } from './facts.ts';

const SECOND_MS = 1_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Mean length of a month in the Gregorian calendar: 146,097 days in 4,800 months. */
const MONTH_MS = (146_097 / 4_800) * DAY_MS;

/** Returns the length of an interval in milliseconds, with months of mean length; Infinity for null. */
export function intervalToMs(interval: Interval | null): number {
  if (interval === null) return Number.POSITIVE_INFINITY;
  const { months, days, microseconds } = interval;
  return months * MONTH_MS + days * DAY_MS + microseconds / 1_000;
}

/** Formats a count with its unit: `1 hour`, `2 hours`. */
export function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Formats an interval for a person: `1 month 2 days`, `24 hours`, `1.5 seconds`. */
export function formatInterval(interval: Interval | null): string {
  if (interval === null) return 'for ever';
  const { months, days, microseconds } = interval;
  const units = [
    ['hour', HOUR_MS],
    ['minute', 60 * SECOND_MS],
    ['second', SECOND_MS],
  ] as const;
  const ms = microseconds / 1_000;
  const [unit, size] = units.find(([, one]) => ms % one === 0) ?? (['second', SECOND_MS] as const);
  const parts = [
    [months, 'month'],
    [days, 'day'],
    [ms / size, unit],
  ] as const;
  const named = parts.filter(([count]) => count !== 0).map(([count, one]) => plural(count, one));
  return named.length === 0 ? '0 seconds' : named.join(' ');
}

/** Matches `infinity`, and years with five or more digits, which `Date` cannot parse. */
const INFINITE_TIMESTAMP = /^(infinity|\d{5,}-)/;

/**
 * Converts a timestamp of PostgreSQL to milliseconds since 1970.
 *
 * @returns Infinity for a time that `Date` cannot represent; undefined for null, `-infinity`, and a year BC
 */
export function toMilliseconds(text: string | null): number | undefined {
  // Stryker disable next-line StringLiteral: any text that is not a time gives the same result
  const ms = INFINITE_TIMESTAMP.test(text ?? '')
    ? Number.POSITIVE_INFINITY
    : Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
