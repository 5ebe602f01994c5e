import { DAY_MS, HOUR_MS } from '../timescaledb/interval.ts';

/**
 * Characters that are invisible or change the order of the text around them: control characters, zero-width and
 * bidirectional marks, separators, fillers, variation selectors, and halves of surrogate pairs.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Replaces invisible characters by their code points, such as `‹U+202E›`, so that a text looks like what it is. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `‹U+${code}›`;
  });
}

/** Shortens a text to a number of UTF-16 units, with an ellipsis. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

const NUMBER = new Intl.NumberFormat('en');
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' });

export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** Formats a count with its unit: `1 run`, `1,200 runs`. */
export function formatCount(count: number, unit: string): string {
  return `${formatNumber(count)} ${unit}${count === 1 ? '' : 's'}`;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Formats a size in decimal units with three significant digits: `1.23 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${formatNumber(bytes)} bytes`;
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1_000 ** power).toPrecision(3))} ${UNITS[power]}`;
}

/** Formats a day such as `2026-11-28` as `28 Nov 2026`; another text as it is. */
export function formatDate(day: string): string {
  const time = Date.parse(day);
  return Number.isNaN(time) ? visible(day) : DATE.format(time);
}

/** Formats a time as `28 Nov 2026, 06:00 UTC`; a text that is no time as it is. */
export function formatTime(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? visible(iso) : `${DATE.format(time)}, ${TIME.format(time)} UTC`;
}

/** Returns the distance between two times in words: `5 hours ago`, `in 2 days`. Empty if one of them is no time. */
export function relativeTime(iso: string, now: string): string {
  const ms = Date.parse(now) - Date.parse(iso);
  if (Number.isNaN(ms)) return '';
  const distance = Math.abs(ms);
  const minutes = Math.round(distance / 60_000);
  const words =
    distance < 90 * 60_000
      ? formatCount(minutes, 'minute')
      : distance < 2 * DAY_MS
        ? formatCount(Math.round(distance / HOUR_MS), 'hour')
        : formatCount(Math.round(distance / DAY_MS), 'day');
  if (minutes === 0) return 'now';
  return ms >= 0 ? `${words} ago` : `in ${words}`;
}
