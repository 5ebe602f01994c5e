import {
  type Delivery,
  parseEvent,
  parseSettings,
  type RunEvent,
  type Settings,
  type VersionCheck,
} from '../config/send-report-config.ts';
import type { Target } from '../config/target.ts';
import { DO_NOT_TRACK_DENIAL, isDoNotTrackSet } from '../consent/decide-consent.ts';
import { type LatestVersion, parseReply } from '../delivery/parse-reply.ts';
import type { RunError } from '../errors.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { recordNotWritten, retryNotScheduled } from './aftermath-errors.ts';
import type { DatabaseReader, Reading, ReadOptions } from './database-reader.ts';
import { DELIVERY_LIMIT_MS, RECORD_LIMIT_MS, RETRY_LIMIT_MS } from './deadline.ts';
import { type RunOutcome, toOutcome } from './outcome.ts';
import type { RecordDependencies } from './record-run.ts';
import type { RetryDependencies } from './retry.ts';
import { createRunRecorder } from './run-record.ts';
import { type Ending, type RunContext, type RunDependencies, runToEnd } from './run-to-end.ts';

export interface SendReportDependencies
  extends RunDependencies,
    RetryDependencies,
    RecordDependencies {
  readonly reader: DatabaseReader;
}

/** The end of a run. A failed run with a retry has a result, so that Lambda counts no error. */
export interface SendReportEnding extends Ending<RunOutcome, RunOutcome> {
  readonly retryError: RunError | undefined;
  readonly recordError: RunError | undefined;
}

/** Runs one tick of one target, from the event to the outcome. Never throws. */
export async function sendReport(
  input: unknown,
  settings: Settings,
  dependencies: SendReportDependencies,
): Promise<SendReportEnding> {
  const recorder = createRunRecorder();
  const startedAt = dependencies.now();
  const { error } = await runToEnd(
    dependencies,
    recorder,
    (context) => execute(input, settings, dependencies.reader, context),
    {
      reserves: {
        retryMs: settings.RETRY ? RETRY_LIMIT_MS : 0,
        recordMs: settings.RECORD ? RECORD_LIMIT_MS : 0,
      },
      async recover(context) {
        try {
          // Loaded only by a run that has failed.
          const { scheduleRetry } = await import('./retry.ts');
          await scheduleRetry(recorder.record, dependencies, context);
        } catch (thrown) {
          context.emit({ type: 'retry-failed', retryError: retryNotScheduled(thrown) });
        }
      },
      async finish(context) {
        if (recorder.record.recordSettings === undefined) return;
        try {
          // Loaded after the delivery.
          const { recordRun } = await import('./record-run.ts');
          await recordRun(recorder.record, startedAt, dependencies, context);
        } catch (thrown) {
          context.emit({ type: 'record-failed', recordError: recordNotWritten(thrown) });
        }
      },
    },
  );
  const { retry, retryError, recordError } = recorder.record;
  const line = toOutcome(recorder.record);
  const isFinalFailure = error !== undefined && retry === undefined;
  return { line, result: isFinalFailure ? undefined : line, error, retryError, recordError };
}

/** Executes the steps of a run in order, from the event to the verdict. */
async function execute(
  input: unknown,
  settings: Settings,
  reader: DatabaseReader,
  context: RunContext,
): Promise<void> {
  const { emit } = context;
  const { target, delivery, retry, record } = parseSettings(settings);
  emit({
    type: 'configured',
    target,
    ...(retry && { retrySettings: retry }),
    ...(record && { recordSettings: record }),
  });
  const event = parseEvent(input);
  emit({ type: 'event-parsed', event });
  if (isDoNotTrackSet(settings.DO_NOT_TRACK)) {
    emit({ type: 'consent-decided', consent: DO_NOT_TRACK_DENIAL });
    return;
  }
  const sendsNothing = 'latestVersion' in delivery;
  const reading = await reader.read(target, readOptions(event, sendsNothing, context), context);
  const latest = sendsNothing
    ? configuredVersion(reading, event, delivery)
    : await sendAndReadReply(reading, delivery, context);
  if (latest !== undefined) await judge(latest, reading.facts, target, context);
}

function readOptions(
  { scheduledTime, attempt = 0, ignoreSchedule }: RunEvent,
  sendsNothing: boolean,
  { now }: RunContext,
): ReadOptions {
  return {
    // The nominal time: a late or doubled invocation of a tick is the same tick.
    time: scheduledTime === undefined ? now() : Date.parse(scheduledTime),
    retriedAt: attempt > 0 ? now() : undefined,
    ...(sendsNothing
      ? { report: 'never' }
      : {
          report: ignoreSchedule ? 'when-consented' : 'when-due',
          reserveMs: DELIVERY_LIMIT_MS,
        }),
  };
}

/** Delivers the report, if there is one, and parses the reply. */
async function sendAndReadReply(
  { report }: Reading,
  delivery: Delivery,
  { deadline, emit }: RunContext,
): Promise<LatestVersion | undefined> {
  if (report === undefined) return undefined;
  const { deliver } = await import('../delivery/deliver.ts');
  const { receipt, readReply } = await deadline.run('delivery', (signal) =>
    deliver(report, delivery, signal),
  );
  emit({ type: 'report-sent', receipt });
  return parseReply(await readReply(deadline.remainingMs()));
}

/**
 * Returns the version to compare with where nothing is sent. As in the built-in reporter, there is no version check
 * without consent, unless the operator asks for one.
 */
function configuredVersion(
  { consent, due }: Reading,
  { ignoreSchedule }: RunEvent,
  { latestVersion, whenOff }: VersionCheck,
): LatestVersion | undefined {
  const isWanted = (due.isDue || ignoreSchedule === true) && (consent.granted || whenOff);
  return isWanted ? { status: 'outdated', version: latestVersion } : undefined;
}

async function judge(
  latest: LatestVersion,
  facts: Facts,
  target: Target,
  { emit, now }: RunContext,
): Promise<void> {
  // Loaded only by a run that has something to judge.
  const { checkVersion } = await import('../version-check/check-version.ts');
  emit({ type: 'version-judged', ...(await checkVersion(facts, target, now(), latest)) });
}
