import * as z from 'zod/mini';
import { dayPrefix } from '../../../lib/record/record-key.ts';
import { checkSchema, outcomeSchema } from '../../output/replies.ts';
import { keysIn, recordedRun } from '../aws/bucket.ts';
import { LABELS, PLACES, type Place, recordBucket, type SmokeContext } from '../context.ts';
import { SmokeError, type Step } from '../step.ts';

const DAY_MS = 86_400_000;
const UNKNOWN_REPLY = 'Report this: the function has another version than this command.';

/**
 * Parses the result of a function.
 *
 * @throws SmokeError if it has another form
 */
export function parseReply<T>(schema: z.ZodMiniType<T>, reply: unknown): T {
  const parsed = z.safeParse(schema, reply);
  if (parsed.success) return parsed.data;
  throw new SmokeError('The function ran, but its result is not known.', UNKNOWN_REPLY);
}

function checkStep({ invoke }: SmokeContext, place: Place): Step {
  return {
    name: `check-${place}`,
    doing: `checking each stage of a run of ${LABELS[place]}`,
    needs: ['deploy'],
    limitMinutes: 4,
    limitRemedy: 'Read the log of the function: it ended without an answer.',
    async run() {
      const { ok, sentence, consent, stages } = parseReply(
        checkSchema,
        await invoke(place, { check: true }),
      );
      const failed = stages.find(({ status }) => status === 'failed');
      if (!ok) {
        throw new SmokeError(
          `Stage ${failed?.stage}: ${failed?.code ?? ''} ${sentence}`.replace('  ', ' '),
          failed?.remedy ?? 'Read the log line of the check.',
        );
      }
      if (consent?.granted !== true) {
        throw new SmokeError(
          `${sentence} Without consent nothing is sent.`,
          'Grant consent in the database, or set levelWhenUnset if its server was built without telemetry.',
        );
      }
      const passed = stages.filter(({ status }) => status === 'ok');
      return `${passed.length} stages passed, consent is granted`;
    },
  };
}

function sendStep({ invoke, findings }: SmokeContext, place: Place): Step {
  return {
    name: `send-${place}`,
    doing: `sending the report of ${LABELS[place]}`,
    needs: [`check-${place}`],
    limitMinutes: 4,
    limitRemedy: 'Read the log of the function: it ended without an answer.',
    async run() {
      const outcome = parseReply(outcomeSchema, await invoke(place, { ignoreSchedule: true }));
      const { report, receipt, error, message, remedy } = outcome;
      if (outcome.outcome !== 'sent' || report === undefined) {
        throw new SmokeError(
          `The run ended as ${outcome.outcome}: ${error?.code ?? ''} ${message}`.replace('  ', ' '),
          remedy ?? 'Read the log line of the run.',
        );
      }
      findings.sent.set(place, report.sha256);
      return `${report.bytes} bytes, the endpoint answered ${receipt?.status}`;
    },
  };
}

/** Returns the days on which runs by hand can have been recorded. */
function daysSince(startedAt: number, now: number): readonly string[] {
  const days = new Set<string>();
  for (let time = startedAt; time < now + DAY_MS; time += DAY_MS) {
    days.add(new Date(Math.min(time, now)).toISOString().replace(/T.*/, ''));
  }
  return [...days];
}

/** Returns whether the record has a run with the report of this hash. */
async function isRecorded(
  context: SmokeContext,
  place: Place,
  sha256: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { environment, databases, clock, findings } = context;
  const bucket = await recordBucket(context);
  for (const day of daysSince(findings.startedAt, clock.now())) {
    const prefix = `${dayPrefix(environment.place.environment, day)}database=${databases[place].name}/`;
    for (const key of await keysIn(bucket, prefix, signal)) {
      const run = await recordedRun(bucket, key, signal);
      if (run?.line.report?.sha256 === sha256 && run.line.outcome === 'sent') return true;
    }
  }
  return false;
}

function recordStep(context: SmokeContext): Step {
  return {
    name: 'record',
    doing: 'looking for the sent reports in the record',
    needs: PLACES.map((place) => `send-${place}`),
    limitMinutes: 2,
    limitRemedy: "Check this machine's network connection to S3.",
    async run(signal) {
      for (const [place, sha256] of context.findings.sent) {
        if (await isRecorded(context, place, sha256, signal)) continue;
        throw new SmokeError(
          `The record does not have the report of ${LABELS[place]}.`,
          'Read the warnings of its log line: RECORD_NOT_WRITTEN has the cause.',
        );
      }
      return `the exact texts of ${context.findings.sent.size} reports`;
    },
  };
}

/** Creates the steps that check both databases, send their reports, and find them in the record. */
export function reportSteps(context: SmokeContext): readonly Step[] {
  return [
    ...PLACES.map((place) => checkStep(context, place)),
    ...PLACES.map((place) => sendStep(context, place)),
    recordStep(context),
  ];
}
