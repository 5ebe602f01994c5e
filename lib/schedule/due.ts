import { type Target, TICK_HOURS } from '../config/target.ts';
import type { Facts, Interval } from '../timescaledb/facts.ts';
import {
  DAY_MS,
  formatInterval,
  HOUR_MS,
  intervalToMs,
  plural,
  toMilliseconds,
} from '../timescaledb/interval.ts';
import { type JobSettings, jobSettings } from './job-settings.ts';

/** One firing of the target's schedule; it covers the hours since the previous one. */
export interface Tick {
  /** Nominal time, in milliseconds since 1970. */
  readonly time: number;
  /** Hours between two ticks. */
  readonly hours: Target['tickHours'];
}

/** The decision on one tick. */
export interface Due {
  readonly isDue: boolean;
  /** The job's next boundary; the first tick at or after it is due. Null for a job that is never due again. */
  readonly nextDue: Date | null;
  /** The job's interval, formatted for a person. */
  readonly every: string;
  readonly notes: readonly string[];
}

/** Boundaries of a schedule, by number. */
interface Boundaries {
  readonly at: (n: number) => number;
  readonly anchorMs: number;
  readonly lengthMs: number;
  /** Maximum distance of a boundary from anchor + n × length. */
  readonly slackMs: number;
  /** Number of the first boundary; minus infinity without an initial start. */
  readonly first: number;
}

/** Covers months of different lengths, missing days, changes of clocks, and a tick. */
const CALENDAR_SLACK_MS = 12 * DAY_MS;

/** Returns the start of the job's schedule: its initial start, else the extension's installation time, else 1970. */
function anchorOf({ initialStart }: JobSettings, { installedAt }: Pick<Facts, 'installedAt'>) {
  const start = toMilliseconds(initialStart);
  if (start !== undefined) return { anchorMs: start, first: 0 };
  return { anchorMs: toMilliseconds(installedAt) ?? 0, first: Number.NEGATIVE_INFINITY };
}

const UNKNOWN_ZONE =
  'The time zone of the telemetry job is unknown, so its days and months are those of UTC.';

/** Time zones that PostgreSQL interprets differently: + is west of Greenwich, and the names have no summer time. */
const AMBIGUOUS_TIME_ZONE = /^([+-]|(cet|eet|met|wet)$)/i;

/** Loads the calendar, which the default interval of the job does not need. */
async function calendarBoundaries(zone: string, anchorMs: number, interval: Interval) {
  const { boundariesIn } = await import('./calendar.ts');
  const inUtc = () => ({ at: boundariesIn('UTC', anchorMs, interval), notes: [UNKNOWN_ZONE] });
  if (AMBIGUOUS_TIME_ZONE.test(zone)) return inUtc();
  try {
    return { at: boundariesIn(zone, anchorMs, interval), notes: [] };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return inUtc();
  }
}

/** The schedule of the job, ready to be compared with any tick. */
export interface Schedule {
  /** The job's interval, formatted for a person. */
  readonly every: string;
  /** Infinite for a job that never runs; not positive for one that is always due. */
  readonly lengthMs: number;
  /** Absent for a job that never runs or is always due. */
  readonly boundaries?: Boundaries;
  readonly notes: readonly string[];
}

async function loadBoundaries(
  job: JobSettings,
  interval: Interval,
  facts: Pick<Facts, 'installedAt'>,
): Promise<{ boundaries: Boundaries; notes: readonly string[] }> {
  const { anchorMs, first } = anchorOf(job, facts);
  const lengthMs = intervalToMs(interval);
  const zone = job.timezone ?? 'UTC';
  const common = { anchorMs, first, lengthMs };
  const isRegular = interval.months === 0 && (interval.days === 0 || /^(etc\/)?utc$/i.test(zone));
  // An interval with parts of different signs and a sum below an hour has its mean length.
  if (isRegular || lengthMs < HOUR_MS || !Number.isFinite(anchorMs)) {
    const at = (n: number): number => anchorMs + n * lengthMs;
    return { boundaries: { ...common, at, slackMs: 0 }, notes: [] };
  }
  const { at, notes } = await calendarBoundaries(zone, anchorMs, interval);
  return { boundaries: { ...common, at, slackMs: CALENDAR_SLACK_MS }, notes };
}

/**
 * Returns every boundary that may be the last before a time or the first after it, without iterating from the anchor. Times
 * beyond the calendar's range are neither.
 */
function boundariesAround(
  { at, anchorMs, lengthMs, slackMs, first }: Boundaries,
  time: number,
): number[] {
  const lowest = Math.max(first, Math.floor((time - slackMs - anchorMs) / lengthMs) - 1);
  const highest = Math.max(first, Math.ceil((time + slackMs - anchorMs) / lengthMs) + 1);
  return Array.from({ length: highest - lowest + 1 }, (_, index) => at(lowest + index));
}

/** Returns a note when the job is due more often than the schedule fires. */
function tickTooInfrequentNote(
  lengthMs: number,
  every: string,
  { hours }: Tick,
): readonly string[] {
  if (lengthMs >= hours * HOUR_MS) return [];
  const best = TICK_HOURS.findLast((one) => one * HOUR_MS <= lengthMs) ?? 1;
  const remedy =
    best < hours
      ? `set tickHours to ${best} in this target for more reports`
      : 'more than one report an hour is not possible';
  return [
    `The telemetry job is due every ${every}, and the schedule fires every ${plural(hours, 'hour')} with one report each time; ${remedy}.`,
  ];
}

function toDate(ms: number | undefined): Date | null {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * Prepares the job's schedule, and loads the calendar where its interval needs one. The anchor is the job's initial start,
 * else the extension's installation time, else 1970; days and months are those of the job's time zone, else UTC.
 */
export async function loadSchedule(facts: Pick<Facts, 'jobs' | 'installedAt'>): Promise<Schedule> {
  const job = jobSettings(facts);
  const { scheduleInterval: interval } = job;
  const every = formatInterval(interval);
  const lengthMs = intervalToMs(interval);
  if (interval === null || lengthMs <= 0) return { every, lengthMs, notes: [] };
  return { every, lengthMs, ...(await loadBoundaries(job, interval, facts)) };
}

/**
 * Decides whether a boundary of the job lies in (previous tick, this tick]. Boundary n = anchor + n × schedule_interval is
 * computed and never iterated, because adding one month to the 31st of January twice differs from adding two months. Pure:
 * a doubled invocation or a retry of a tick has the same result.
 */
export function decideDue({ every, lengthMs, boundaries, notes }: Schedule, tick: Tick): Due {
  if (boundaries === undefined) {
    const isDue = lengthMs <= 0;
    return { isDue, nextDue: isDue ? toDate(tick.time) : null, every, notes };
  }
  const previous = tick.time - tick.hours * HOUR_MS;
  // The last boundary before the end of the tick decides.
  const near = boundariesAround(boundaries, tick.time);
  return {
    isDue: near.some((ms) => previous < ms && ms <= tick.time),
    nextDue: toDate(Math.min(...near.filter((ms) => ms > tick.time))),
    every,
    notes: [...notes, ...tickTooInfrequentNote(lengthMs, every, tick)],
  };
}

/** Returns the next due tick, in milliseconds since 1970; null for a job that is never due again. */
export function nextDueTick(
  { nextDue }: Pick<Due, 'nextDue'>,
  { time, hours }: Tick,
): number | null {
  if (nextDue === null) return null;
  const tickMs = hours * HOUR_MS;
  // A job without an interval is due at once, and again in the next tick.
  return time + Math.max(1, Math.ceil((nextDue.getTime() - time) / tickMs)) * tickMs;
}
