import type { RunEvent } from '../config/send-report-config.ts';
import type { Consent } from '../consent/decide-consent.ts';
import type { Receipt } from '../delivery/deliver.ts';
import { type ErrorFields, type RunError, type Severity, toErrorFields } from '../errors.ts';
import type { Report } from '../report/build-report.ts';
import type { Due } from '../schedule/due.ts';
import type { Retry } from '../schedule/plan-retry.ts';
import type { JobHealth } from '../timescaledb/facts.ts';
import type { Verdict } from '../version-check/judge-version.ts';
import type { Durations } from './deadline.ts';
import type { RunRecord } from './run-record.ts';

/** One line of the log. */
export interface Line {
  readonly severity: Severity;
  readonly message: string;
}

/** The verdict of the version check, as the summary line and the results of the functions have it. */
export interface VersionSummary {
  readonly installed: string;
  /** PostgreSQL's version. */
  readonly postgresql: string;
  readonly available: string | null;
  readonly latest?: string;
  readonly reachable?: string;
  readonly fix?: string;
  readonly versionsBehind?: number;
  readonly verdicts: Verdict['codes'];
  /** What to do, by whom, in which database. */
  readonly sentence: string;
  /** Published vulnerabilities of the installed version; absent for none. */
  readonly advisories?: Verdict['advisories'];
  /** Date of the version data. */
  readonly asOf: string;
}

/** The outcome of a run: the result of the function, and the summary line of its log. */
export interface Outcome extends Line {
  /** `checked`: sends nothing by configuration, and compared the version; `shown`: a preview. */
  readonly outcome: 'sent' | 'checked' | 'skipped' | 'failed' | 'shown';
  readonly environment?: string;
  readonly database?: string;
  readonly scheduledTime?: string;
  readonly attempt?: number;
  readonly hint?: string;
  readonly remedy?: string;
  /** The server is a standby: the job and the identifiers are those of the primary. */
  readonly standby?: true;
  /** The report's db_uuid. Two targets share it after a snapshot was restored or a template copied. */
  readonly uuid?: string;
  /** Scheduled and failing jobs of the database. Never part of the report. */
  readonly jobs?: JobHealth;
  readonly consent?: Pick<Consent, 'granted' | 'level' | 'rule' | 'where' | 'holder' | 'sentence'>;
  readonly warnings?: readonly string[];
  /** Facts that are harmless, but possibly unexpected. */
  readonly notes?: readonly string[];
  /** The job's next start, ISO 8601: the first tick at or after it is due. */
  readonly nextDue?: string;
  readonly report?: {
    readonly source: Report['source'];
    readonly bytes: number;
    readonly sha256: string;
    /** Number of relations with estimated sizes; absent for none. */
    readonly estimatedRelations?: number;
  };
  readonly receipt?: Receipt;
  readonly version?: VersionSummary;
  /** The attempt that follows this one. */
  readonly retry?: Retry;
  readonly error?: ErrorFields;
  readonly durationMs: Durations;
}

/** The outcome of a run, not of a preview. */
export interface RunOutcome extends Outcome {
  readonly outcome: Exclude<Outcome['outcome'], 'shown'>;
}

function textOf({ code, origin, message, remedy }: RunError): string {
  return `${message} (${code}${origin === undefined ? '' : `, ${origin}`}) ${remedy}`;
}

/** Returns the problems that did not stop the run. */
function warningsOf({
  facts,
  consent,
  report,
  dataWarning,
  retryError,
  recordError,
}: RunRecord): readonly string[] {
  const hasNoUuid = report !== undefined && !facts?.metadataKeys.includes('uuid');
  return [
    ...(consent?.warnings ?? []),
    ...(hasNoUuid
      ? ['The metadata of the database has no uuid, so the report has no db_uuid.']
      : []),
    ...(report?.fallback !== undefined
      ? [`reportSource is function, but the report was built by plain SQL: ${report.fallback}.`]
      : []),
    ...(dataWarning !== undefined ? [dataWarning] : []),
    ...(retryError !== undefined ? [textOf(retryError)] : []),
    ...(recordError !== undefined ? [textOf(recordError)] : []),
  ];
}

function invocationOf({ scheduledTime, attempt }: RunEvent) {
  return {
    ...(scheduledTime !== undefined && { scheduledTime }),
    ...(attempt !== undefined && { attempt }),
  };
}

function scheduleOf({ notes, nextDue }: Due): Pick<Outcome, 'notes' | 'nextDue'> {
  return {
    ...(notes.length > 0 && { notes }),
    ...(nextDue !== null && { nextDue: nextDue.toISOString() }),
  };
}

