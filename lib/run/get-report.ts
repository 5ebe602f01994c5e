import * as z from 'zod/mini';
import { parseTarget, type Target, type TargetSettings } from '../config/target.ts';
import { check } from '../config/validate.ts';
import {
  type Consent,
  evaluateRules,
  isDoNotTrackSet,
  type RuleAnswer,
} from '../consent/decide-consent.ts';
import { type VisibleLevel, visibleLevels } from '../consent/telemetry-level.ts';
import type { SecretReader } from '../credentials/secrets-manager.ts';
import { RunError, toRunError } from '../errors.ts';
import type { Report } from '../report/build-report.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { type Outcome, type RunRecord, toOutcome } from './outcome.ts';
import { readDatabase } from './read-database.ts';

const eventSchema = z.strictObject({ alwaysDisplayReport: z._default(z.boolean(), false) });

/** What the environment of `get-report` holds for us. There is no DELIVERY: what reads has no endpoint. */
export interface PreviewSettings extends TargetSettings {
  readonly DO_NOT_TRACK?: string | undefined;
}

export interface PreviewDependencies {
  /** Gives the reader of a target's secret. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** How long it may take, in milliseconds. */
  readonly limitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a run would do, and what it would send. */
export interface Preview {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  /** The decision; every rule's own answer, whether it decided or not; and every visible place where a level is set. */
  readonly consent: Consent & {
    readonly rules: readonly RuleAnswer[];
    readonly levels: readonly VisibleLevel[];
  };
  /** The job's next boundary, ISO 8601: the first tick at or after it is due. Null where there is none. */
  readonly nextDue: string | null;
  /** What is worth knowing of the schedule, and of how the report was built. */
  readonly notes: readonly string[];
  /** The exact text; null when it has no consent and was not asked for. */
  readonly report: string | null;
  /** Hexadecimal, of the report's bytes. */
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly source: Report['source'] | null;
  readonly installedVersion: string;
  readonly postgresqlVersion: string;
}

/**
 * @property error there when the outcome is `failed`; whoever called throws it once the outcome is logged
 */
export interface PreviewResult {
  readonly outcome: Outcome;
  readonly preview?: Preview;
  readonly error?: RunError;
}

function parsePreviewEvent(event: unknown): z.infer<typeof eventSchema> {
  const problems: string[] = [];
  const parsed = check('event', eventSchema, event ?? {}, problems);
  if (parsed !== undefined) return parsed;
  throw new RunError('EVENT_INVALID', `The event is invalid: ${problems.join('; ')}.`, {
    remedy:
      'Send {}, { "alwaysDisplayReport": true } to see the report although telemetry is off, or { "check": true }. Nothing was read.',
  });
}

function notesOf(facts: Facts, report: Report | undefined, notes: readonly string[]): string[] {
  return [
    ...notes,
    ...(facts.standby
      ? ['This is a standby: the job and the identifiers are those of the primary.']
      : []),
    ...(report?.fallback === undefined
      ? []
      : [`reportSource is function, but the report was built by plain SQL: ${report.fallback}.`]),
    ...(report !== undefined && report.estimatedRelations > 0
      ? [`The sizes of ${report.estimatedRelations} relations are estimates.`]
      : []),
  ];
}

async function read(
  story: RunRecord,
  input: unknown,
  settings: PreviewSettings,
  { secretsOf, now }: PreviewDependencies,
  phases: Deadline,
): Promise<Preview> {
  const target = parseTarget(settings);
  story.target = target;
  const { alwaysDisplayReport: always } = parsePreviewEvent(input);
  const isUntracked = isDoNotTrackSet(settings.DO_NOT_TRACK);
  const { facts, consent, due, report } = await readDatabase(
    story,
    target,
    secretsOf(target),
    phases,
    { time: now(), ignoreSchedule: true, always, isUntracked },
  );

  return {
    database: target.name,
    environment: target.environment,
    consent: {
      ...consent,
      rules: evaluateRules(facts, target, isUntracked),
      levels: visibleLevels(facts),
    },
    nextDue: due.nextDue?.toISOString() ?? null,
    notes: notesOf(facts, report, due.notes),
    report: report === undefined ? null : new TextDecoder().decode(report.body),
    sha256: report?.sha256 ?? null,
    bytes: report?.body.byteLength ?? null,
    source: report?.source ?? null,
    installedVersion: facts.installedVersion,
    postgresqlVersion: facts.postgresqlVersion,
  };
}

/**
 * What a run for this target would send now, and why it would or would not: the half that reads, and nothing that could
 * send. Never throws: how it ended is in the result.
 */
export async function preview(
  input: unknown,
  settings: PreviewSettings,
  dependencies: PreviewDependencies,
): Promise<PreviewResult> {
  const story: RunRecord = { durationMs: {} };
  const phases = createDeadline(story.durationMs, dependencies.limitMs);
  try {
    const shown = await read(story, input, settings, dependencies, phases);
    phases.stop();
    return { outcome: toOutcome(story, 'shown'), preview: shown };
  } catch (thrown) {
    phases.stop();
    const error = toRunError(thrown);
    story.error = error;
    return { outcome: toOutcome(story), error };
  }
}
