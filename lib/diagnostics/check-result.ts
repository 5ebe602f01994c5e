import { type Consent, DO_NOT_TRACK_DENIAL } from '../consent/decide-consent.ts';
import { type ErrorFields, type RunError, toErrorFields } from '../errors.ts';
import type { Durations } from '../run/deadline.ts';
import { type Line, toVersionSummary, type VersionSummary } from '../run/outcome.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { Ending, RunContext } from '../run/run-to-end.ts';
import type { JobHealth } from '../timescaledb/facts.ts';
import {
  type Checklist,
  READING_STAGES,
  type Stage,
  type StageName,
  WOULD_BE_SKIPPED,
} from './checklist.ts';

/** The stages after the database, for a function that sends. */
export interface EndpointCheck {
  readonly stages: readonly StageName[];
  /** The reason why this function never sends and never builds a report. */
  readonly sendsNothing?: string;
  /** Part of the run's time that is reserved for these stages, in milliseconds. */
  readonly reserveMs: number;
  /** Runs the stages without sending anything; throws the error of the first one that fails. */
  readonly run: (checklist: Checklist, context: RunContext) => Promise<void>;
}

/** The result of a check. */
export interface CheckResult {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  /** True when no stage failed. Denied consent is not a failure. */
  readonly ok: boolean;
  /** The first failed stage and its error; otherwise what a run would do. */
  readonly sentence: string;
  /** Null when it was not reached. */
  readonly consent: Pick<
    Consent,
    'granted' | 'level' | 'rule' | 'where' | 'holder' | 'sentence'
  > | null;
  readonly stages: readonly Stage[];
  /** The verdict by the version data alone, if the server could be read. */
  readonly version?: VersionSummary;
  /** Scheduled and failing jobs, if the role may read their statistics. */
  readonly jobs?: JobHealth;
  /** The server is a standby. */
  readonly standby?: true;
}

/** The summary line of a check. */
export interface CheckLine extends Line, Pick<CheckResult, 'version' | 'jobs' | 'standby'> {
  readonly outcome: 'checked-only' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly consent?: CheckResult['consent'];
  /** The failed stage. */
  readonly stage?: StageName;
  readonly remedy?: string;
  readonly error?: ErrorFields;
  readonly durationMs: Durations;
}

/** The end of a check. With a result, the error is that of the failed stage. */
export type CheckEnding = Ending<CheckLine, CheckResult>;

/** The sentence of a check without a failed stage. */
function successSentence(consent: Consent, endpointCheck: EndpointCheck | undefined): string {
  if (!consent.granted) return `No problem found. ${consent.sentence} ${WOULD_BE_SKIPPED}`;
  if (endpointCheck === undefined) {
    return 'No problem found up to the report. To check the endpoint too, invoke the check of send-report.';
  }
  return endpointCheck.sendsNothing === undefined
    ? 'No problem found. A run would send its report when it is due.'
    : 'No problem found. A run would check the version when it is due, and send nothing.';
}

function summaryOf({ granted, level, rule, where, holder, sentence }: Consent) {
  return { granted, level, rule, where, ...(holder !== undefined && { holder }), sentence };
}

/** Returns what was read of the server beside its consent, if it could be read. */
function readingOf({ verdict, facts }: Pick<RunRecord, 'verdict' | 'facts'>) {
  return {
    ...(verdict && { version: toVersionSummary(verdict) }),
    ...(facts?.jobHealth && { jobs: facts.jobHealth }),
    ...(facts?.standby && { standby: true as const }),
  };
}

/** Names the failed stage, and the worker if the stage ran there: a stage of the reading after that of the worker. */
function failureSentence({ stage, detail }: Stage, stages: readonly Stage[]): string {
  const names = stages.map((one) => one.stage);
  const isReading = READING_STAGES.some((one) => one === stage);
  const isInWorker =
    isReading && names.includes('worker') && names.indexOf(stage) > names.indexOf('worker');
  return `The stage "${stage}" failed${isInWorker ? ' in the worker' : ''}: ${detail}`;
}

/** The stages of a check that ran. */
interface Checked {
  readonly checklist: Checklist;
  readonly endpointCheck: EndpointCheck | undefined;
  readonly failed: RunError | undefined;
}

/** Makes the result and the line of a check that ran. Pure. */
export function conclude(
  { checklist, endpointCheck, failed }: Checked,
  record: RunRecord,
): CheckEnding {
  const { target, consent, durationMs } = record;
  const stages = checklist.stages();
  const stage = stages.find(({ status }) => status === 'failed');
  const sentence =
    stage === undefined
      ? successSentence(consent ?? DO_NOT_TRACK_DENIAL, endpointCheck)
      : failureSentence(stage, stages);
  const remedy = stage === undefined ? consent?.remedy : stage.remedy;
  const names = { database: target?.name ?? '', environment: target?.environment ?? '' };
  const summary = consent === undefined ? null : summaryOf(consent);
  const read = readingOf(record);
  return {
    line: {
      outcome: 'checked-only',
      severity: failed === undefined ? 'INFO' : 'WARN',
      message: sentence,
      ...names,
      ...(summary !== null && { consent: summary }),
      ...(stage !== undefined && { stage: stage.stage }),
      ...(remedy !== undefined && { remedy }),
      ...read,
      ...(failed !== undefined && { error: toErrorFields(failed) }),
      durationMs,
    },
    result: { ...names, ok: failed === undefined, sentence, consent: summary, stages, ...read },
    error: failed,
  };
}

/** Makes the line of a check that could not start. Pure. */
export function failure(error: RunError, { target, durationMs }: RunRecord): CheckEnding {
  return {
    line: {
      outcome: 'failed',
      severity: 'ERROR',
      message: error.message,
      ...(target && { environment: target.environment, database: target.name }),
      remedy: error.remedy,
      error: toErrorFields(error),
      durationMs,
    },
    result: undefined,
    error,
  };
}