function reportOf(report: Report): Pick<Outcome, 'uuid' | 'report'> {
  const { source, body, sha256, estimatedRelations, uuid } = report;
  return {
    ...(uuid !== undefined && { uuid }),
    report: {
      source,
      bytes: body.byteLength,
      sha256,
      ...(estimatedRelations > 0 && { estimatedRelations }),
    },
  };
}

/** Summarizes a verdict. Pure. */
export function toVersionSummary(verdict: Verdict): VersionSummary {
  const { latest, reachable, fix, versionsBehind, advisories } = verdict;
  return {
    installed: verdict.installed,
    postgresql: verdict.postgresql,
    available: verdict.available,
    ...(latest !== undefined && { latest }),
    ...(reachable !== undefined && { reachable }),
    ...(fix !== undefined && { fix }),
    ...(versionsBehind !== undefined && { versionsBehind }),
    verdicts: verdict.codes,
    sentence: verdict.sentence,
    ...(advisories.length > 0 && { advisories }),
    asOf: verdict.asOf,
  };
}

/** Returns the fields of every outcome, as far as the run has filled them. */
function common(record: RunRecord) {
  const { event, target, facts, consent, due, report, receipt, verdict, retry } = record;
  const warnings = warningsOf(record);
  return {
    ...(target && { environment: target.environment, database: target.name }),
    ...(event && invocationOf(event)),
    ...(facts?.standby && { standby: true as const }),
    ...(facts?.jobHealth && { jobs: facts.jobHealth }),
    ...(consent && {
      consent: {
        granted: consent.granted,
        level: consent.level,
        rule: consent.rule,
        where: consent.where,
        ...(consent.holder !== undefined && { holder: consent.holder }),
        sentence: consent.sentence,
      },
    }),
    ...(warnings.length > 0 && { warnings }),
    ...(due && scheduleOf(due)),
    ...(report && reportOf(report)),
    ...(receipt && { receipt }),
    ...(retry && { retry }),
    ...(verdict && { version: toVersionSummary(verdict) }),
    durationMs: record.durationMs,
  };
}

/** Returns the severity of a run without error; a warning raises INFO. */
function severityOf(record: RunRecord, severity: Severity = 'INFO'): Severity {
  return severity === 'INFO' && warningsOf(record).length > 0 ? 'WARN' : severity;
}

/** Explains a tick with consent that is not due. */
function notDue({ every, nextDue }: Due): string {
  return nextDue === null
    ? 'The telemetry job is never due: its schedule_interval or initial_start is infinite.'
    : `The telemetry job is not due: it runs every ${every}, next at ${nextDue.toISOString()}.`;
}

/** Explains why the run sends nothing. */
function whySkipped({ consent, due }: RunRecord): string {
  if (consent?.granted && due !== undefined) return notDue(due);
  return consent?.sentence ?? '';
}

function failure(record: RunRecord, error: RunError): RunOutcome {
  return {
    outcome: 'failed',
    severity: record.retry === undefined ? 'ERROR' : 'WARN',
    message: error.message,
    ...common(record),
    remedy: error.remedy,
    error: toErrorFields(error),
  };
}

/** Makes the outcome of a run that sent nothing and whose verdict, if any, is only logged with the reason. */
function skipped(record: RunRecord): RunOutcome {
  const { consent, verdict } = record;
  return {
    outcome: 'skipped',
    severity: severityOf(record, verdict?.severity),
    message: whySkipped(record),
    ...common(record),
    ...(consent?.remedy !== undefined && { remedy: consent.remedy }),
  };
}

/** Makes the outcome of a preview. Its severity is not that of the verdict, since no run took place. Pure. */
export function toPreviewOutcome(record: RunRecord): Outcome {
  const { error, consent } = record;
  if (error !== undefined) return failure(record, error);
  return {
    outcome: 'shown',
    severity: severityOf(record),
    message: consent?.sentence ?? '',
    ...common(record),
    ...(consent?.remedy !== undefined && { remedy: consent.remedy }),
  };
}

/** Makes the outcome of a run. Pure. */
export function toOutcome(record: RunRecord): RunOutcome {
  const { error, consent, receipt, verdict } = record;
  if (error !== undefined) return failure(record, error);
  if (verdict === undefined || !consent?.granted) return skipped(record);
  return {
    outcome: receipt === undefined ? 'checked' : 'sent',
    severity: severityOf(record, verdict.severity),
    message: verdict.message,
    ...common(record),
    ...(verdict.hint !== undefined && { hint: verdict.hint }),
  };
}
