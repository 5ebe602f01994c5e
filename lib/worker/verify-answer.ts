import { createHash } from 'node:crypto';
import type { Target } from '../config/target.ts';
import { type Consent, decideConsent } from '../consent/decide-consent.ts';
import { RETRYABLE_BY_CODE, RunError } from '../errors.ts';
import type { Report } from '../report/build-report.ts';
import type { Reading, ReadOptions } from '../run/database-reader.ts';
import { decideDueTick, isReportWanted } from '../run/decisions.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { releaseOf } from '../timescaledb/server-info.ts';
import {
  type FailedAnswer,
  parseAnswerOfKind,
  type ReadAnswer,
  type WorkerAnswer,
} from './contract/answer.ts';
import { isOfOtherVersion } from './contract/version.ts';
import { invalidAnswer, otherVersion } from './errors.ts';

/**
 * Checks the form of an answer.
 *
 * @throws RunError WORKER_VERSION, WORKER_ANSWER_INVALID
 */
export function parseAnswer(value: unknown): WorkerAnswer {
  if (isOfOtherVersion(value)) throw otherVersion();
  const answer = parseAnswerOfKind(value);
  if (!('place' in answer)) return answer;
  const { place } = answer;
  throw invalidAnswer(place === '' ? 'it has another form' : `its part ${place} has another form`);
}

/** Converts the error in an answer. */
export function toRunErrorOf({ error }: Pick<FailedAnswer, 'error'>): RunError {
  const { code, retryable, message, remedy, origin } = error;
  if (retryable !== RETRYABLE_BY_CODE[code]) {
    throw invalidAnswer('its error is of another kind than its code');
  }
  return new RunError(code, message, { remedy, origin });
}

/** The decisions on a reading. */
export interface Decided {
  readonly consent: Consent;
  readonly due: Reading['due'];
}

/** Decides consent and tick from the facts, as the worker did. */
export async function decideFrom(
  facts: Facts,
  target: Target,
  options: ReadOptions,
): Promise<Decided> {
  return {
    consent: decideConsent(facts, target, options.isUntracked),
    due: await decideDueTick(facts, options, target),
  };
}

/** Whether a report of this source may come from the worker. Without consent, only plain SQL may build a report. */
function isSourceAllowed(
  { source, fallback }: Pick<Report, 'source' | 'fallback'>,
  { reportSource }: Target,
  { granted }: Consent,
): boolean {
  const expected = granted ? reportSource : 'catalog';
  return fallback === undefined
    ? source === expected
    : expected === 'function' && source === 'catalog';
}

/**
 * Checks the report against its hash, its size, and the published list of the release.
 *
 * @throws RunError WORKER_ANSWER_INVALID
 */
async function toReport(
  { text, sha256, bytes, ...rest }: NonNullable<ReadAnswer['report']>,
  { installedVersion }: Facts,
): Promise<Report> {
  const body = new TextEncoder().encode(text);
  if (body.byteLength !== bytes) throw invalidAnswer('the report has another size');
  if (createHash('sha256').update(body).digest('hex') !== sha256) {
    throw invalidAnswer('the report has another hash');
  }
  // Loaded only with a report.
  const { validateReport, uuidOf } = await import('../report/validate-report.ts');
  try {
    validateReport(text, releaseOf(installedVersion));
  } catch {
    // The differences are texts of the worker, and are not repeated.
    throw invalidAnswer('the report does not match the published list of its release');
  }
  const uuid = uuidOf(text);
  return { ...rest, body, sha256, ...(uuid !== undefined && { uuid }) };
}

/**
 * Converts an answer to a reading. Consent and tick are decided again from its facts: an answer that is looser or stricter
 * than these decisions is not used, and neither is a report that is not exactly the one that was requested.
 *
 * @throws RunError WORKER_ANSWER_INVALID
 */
export async function toReading(
  answer: ReadAnswer,
  target: Target,
  options: ReadOptions,
): Promise<Reading> {
  const { facts } = answer;
  const { consent, due } = await decideFrom(facts, target, options);
  const { granted, level, rule } = answer.consent;
  if (granted !== consent.granted || level !== consent.level || rule !== consent.rule) {
    throw invalidAnswer('its facts lead to another consent');
  }
  if (answer.due.isDue !== due.isDue) throw invalidAnswer('its facts lead to another schedule');
  const isWanted = isReportWanted(options.report, consent, due);
  if (isWanted !== (answer.report !== null)) {
    throw invalidAnswer(isWanted ? 'it has no report' : 'it has a report without a request');
  }
  if (answer.report === null) return { facts, consent, due, report: undefined };
  if (!isSourceAllowed(answer.report, target, consent)) {
    throw invalidAnswer('the report has another source');
  }
  return { facts, consent, due, report: await toReport(answer.report, facts) };
}
