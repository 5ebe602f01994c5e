import { createHash } from 'node:crypto';
import type { RetrySettings } from '../config/send-report-config.ts';
import type { Target } from '../config/target.ts';
import { type Due, nextDueTick, type Tick } from './due.ts';
import type { JobSettings } from './job-settings.ts';

/** Maximum factor of the wait after a failure, as in TimescaleDB since 1.6.1. */
const LONGEST_FACTOR = 20;
const HOUR_MS = 3_600_000;
/** Default interval of the job, for a database that could not be read. */
const DEFAULT_INTERVAL_HOURS = 24 as const;
/** EventBridge Scheduler is precise to the minute, and does not document how it treats a time in the past. */
const SHORTEST_WAIT_MS = 60_000;

/** The next attempt of a failed tick. */
export interface Retry {
  /** Counts from 1, the first attempt after the scheduled run. */
  readonly attempt: number;
  /** ISO 8601, in whole seconds. */
  readonly at: string;
}

export interface RetryCircumstances {
  readonly tick: Tick;
  /** Number of the failed attempt; 0 is the scheduled run. */
  readonly attempt: number;
  readonly job: JobSettings;
  /** Undefined for a database that could not be read. */
  readonly due: Due | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/**
 * Returns the time of an attempt: the tick's time plus the waits after all earlier failures. The event can contain any
 * number, so equal waits are multiplied, and not added one by one.
 */
function timeOfAttempt(
  attempt: number,
  { time, hours }: Tick,
  { retryPeriodMs }: JobSettings,
): number {
  const waitAfter = (failures: number): number =>
    Math.min(failures * Math.max(0, retryPeriodMs), hours * HOUR_MS);
  const growing = Math.min(attempt, LONGEST_FACTOR);
  let at = time + (attempt - growing) * waitAfter(LONGEST_FACTOR);
  for (let failures = 1; failures <= growing; failures += 1) at += waitAfter(failures);
  return at;
}

/**
 * Plans the next attempt by the job's settings: after n failures it waits n × retry_period, at most one tick, and ends
 * before the next due tick. The time depends on the tick and the attempt alone, so that two invocations of one tick plan the
 * same retry; a time in the past becomes the next minute. Pure.
 */
export function planRetry({
  tick,
  attempt: failed,
  job,
  due,
  now,
}: RetryCircumstances): Retry | undefined {
  const attempt = failed + 1;
  if (job.maxRetries >= 0 && attempt > job.maxRetries) return undefined;
  const end =
    due === undefined ? tick.time + DEFAULT_INTERVAL_HOURS * HOUR_MS : nextDueTick(due, tick);
  if (end === null) return undefined;
  // Without the database every tick counts as due; their attempts must not accumulate hour by hour.
  const counted = due === undefined ? { ...tick, hours: DEFAULT_INTERVAL_HOURS } : tick;
  const at = Math.max(timeOfAttempt(attempt, counted, job), now + SHORTEST_WAIT_MS);
  const inSeconds = Math.ceil(at / 1_000) * 1_000;
  return inSeconds < end
    ? { attempt, at: new Date(inSeconds).toISOString().replace('.000Z', 'Z') }
    : undefined;
}

/** Returns the prefix of the names of a target's retries. Its fixed length allows an IAM policy for these names alone. */
export function retryPrefix({ environment, name }: Pick<Target, 'environment' | 'name'>): string {
  return createHash('sha256').update(`${environment}\n${name}`).digest('hex').slice(0, 24);
}

/** A one-time schedule; its name and token identify target, tick and attempt. */
export interface OneTimeSchedule {
  readonly name: string;
  readonly at: string;
  readonly group: string;
  readonly functionArn: string;
  readonly roleArn: string;
  readonly deadLetterQueueArn?: string;
  /** The event of the retry. */
  readonly input: string;
}

/**
 * Creates the one-time schedule of a retry.
 *
 * @param scheduledTime of the tick, as in its event
 */
export function retrySchedule(
  { attempt, at }: Retry,
  scheduledTime: string,
  target: Target,
  { scheduleGroup, roleArn, deadLetterQueueArn }: RetrySettings,
  functionArn: string,
): OneTimeSchedule {
  const tick = new Date(scheduledTime).toISOString().replaceAll(/[-:.]/g, '');
  return {
    name: `${retryPrefix(target)}-${tick}-${attempt}`,
    at,
    group: scheduleGroup,
    functionArn,
    roleArn,
    ...(deadLetterQueueArn !== undefined && { deadLetterQueueArn }),
    input: JSON.stringify({ scheduledTime, attempt }),
  };
}
