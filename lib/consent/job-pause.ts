import type { TelemetryJob } from '../timescaledb/facts.ts';
import { intervalToMs, toMilliseconds } from '../timescaledb/interval.ts';

/**
 * Maximum wait after a failure that TimescaleDB's scheduler sets, in schedule intervals: `MAX_INTERVALS_BACKOFF` of
 * src/bgw/job_stat.c (1.7 to 2.29), plus a jitter of about 13 %.
 */
const LARGEST_BACKOFF_INTERVALS = 5 * 1.13;

/** Interval between the first twelve runs (`TELEMETRY_INITIAL_NUM_RUNS`). */
const LARGEST_FIRST_WAIT_MS = 3_600_000;

/** How a job is paused; both ways can apply at once. */
export interface JobPause {
  /** `alter_job(…, scheduled => false)`. */
  readonly isUnscheduled: boolean;
  /** Next start set with `alter_job(…, next_start => …)`: ISO 8601, or `infinity`. */
  readonly nextStart?: string;
}

/**
 * Whether the job's next start was set with alter_job(). The scheduler sets no next start that is infinite or later than its
 * longest wait after a failure, and none at all for a job that has never run.
 */
function isSetManually({ nextStart, lastRun, scheduleInterval }: TelemetryJob): boolean {
  if (nextStart === null) return false;
  if (nextStart === 'infinity') return true;
  const since = toMilliseconds(lastRun);
  // Infinite intervals would make a sum with minus infinity NaN.
  if (since === undefined) return true;
  const wait = intervalToMs(scheduleInterval) * LARGEST_BACKOFF_INTERVALS;
  const latest = since + Math.max(wait, LARGEST_FIRST_WAIT_MS);
  return (toMilliseconds(nextStart) ?? Number.NEGATIVE_INFINITY) > latest;
}

/** Returns how the job is paused; undefined for a scheduled job. Pure. */
export function pauseOf(job: TelemetryJob): JobPause | undefined {
  const nextStart = isSetManually(job) ? job.nextStart : null;
  if (job.scheduled && nextStart === null) return undefined;
  return { isUnscheduled: !job.scheduled, ...(nextStart !== null && { nextStart }) };
}

/** Formats a next start for the log: ISO 8601 in UTC where `Date` can represent it. */
function formatTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

/** Describes a pause. */
export function describePause({ isUnscheduled, nextStart }: JobPause): string {
  if (isUnscheduled) return 'The telemetry job is not scheduled.';
  return nextStart === undefined || nextStart === 'infinity'
    ? 'The telemetry job is paused: its next_start is infinity.'
    : `The telemetry job is paused until ${formatTime(nextStart)}: its next_start is later than TimescaleDB's scheduler sets it.`;
}
