import type { FleetState } from '../../fleet/fleet-state.ts';
import { dayOf, formatDay, OPEN_DAYS } from '../../fleet/history.ts';
import { HOUR_MS } from '../../timescaledb/interval.ts';
import type { FleetEvent } from '../event.ts';
import type { StoredState } from './stored-state.ts';

/** Days without a report that the next one reads. */
const MAX_MISSED_DAYS = 14;

/** Tolerance for the clocks of S3 and of the functions, and for objects that are being written. */
const OVERLAP_MS = HOUR_MS;

/** Which days and objects of the record a report reads. */
export interface ReadingPlan {
  /** The newest first. */
  readonly days: readonly string[];
  /** Objects that were written before this time have been read, in milliseconds since 1970. */
  readonly since: number;
  /** The last day that was ever listed: all objects of later days are new, also those that a wrong clock has put there before. */
  readonly listedUntil: string;
  /** Keys of objects that could not be used the last time, and that are read again in any case. */
  readonly again: ReadonlySet<string>;
  /** Days between two reports that are not read, because there are too many of them. */
  readonly missedDays: number;
}

function daysUntil(last: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => formatDay(last - index));
}

/**
 * Plans which objects a report reads: those that were written since the last report, in the days in which a run may still be
 * recorded; of a fleet without a state, those of the last two weeks.
 *
 * @param now in milliseconds since 1970
 */
export function planReading(
  stored: Pick<StoredState, 'readUntil' | 'pending' | 'fleet'> | undefined,
  { days, before }: FleetEvent,
  now: number,
): ReadingPlan {
  const today = dayOf(now);
  const all = { since: 0, listedUntil: '', missedDays: 0 };
  const again = new Set([
    ...(stored?.pending ?? []),
    ...(stored?.fleet.problems ?? []).map(({ object }) => object),
  ]);
  if (days !== undefined) {
    const last = before === undefined ? today : Math.min(today, dayOf(before) - 1);
    return { ...all, days: daysUntil(last, days), again };
  }
  if (stored === undefined) return { ...all, days: daysUntil(today, MAX_MISSED_DAYS), again };
  const readUntil = Date.parse(stored.readUntil);
  const missed = Math.max(0, today - dayOf(readUntil));
  return {
    days: daysUntil(today, Math.min(missed, MAX_MISSED_DAYS) + OPEN_DAYS),
    since: readUntil - OVERLAP_MS,
    listedUntil: formatDay(dayOf(readUntil)),
    again,
    missedDays: Math.max(0, missed - MAX_MISSED_DAYS),
  };
}

/** Returns the state without the problems of the days that are read again: those that remain are found again. */
export function withoutReread(fleet: FleetState, { days, again }: ReadingPlan): FleetState {
  const isReread = ({ object, date }: FleetState['problems'][number]) =>
    again.has(object) && days.includes(date);
  return { ...fleet, problems: fleet.problems.filter((problem) => !isReread(problem)) };
}
