import type { TelemetryJob } from '../timescaledb/facts.ts';
import { intervalToMs, toMilliseconds } from '../timescaledb/interval.ts';

/**
 * The latest start that TimescaleDB's scheduler sets, in schedule intervals after the last run: `MAX_INTERVALS_BACKOFF` of
 * src/bgw/job_stat.c (1.7 to 2.29), and its jitter of about 13 %.
 */
const LARGEST_BACKOFF_INTERVALS = 5 * 1.13;

/** The scheduler starts each of the first twelve runs an hour after the one before (`TELEMETRY_INITIAL_NUM_RUNS`). */
const LARGEST_FIRST_WAIT_MS = 3_600_000;

/** How a job is paused, in one way or in both. */
export interface JobPause {
  /** `alter_job(…, scheduled => false)`. */
  readonly isUnscheduled: boolean;
  /** When a person has it start again (`alter_job(…, next_start => …)`): ISO 8601, or `infinity`. */
  readonly nextStart?: string;
}

/**
 * Whether a person has set the job's next start: the scheduler never sets one that is infinite, or that is later than its
 * longest wait after a failure. A job that has never run has a next start only where a person has set it.
 */
function isSetByPerson({ nextStart, lastRun, scheduleInterval }: TelemetryJob): boolean {
  if (nextStart === null) return false;
  if (nextStart === 'infinity') return true;
  const since = toMilliseconds(lastRun);
  // Not a sum with minus infinity, which an infinite interval would make NaN.
  if (since === undefined) return true;
  const wait = intervalToMs(scheduleInterval) * LARGEST_BACKOFF_INTERVALS;
  const latest = since + Math.max(wait, LARGEST_FIRST_WAIT_MS);
  return (toMilliseconds(nextStart) ?? Number.NEGATIVE_INFINITY) > latest;
}

/** How the job is paused; undefined for one that runs. Pure. */
export function pauseOf(job: TelemetryJob): JobPause | undefined {
  const nextStart = isSetByPerson(job) ? job.nextStart : null;
  if (job.scheduled && nextStart === null) return undefined;
  return { isUnscheduled: !job.scheduled, ...(nextStart !== null && { nextStart }) };
}

/** The time of a next start as the log shows it: ISO 8601 in UTC where `Date` can represent it. */
function formatTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

/** The sentence for a pause. */
export function describePause({ isUnscheduled, nextStart }: JobPause): string {
  if (isUnscheduled) return 'The telemetry job is not scheduled.';
  return nextStart === undefined || nextStart === 'infinity'
    ? 'The telemetry job is paused: its next_start is infinity.'
    : `The telemetry job is paused until ${formatTime(nextStart)}: its next_start is later than TimescaleDB's scheduler sets it.`;
}
