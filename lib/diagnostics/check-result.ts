import { type Consent, NOT_TO_BE_TRACKED } from '../consent/decide-consent.ts';
import { type ErrorTokens, type RunError, tokensOf } from '../errors.ts';
import type { Line } from '../observability/logger.ts';
import type { Phases } from '../run/deadline.ts';
import type { Story } from '../run/outcome.ts';
import { type Stage, type StageName, type Walk, WOULD_BE_SKIPPED } from './checklist.ts';

/** What is beyond the database, for a function that sends. */
export interface WayOut {
  readonly stages: readonly StageName[];
  /** Why nothing is sent, and no report built, whatever the database says. */
  readonly sendsNothing?: string;
  /** Of the run's time, what it needs. */
  readonly keepMs: number;
  /** Comes through its stages, and sends nothing. Throws at the broken one. */
  readonly walk: (walk: Walk, phases: Phases) => Promise<void>;
}

/** What was found. */
export interface Examination {
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
export interface ExaminationLine extends Line {
  readonly outcome: 'examined' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly consent?: Examination['consent'];
  /** The first broken stage. */
  readonly stage?: StageName;
  readonly remedy?: string;
  readonly error?: ErrorTokens;
  readonly durationMs: Story['durationMs'];
}

/**
 * @property broken what the first broken stage has thrown
 * @property error there when nothing could be examined; whoever called throws it once the line is logged
 */
export interface ExaminationResult {
  readonly line: ExaminationLine;
  readonly examination?: Examination;
  readonly broken?: RunError;
  readonly error?: RunError;
}

/** What nothing being broken means for the next run. */
function wellSentence(consent: Consent, wayOut: WayOut | undefined): string {
  if (!consent.granted) return `Nothing is broken. ${consent.sentence} ${WOULD_BE_SKIPPED}`;
  if (wayOut === undefined) {
    return 'All is well as far as the report; the way to the endpoint is for send-report to check.';
  }
  return wayOut.sendsNothing === undefined
    ? 'All is well. A run would send its report when it is due.'
    : 'All is well. A run would judge the version when it is due, and send nothing.';
}

function shortOf({ granted, level, rule, where, sentence }: Consent) {
  return { granted, level, rule, where, sentence };
}

/** The result and the line, from the walk. Pure. */
export function conclude(
  stages: readonly Stage[],
  { target, consent, durationMs }: Story,
  wayOut: WayOut | undefined,
  broken: RunError | undefined,
): ExaminationResult {
  const stage = stages.find(({ status }) => status === 'failed');
  const sentence =
    stage === undefined
      ? wellSentence(consent ?? NOT_TO_BE_TRACKED, wayOut)
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
      ...(broken !== undefined && { error: tokensOf(broken) }),
      durationMs,
    },
    examination: { ...names, ok: broken === undefined, sentence, consent: short, stages },
    ...(broken !== undefined && { broken }),
  };
}

/** Of a check that nothing came of. */
export function failure(error: RunError, { target, durationMs }: Story): ExaminationResult {
  return {
    line: {
      outcome: 'failed',
      severity: 'ERROR',
      message: error.message,
      ...(target && { environment: target.environment, database: target.name }),
      remedy: error.remedy,
      error: tokensOf(error),
      durationMs,
    },
    error,
  };
}
