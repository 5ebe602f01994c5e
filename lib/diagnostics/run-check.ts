import * as z from 'zod/mini';
import { parseTarget, type Target } from '../config/target.ts';
import { check } from '../config/validate.ts';
import { hasWorker } from '../config/worker-config.ts';
import { DO_NOT_TRACK_DENIAL, isDoNotTrackSet } from '../consent/decide-consent.ts';
import { RunError, toRunError } from '../errors.ts';
import type { DatabaseReader } from '../run/database-reader.ts';
import type { ReadSettings } from '../run/get-report.ts';
import { createRunRecorder, type RunProgress, type RunRecord } from '../run/run-record.ts';
import { type RunContext, type RunDependencies, runToEnd } from '../run/run-to-end.ts';
import { type CheckEnding, conclude, type EndpointCheck, failure } from './check-result.ts';
import { type Checklist, createChecklist, READING_STAGES, type StageName } from './checklist.ts';
import { describeReport, inferPassedStages, observeReading } from './reading-stages.ts';

const eventSchema = z.strictObject({ check: z.literal(true, 'must be true') });

export interface CheckDependencies extends RunDependencies {
  readonly reader: DatabaseReader;
  /** Version to compare with; the newest release of the version data by default. */
  readonly latestVersion?: string | undefined;
}

/** The scope of a function's check, from its environment. */
export interface CheckScope {
  readonly target: Target;
  readonly endpointCheck?: EndpointCheck;
}

const WITHOUT_CONSENT = 'there is no consent';

function parseCheckEvent(event: unknown): void {
  const problems: string[] = [];
  if (check('event', eventSchema, event, problems) !== undefined) return;
  throw new RunError('EVENT_INVALID', `The event is invalid: ${problems.join('; ')}.`, {
    remedy: 'Send { "check": true } alone. Nothing was read or sent.',
  });
}

/** Reads the database by the code of a run, then connects to the endpoint if a run might send. */
async function runStages(
  checklist: Checklist,
  { target, endpointCheck }: CheckScope,
  reader: DatabaseReader,
  context: RunContext,
): Promise<void> {
  const sendsNothing = endpointCheck?.sendsNothing;
  const { consent, report } = await reader.read(
    target,
    {
      time: context.now(),
      report: sendsNothing === undefined ? 'when-consented' : 'never',
      reserveMs: endpointCheck?.reserveMs ?? 0,
      isCheck: true,
    },
    context,
  );
  if (report !== undefined) checklist.pass('report', { detail: describeReport(report) });
  const skipReason = consent.granted ? sendsNothing : WITHOUT_CONSENT;
  if (skipReason === undefined) await endpointCheck?.run(checklist, context);
  else checklist.skipRest(skipReason);
}

/** Judges the versions by the version data alone, if the server was read. */
async function judgeVersion(
  target: Target,
  { facts }: RunRecord,
  latestVersion: string | undefined,
  { emit, now }: RunContext,
): Promise<void> {
  if (facts === undefined) return;
  const { checkVersion, namedVersion } = await import('../version-check/check-version.ts');
  const checked = await checkVersion(facts, target, now(), namedVersion(latestVersion));
  emit({ type: 'version-judged', ...checked });
}

/** Returns the stage of an error that can occur after later stages have passed; undefined for any other error. */
function stageOf({ code }: RunError, checklist: Checklist): StageName | undefined {
  // After the secret is read, CONFIG_INVALID is about tls.caFile; before it, about the region.
  if (code === 'CONFIG_INVALID' && checklist.isDone('secret')) return 'tls';
  return code.startsWith('WORKER_') ? 'worker' : undefined;
}

/** Returns the error of the first failed stage, which is a result of the check and not its failure. */
async function findFailure(
  checklist: Checklist,
  recorded: () => RunRecord,
  work: () => Promise<void>,
): Promise<RunError | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    const error = toRunError(thrown);
    inferPassedStages(checklist, error, recorded());
    checklist.fail(error, stageOf(error, checklist));
    return error;
  }
}

/**
 * Runs every stage of a run except sending, with the code of a run, and reports the first one that fails. A failed stage is
 * a result; an invalid event or configuration is an error. Never throws.
 *
 * @param scopeOf parses the environment; throws RunError CONFIG_INVALID
 */
export async function runCheck<Settings extends ReadSettings>(
  input: unknown,
  settings: Settings,
  dependencies: CheckDependencies,
  scopeOf: (settings: Settings) => CheckScope = (own) => ({ target: parseTarget(own) }),
): Promise<CheckEnding> {
  const recorder = createRunRecorder();
  const { result, error } = await runToEnd(dependencies, recorder, async (context) => {
    const scope = scopeOf(settings);
    const { target, endpointCheck } = scope;
    context.emit({ type: 'configured', target });
    parseCheckEvent(input);
    const isInWorker = hasWorker(settings);
    const reading = READING_STAGES.filter((stage) => isInWorker || stage !== 'worker');
    const checklist = createChecklist([...reading, ...(endpointCheck?.stages ?? [])]);
    const observe = observeReading(checklist, target);
    const emit = (event: RunProgress, at?: number): void => {
      context.emit(event);
      observe(event, recorder.record, at);
    };
    const failed = await findFailure(
      checklist,
      () => recorder.record,
      async () => {
        if (isDoNotTrackSet(settings.DO_NOT_TRACK)) {
          emit({ type: 'consent-decided', consent: DO_NOT_TRACK_DENIAL });
          checklist.skipRest('DO_NOT_TRACK is set: not even the secret is read');
        } else {
          await runStages(checklist, scope, dependencies.reader, { ...context, emit });
        }
      },
    );
    await judgeVersion(target, recorder.record, dependencies.latestVersion, context);
    return { checklist, endpointCheck, failed };
  });
  if (error !== undefined) return failure(error, recorder.record);
  return conclude(result, recorder.record);
}
