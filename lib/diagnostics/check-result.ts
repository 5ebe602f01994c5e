import { type Consent, DO_NOT_TRACK_DENIAL } from '../consent/decide-consent.ts';
import { type ErrorFields, type RunError, toErrorFields } from '../errors.ts';
import type { Deadline } from '../run/deadline.ts';
import type { Line, RunRecord } from '../run/outcome.ts';
import { type Stage, type StageName, type Walk, WOULD_BE_SKIPPED } from './checklist.ts';

/** What is beyond the database, for a function that sends. */
export interface EndpointCheck {
  readonly stages: readonly StageName[];
  /** Why nothing is sent, and no report built, whatever the database says. */
  readonly sendsNothing?: string;
  /** Of the run's time, what it needs. */
  readonly reserveMs: number;
  /** Comes through its stages, and sends nothing. Throws at the broken one. */
  readonly walk: (walk: Walk, phases: Deadline) => Promise<void>;
}

/** What was found. */
export interface CheckResult {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  /** No stage is broken. A run without consent is not broken. */
  readonly ok: boolean;
  /** The first broken stage and what is the matter with it; or that nothing is, and why a run would be skipped. */
  readonly sentence: string;
  /** Null when it could not be asked for. */
  readonly consent: Pick<Consent, 'granted' | 'level' | 'rule' | 'where' | 'sentence'> | null;
  readonly stages: readonly Stage[];
}

/** The one summary line of a check. */
export interface CheckLine extends Line {
  readonly outcome: 'examined' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly consent?: CheckResult['consent'];
  /** The first broken stage. */
  readonly stage?: StageName;
  readonly remedy?: string;
  readonly error?: ErrorFields;
  readonly durationMs: RunRecord['durationMs'];
}

/**
 * @property broken what the first broken stage has thrown
 * @property error there when nothing could be examined; whoever called throws it once the line is logged
 */
export interface CheckOutcome {
  readonly line: CheckLine;
  readonly examination?: CheckResult;
  readonly broken?: RunError;
  readonly error?: RunError;
}

/** What nothing being broken means for the next run. */
function wellSentence(consent: Consent, endpointCheck: EndpointCheck | undefined): string {
  if (!consent.granted) return `Nothing is broken. ${consent.sentence} ${WOULD_BE_SKIPPED}`;
  if (endpointCheck === undefined) {
    return 'All is well as far as the report; the way to the endpoint is for send-report to check.';
  }
  return endpointCheck.sendsNothing === undefined
    ? 'All is well. A run would send its report when it is due.'
    : 'All is well. A run would judge the version when it is due, and send nothing.';
}

function shortOf({ granted, level, rule, where, sentence }: Consent) {
  return { granted, level, rule, where, sentence };
}

/** The result and the line, from the walk. Pure. */
export function conclude(
  stages: readonly Stage[],
  { target, consent, durationMs }: RunRecord,
  endpointCheck: EndpointCheck | undefined,
  broken: RunError | undefined,
): CheckOutcome {
  const stage = stages.find(({ status }) => status === 'failed');
  const sentence =
    stage === undefined
      ? wellSentence(consent ?? DO_NOT_TRACK_DENIAL, endpointCheck)
      : `The stage "${stage.stage}" is broken: ${stage.detail}`;
  const remedy = stage === undefined ? consent?.remedy : stage.remedy;
  const names = { database: target?.name ?? '', environment: target?.environment ?? '' };
  const short = consent === undefined ? null : shortOf(consent);
  return {
    line: {
      outcome: 'examined',
      severity: broken === undefined ? 'INFO' : 'WARN',
      message: sentence,
      ...names,
      ...(short !== null && { consent: short }),
      ...(stage !== undefined && { stage: stage.stage }),
      ...(remedy !== undefined && { remedy }),
      ...(broken !== undefined && { error: toErrorFields(broken) }),
      durationMs,
    },
    examination: { ...names, ok: broken === undefined, sentence, consent: short, stages },
    ...(broken !== undefined && { broken }),
  };
}

/** Of a check that nothing came of. */
export function failure(error: RunError, { target, durationMs }: RunRecord): CheckOutcome {
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
    error,
  };
}
