import { jobSettings } from '../schedule/job-settings.ts';
import { type OneTimeSchedule, planRetry, retrySchedule } from '../schedule/plan-retry.ts';
import type { RunRecord } from './run-record.ts';
import type { RunContext } from './run-to-end.ts';

/** Dependencies of scheduling a retry on the function. */
export interface RetryDependencies {
  /** The function that a retry invokes. */
  readonly functionArn: string;
  /** Creates the one-time schedule of a retry; does nothing when it exists. */
  readonly createSchedule: (schedule: OneTimeSchedule, signal: AbortSignal) => Promise<void>;
}

/**
 * Schedules the retry that the job's settings specify. Schedules no retry after a run by hand, whose caller sees the error,
 * or after a tick that would have sent nothing.
 *
 * @throws RunError TIME_LIMIT, or an error of EventBridge Scheduler
 */
export async function scheduleRetry(
  { error, target, retrySettings, event, facts, consent, due }: RunRecord,
  { functionArn, createSchedule }: RetryDependencies,
  { deadline, now, emit }: RunContext,
): Promise<void> {
  if (!error?.retryable || target === undefined || event?.scheduledTime === undefined) return;
  if (event.ignoreSchedule || consent?.granted === false || due?.isDue === false) return;
  if (retrySettings === undefined) return;
  const retry = planRetry({
    tick: { time: Date.parse(event.scheduledTime), hours: target.tickHours },
    attempt: event.attempt ?? 0,
    job: jobSettings(facts),
    due,
    now: now(),
  });
  if (retry === undefined) return;
  const schedule = retrySchedule(retry, event.scheduledTime, target, retrySettings, functionArn);
  await deadline.run('retry', (signal) => createSchedule(schedule, signal));
  emit({ type: 'retry-scheduled', retry });
}
