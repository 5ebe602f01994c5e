import * as z from 'zod/mini';
import { parseTarget, type Target, type TargetSettings } from '../config/target.ts';
import { check } from '../config/validate.ts';
import { DO_NOT_TRACK_DENIAL, isDoNotTrackSet } from '../consent/decide-consent.ts';
import type { Credentials } from '../credentials/parse-secret.ts';
import type { SecretReader } from '../credentials/secrets-manager.ts';
import { RunError, toRunError } from '../errors.ts';
import { createDeadline, type Deadline } from '../run/deadline.ts';
import type { RunRecord } from '../run/outcome.ts';
import { readDatabase } from '../run/read-database.ts';
import { type CheckOutcome, conclude, type EndpointCheck, failure } from './check-result.ts';
import { createChecklist, READING_STAGES, type Walk } from './checklist.ts';
import { credit, describeReport, describeSecret, observer } from './reading-stages.ts';

const eventSchema = z.strictObject({ check: z.literal(true, 'must be true') });

export interface DoctorSettings extends TargetSettings {
  readonly DO_NOT_TRACK?: string | undefined;
}

export interface DoctorDependencies {
  /** Gives the reader of a target's secret. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** How long it may take, in milliseconds. */
  readonly limitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a function is to do, from its environment. */
export interface Assignment {
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

/** From the secret to the report, by the code of a run; then the way out, if it is one that may be taken. */
async function walkAll(
  walk: Walk,
  story: RunRecord,
  { target, endpointCheck }: Assignment,
  { secretsOf, now }: DoctorDependencies,
  phases: Deadline,
): Promise<void> {
  const reader = secretsOf(target);
  let credentials: Credentials | undefined;
  const secrets: SecretReader = {
    async read(stage, signal) {
      credentials = await reader.read(stage, signal);
      if (!walk.isDone('secret')) {
        walk.pass('secret', { detail: describeSecret(target, credentials) });
      }
      return credentials;
    },
  };
  const sendsNothing = endpointCheck?.sendsNothing;
  const { consent, report } = await readDatabase(story, target, secrets, phases, {
    time: now(),
    ignoreSchedule: true,
    withoutReport: sendsNothing !== undefined,
    reserveMs: endpointCheck?.reserveMs ?? 0,
    observe: observer(walk, story, target, () => credentials),
  });
  if (report !== undefined) walk.pass('report', { detail: describeReport(report) });
  const why = consent.granted ? sendsNothing : WITHOUT_CONSENT;
  if (why === undefined) await endpointCheck?.walk(walk, phases);
  else walk.skipRest(why);
}

async function findBroken(
  walk: Walk,
  story: RunRecord,
  work: () => Promise<void>,
): Promise<RunError | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    const error = toRunError(thrown);
    credit(walk, error, story);
    // Of the files that a target names there is one alone, the authority's; before the secret it is the function's region.
    const isOfFile = error.code === 'CONFIG_INVALID' && walk.isDone('secret');
    walk.fail(error, isOfFile ? 'tls' : undefined);
    return error;
  }
}

/**
 * Comes through every stage of a run but the sending, by the code of a run, and says which is the first that is broken. A
 * broken stage is a result; an event or a configuration that cannot be understood is an error. Never throws: how it ended
 * is in the result.
 *
 * @param assign what the function is to do; throws RunError CONFIG_INVALID
 */
export async function examine<Settings extends DoctorSettings>(
  input: unknown,
  settings: Settings,
  dependencies: DoctorDependencies,
  assign: (settings: Settings) => Assignment = (own) => ({ target: parseTarget(own) }),
): Promise<CheckOutcome> {
  const story: RunRecord = { durationMs: {} };
  const phases = createDeadline(story.durationMs, dependencies.limitMs);
  try {
    const assignment = assign(settings);
    const { target, endpointCheck } = assignment;
    story.target = target;
    parseCheckEvent(input);
    const walk = createChecklist([...READING_STAGES, ...(endpointCheck?.stages ?? [])]);
    const broken = await findBroken(walk, story, async () => {
      if (isDoNotTrackSet(settings.DO_NOT_TRACK)) {
        story.consent = DO_NOT_TRACK_DENIAL;
        walk.skipRest('DO_NOT_TRACK is set: not even the secret is read');
      } else {
        await walkAll(walk, story, assignment, dependencies, phases);
      }
    });
    phases.stop();
    return conclude(walk.stages(), story, endpointCheck, broken);
  } catch (thrown) {
    phases.stop();
    return failure(toRunError(thrown), story);
  }
}
