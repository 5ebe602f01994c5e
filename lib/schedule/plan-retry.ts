import { createHash } from 'node:crypto';
import type { RetrySettings } from '../config/send-report-config.ts';
import type { Target } from '../config/target.ts';
import { type Due, nextDueTick, type Tick } from './due.ts';
import type { JobSettings } from './job-settings.ts';

/** TimescaleDB's own limit to how much longer it waits with each failure, since 1.6.1. */
const LONGEST_FACTOR = 20;
const HOUR_MS = 3_600_000;
/** Assumed for the job when the database could not be asked: its own default. */
const DEFAULT_INTERVAL_HOURS = 24 as const;
/** EventBridge Scheduler is exact to the minute, and nobody knows what it makes of a time that has passed. */
const SHORTEST_WAIT_MS = 60_000;

/** The next attempt of a tick that has failed. */
export interface Retry {
  /** 1 is the first one after the scheduled run. */
  readonly attempt: number;
  /** ISO 8601, in whole seconds. */
  readonly at: string;
}

export interface RetryCircumstances {
  readonly tick: Tick;
  /** Which attempt has failed; 0 is the scheduled run. */
  readonly attempt: number;
  readonly job: JobSettings;
  /** Not there when the database could not be asked. */
  readonly due: Due | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/**
 * The end of the wait after the failure of attempt n - 1 is the beginning of attempt n, from the tick on. Whoever may
 * invoke the function can name any attempt, so the waits that are all the same are not counted one by one.
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
 * When to try a tick again, as the job's settings say: after n failures wait n × retry_period, at most one tick, never at
 * or past the next due tick, which is an attempt of its own. The time is the tick's and the attempt's, so that two
 * invocations of one tick plan the same; only a time that has passed becomes the next minute. Pure.
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
  // While nobody can be asked which ticks are due, the attempts of all of them must not come together hour by hour.
  const counted = due === undefined ? { ...tick, hours: DEFAULT_INTERVAL_HOURS } : tick;
  const at = Math.max(timeOfAttempt(attempt, counted, job), now + SHORTEST_WAIT_MS);
  const inSeconds = Math.ceil(at / 1_000) * 1_000;
  return inSeconds < end
    ? { attempt, at: new Date(inSeconds).toISOString().replace('.000Z', 'Z') }
    : undefined;
}

/** How the names of a target's retries begin: of fixed length, so that a role can be allowed these and no others. */
export function retryPrefix({ environment, name }: Pick<Target, 'environment' | 'name'>): string {
  return createHash('sha256').update(`${environment}\n${name}`).digest('hex').slice(0, 24);
}

/** One one-time schedule, whoever asks for it: its name and token say which target, tick and attempt. */
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
 * @param scheduledTime the tick's own, as its event has it
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
