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
/** One firing of the target's schedule: it stands for the hours before it. */
export interface Tick {
  /** Its nominal time, in milliseconds since 1970. */
  readonly time: number;
  /** From one tick to the next. */
  readonly hours: Target['tickHours'];
}

/** Whether this tick is one of the job's. */
export interface Due {
  readonly isDue: boolean;
  /** The job's next boundary: the first tick at or after it is due. Null where there is none. */
  readonly nextDue: Date | null;
  /** The job's interval, for a person. */
  readonly every: string;
  readonly notes: readonly string[];
}

/** The boundaries of a schedule, by their number. */
interface Boundaries {
  readonly at: (n: number) => number;
  readonly anchorMs: number;
  readonly lengthMs: number;
  /** How far a boundary can be from anchor + n × length. */
  readonly slackMs: number;
  /** The number of the first one; without an initial start there was always one before. */
  readonly first: number;
}

/** Months of different lengths, days that a month does not have, changes of clocks, and a tick, with room to spare. */
const CALENDAR_SLACK_MS = 12 * DAY_MS;

/** Where the schedule of the job begins: with the job, else with the extension in this database, else with time. */
function anchorOf({ initialStart }: JobSettings, { installedAt }: Pick<Facts, 'installedAt'>) {
  const start = toMilliseconds(initialStart);
  if (start !== undefined) return { anchorMs: start, first: 0 };
  return { anchorMs: toMilliseconds(installedAt) ?? 0, first: Number.NEGATIVE_INFINITY };
}

const UNKNOWN_ZONE =
  'The time zone of the telemetry job is not known here, so that its days and months are those of UTC.';

/** What PostgreSQL understands in another way: west of Greenwich is +, and these have no summer time. */
const AMBIGUOUS_TIME_ZONE = /^([+-]|(cet|eet|met|wet)$)/i;

/** The calendar is loaded only for intervals that need one, which the job as it is installed does not. */
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
  /** The job's interval, for a person. */
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
  // What parts of different signs make shorter than an hour is taken by its mean length.
  if (isRegular || lengthMs < HOUR_MS || !Number.isFinite(anchorMs)) {
    const at = (n: number): number => anchorMs + n * lengthMs;
    return { boundaries: { ...common, at, slackMs: 0 }, notes: [] };
  }
  const { at, notes } = await calendarBoundaries(zone, anchorMs, interval);
  return { boundaries: { ...common, at, slackMs: CALENDAR_SLACK_MS }, notes };
}

/**
 * All boundaries that may be the last before a time, or the first after it; not one by one from the anchor. What no
 * calendar reaches is neither before nor after.
 */
function boundariesAround(
  { at, anchorMs, lengthMs, slackMs, first }: Boundaries,
  time: number,
): number[] {
  const lowest = Math.max(first, Math.floor((time - slackMs - anchorMs) / lengthMs) - 1);
  const highest = Math.max(first, Math.ceil((time + slackMs - anchorMs) / lengthMs) + 1);
  return Array.from({ length: highest - lowest + 1 }, (_, index) => at(lowest + index));
}

/** Said where the job wants more than the schedule gives. */
function tickTooInfrequentNote(
  lengthMs: number,
  every: string,
  { hours }: Tick,
): readonly string[] {
  if (lengthMs >= hours * HOUR_MS) return [];
  const best = TICK_HOURS.findLast((one) => one * HOUR_MS <= lengthMs) ?? 1;
  const remedy =
    best < hours
      ? `for more, set tickHours to ${best} in this target`
      : 'more often than every hour is not possible';
  return [
    `The telemetry job asks for a report every ${every}, and the schedule fires every ${plural(hours, 'hour')}, each time with one report; ${remedy}.`,
  ];
}

function toDate(ms: number | undefined): Date | null {
  const date = new Date(ms ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * Prepares the job's schedule, and loads the calendar where its interval needs one. The anchor is the job's initial start,
 * else when the extension was installed, else 1970; days and months are those of the job's time zone, else UTC.
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
 * Whether a boundary of the job lies in (previous tick, this tick]. Boundary n = anchor + n × schedule_interval, computed
 * and never iterated, since adding a month to the 31st of January twice is not adding two. Pure: a doubled invocation, or
 * a retry, of one tick has one answer.
 */
export function decideDue({ every, lengthMs, boundaries, notes }: Schedule, tick: Tick): Due {
  if (boundaries === undefined) {
    const isDue = lengthMs <= 0;
    return { isDue, nextDue: isDue ? toDate(tick.time) : null, every, notes };
  }
  const previous = tick.time - tick.hours * HOUR_MS;
  // The last before the end of the tick decides, however many there are.
  const near = boundariesAround(boundaries, tick.time);
  return {
    isDue: near.some((ms) => previous < ms && ms <= tick.time),
    nextDue: toDate(Math.min(...near.filter((ms) => ms > tick.time))),
    every,
    notes: [...notes, ...tickTooInfrequentNote(lengthMs, every, tick)],
  };
}

/** The next tick that is due, in milliseconds since 1970: the one of the job's next boundary; null where there is none. */
export function nextDueTick(
  { nextDue }: Pick<Due, 'nextDue'>,
  { time, hours }: Tick,
): number | null {
  if (nextDue === null) return null;
  const tickMs = hours * HOUR_MS;
  // A job without an interval is always due, also at this very moment; and then in the next tick.
  return time + Math.max(1, Math.ceil((nextDue.getTime() - time) / tickMs)) * tickMs;
}
