import {
  parseEvent,
  parseSettings,
  type RunEvent,
  type Settings,
  type VersionCheck,
} from '../config/send-report-config.ts';
import type { Target } from '../config/target.ts';
import { DO_NOT_TRACK_DENIAL, isDoNotTrackSet } from '../consent/decide-consent.ts';
import type { SecretReader } from '../credentials/secrets-manager.ts';
import { type Newest, understand } from '../delivery/parse-reply.ts';
import { errorCodeOf, RunError, toRunError } from '../errors.ts';
import { jobSettings } from '../schedule/job-settings.ts';
import type { OneTimeSchedule } from '../schedule/plan-retry.ts';
import type { Facts } from '../timescaledb/facts.ts';
import type { Verdict } from '../version-check/judge-version.ts';
import { createDeadline, DELIVERY_LIMIT_MS, type Deadline, RETRY_LIMIT_MS } from './deadline.ts';
import { type Outcome, type RunRecord, toOutcome } from './outcome.ts';
import { readDatabase } from './read-database.ts';

export interface RunDependencies {
  /** Gives the reader of a target's secret. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** The function that a retry invokes again. */
  readonly functionArn: string;
  /** Creates the one-time schedule of a retry; one that is there already is not an error. */
  readonly createSchedule: (schedule: OneTimeSchedule, signal: AbortSignal) => Promise<void>;
  /** How long the run may take, the planning of a retry included, in milliseconds. */
  readonly limitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * @property error there when the outcome is `failed`; whoever called throws it once the outcome is logged, unless the
 *   outcome has a retry
 * @property retryError why the retry that should follow will not
 */
export interface RunResult {
  readonly outcome: Outcome;
  readonly error?: RunError;
  readonly retryError?: RunError;
}

/** One run for one target, from event to outcome. Never throws: how it ended is in the result. */
export async function run(
  input: unknown,
  settings: Settings,
  dependencies: RunDependencies,
): Promise<RunResult> {
  const story: RunRecord = { durationMs: {} };
  const phases = createDeadline(
    story.durationMs,
    dependencies.limitMs,
    settings.RETRY ? RETRY_LIMIT_MS : 0,
  );
  try {
    await execute(story, input, settings, dependencies, phases);
  } catch (thrown) {
    story.error = toRunError(thrown);
    await scheduleRetry(story, dependencies, phases);
  } finally {
    phases.stop();
  }
  const { error, retryError } = story;
  return { outcome: toOutcome(story), ...(error && { error }), ...(retryError && { retryError }) };
}

async function execute(
  story: RunRecord,
  input: unknown,
  settings: Settings,
  { secretsOf, now }: RunDependencies,
  phases: Deadline,
): Promise<void> {
  const { target, delivery, retry } = parseSettings(settings);
  story.target = target;
  story.retrySettings = retry;
  const event = parseEvent(input);
  story.event = event;
  if (isDoNotTrackSet(settings.DO_NOT_TRACK)) {
    story.consent = DO_NOT_TRACK_DENIAL;
    return;
  }

  const reading = await readDatabase(story, target, secretsOf(target), phases, {
    time: tickTime(event, now),
    ...((event.attempt ?? 0) > 0 && { retriedAt: now() }),
    ignoreSchedule: event.ignoreSchedule,
    ...('latestVersion' in delivery ? { withoutReport: true } : { reserveMs: DELIVERY_LIMIT_MS }),
  });
  const { facts, report } = reading;
  if ('latestVersion' in delivery) {
    if (shouldCheckVersion(reading, event, delivery)) {
      story.verdict = await judge(
        { says: 'outdated', named: delivery.latestVersion },
        facts,
        target,
      );
    }
    return;
  }
  if (report === undefined) return;

  const { deliver } = await import('../delivery/deliver.ts');
  const { receipt, readReply } = await phases.run('delivery', (signal) =>
    deliver(report, delivery, signal),
  );
  story.receipt = receipt;
  story.verdict = await judge(understand(await readReply(phases.remainingMs())), facts, target);
}

/** Loaded only where there is something to be judged: a skipped run begins the faster for it. */
async function judge(newest: Newest, facts: Facts, { name }: Target): Promise<Verdict> {
  const versions = await import('../version-check/judge-version.ts');
  return versions.judge(newest, facts, name);
}

/** As the built-in reporter does, no consent means no version check, unless the operator wants one, who sends nothing. */
function shouldCheckVersion(
  { consent, due }: Pick<Awaited<ReturnType<typeof readDatabase>>, 'consent' | 'due'>,
  { ignoreSchedule }: RunEvent,
  { whenOff }: VersionCheck,
): boolean {
  return (due.isDue || ignoreSchedule === true) && (consent.granted || whenOff);
}

/** The tick's nominal time, in milliseconds since 1970: late or doubled invocations of a tick are that tick. */
function tickTime({ scheduledTime }: RunEvent, now: () => number): number {
  return scheduledTime === undefined ? now() : Date.parse(scheduledTime);
}

function notScheduled(thrown: unknown): RunError {
  return new RunError('RETRY_NOT_SCHEDULED', 'The retry of this run could not be scheduled.', {
    remedy:
      "Allow the function's role scheduler:CreateSchedule in this environment's schedule group and iam:PassRole of the scheduler's role; in a private subnet it needs an interface endpoint for EventBridge Scheduler.",
    origin: errorCodeOf(thrown),
    original: thrown,
  });
}

/**
 * Schedules the retry that the job's settings ask for, where there is one to be had: never for a person's own invocation,
 * who sees the error, nor where this tick would not have sent anything. What goes wrong here is told beside the first
 * error, and never hides it.
 */
async function scheduleRetry(
  story: RunRecord,
  { functionArn, createSchedule, now }: RunDependencies,
  phases: Deadline,
): Promise<void> {
  const { error, target, retrySettings, event, facts, consent, due } = story;
  if (!error?.retryable || target === undefined || event?.scheduledTime === undefined) return;
  if (event.ignoreSchedule || consent?.granted === false || due?.isDue === false) return;
  if (retrySettings === undefined) return;
  const { planRetry, retrySchedule } = await import('../schedule/plan-retry.ts');
  const retry = planRetry({
    tick: { time: Date.parse(event.scheduledTime), hours: target.tickHours },
    attempt: event.attempt ?? 0,
    job: jobSettings(facts),
    due,
    now: now(),
  });
  if (retry === undefined) return;
  try {
    const schedule = retrySchedule(retry, event.scheduledTime, target, retrySettings, functionArn);
    await phases.run('retry', (signal) => createSchedule(schedule, signal));
    story.retry = retry;
  } catch (thrown) {
    story.retryError = notScheduled(thrown);
  }
}
