import * as z from 'zod/mini';
import { parseTarget, type TargetSettings } from '../config/target.ts';
import { check } from '../config/validate.ts';
import {
  type Consent,
  evaluateRules,
  isDoNotTrackSet,
  type RuleAnswer,
} from '../consent/decide-consent.ts';
import { type VisibleLevel, visibleLevels } from '../consent/telemetry-level.ts';
import { RunError } from '../errors.ts';
import type { Report } from '../report/build-report.ts';
import type { Facts, JobHealth } from '../timescaledb/facts.ts';
import type { DatabaseReader } from './database-reader.ts';
import {
  type Outcome,
  toPreviewOutcome,
  toVersionSummary,
  type VersionSummary,
} from './outcome.ts';
import { createRunRecorder } from './run-record.ts';
import { type Ending, type RunContext, type RunDependencies, runToEnd } from './run-to-end.ts';

const eventSchema = z.strictObject({ alwaysDisplayReport: z._default(z.boolean(), false) });

/** The environment of `get-report`. It has no DELIVERY: this function has no endpoint. */
export interface ReadSettings extends TargetSettings {
  readonly DO_NOT_TRACK?: string | undefined;
}

export interface GetReportDependencies extends RunDependencies {
  readonly reader: DatabaseReader;
  /** Version to compare with; the newest release of the version data by default. */
  readonly latestVersion?: string | undefined;
}

/** The decision of a run, and the report that it would send. */
export interface Preview {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  /** The decision, the answer of every rule, and every visible place where a level is set. */
  readonly consent: Consent & {
    readonly rules: readonly RuleAnswer[];
    readonly levels: readonly VisibleLevel[];
  };
  /** The job's next start, ISO 8601: the first tick at or after it is due. Null for never. */
  readonly nextDue: string | null;
  /** Notes on the schedule, and on how the report was built. */
  readonly notes: readonly string[];
  /** Scheduled and failing jobs; null when the role may not read their statistics. Never part of the report. */
  readonly jobs: JobHealth | null;
  /** The exact text; null without consent, unless alwaysDisplayReport is true. */
  readonly report: string | null;
  /** Hexadecimal SHA-256 of the report's bytes. */
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly source: Report['source'] | null;
  readonly installedVersion: string;
  readonly postgresqlVersion: string;
  /** The verdict by the version data alone: a preview asks no endpoint. */
  readonly version: VersionSummary;
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
      ? [`The sizes of ${report.estimatedRelations} relations are estimated.`]
      : []),
  ];
}

async function read(
  input: unknown,
  settings: ReadSettings,
  { reader, latestVersion }: GetReportDependencies,
  context: RunContext,
): Promise<Preview> {
  const target = parseTarget(settings);
  context.emit({ type: 'configured', target });
  const { alwaysDisplayReport } = parsePreviewEvent(input);
  const isUntracked = isDoNotTrackSet(settings.DO_NOT_TRACK);
  const { facts, consent, due, report } = await reader.read(
    target,
    {
      time: context.now(),
      report: alwaysDisplayReport ? 'always' : 'when-consented',
      isUntracked,
    },
    context,
  );

  const { checkVersion, namedVersion } = await import('../version-check/check-version.ts');
  const checked = await checkVersion(facts, target, context.now(), namedVersion(latestVersion));
  context.emit({ type: 'version-judged', ...checked });
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
    jobs: facts.jobHealth,
    report: report === undefined ? null : new TextDecoder().decode(report.body),
    sha256: report?.sha256 ?? null,
    bytes: report?.body.byteLength ?? null,
    source: report?.source ?? null,
    installedVersion: facts.installedVersion,
    postgresqlVersion: facts.postgresqlVersion,
    version: toVersionSummary(checked.verdict),
  };
}

/**
 * Returns the report that a run for this target would send now, and why it would or would not send it. Contains no code
 * that could send. Never throws.
 */
export async function getReport(
  input: unknown,
  settings: ReadSettings,
  dependencies: GetReportDependencies,
): Promise<Ending<Outcome, Preview>> {
  const recorder = createRunRecorder();
  const ending = await runToEnd(dependencies, recorder, (context) =>
    read(input, settings, dependencies, context),
  );
  return { line: toPreviewOutcome(recorder.record), ...ending };
}
