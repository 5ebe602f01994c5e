import { RunError } from '../errors.ts';
import { MAX_ANSWER_BYTES, parseAnswerOfKind, type WorkerAnswer } from './contract/answer.ts';

/** Returns the part of an answer that exceeds the bounds of the contract; undefined for an answer within them. */
export function misfitOf(answer: object): string | undefined {
  const checked = parseAnswerOfKind(answer);
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  if (!('place' in checked) && bytes <= MAX_ANSWER_BYTES) return undefined;
  return ('place' in checked && checked.place) || `${bytes} bytes`;
}

/**
 * Makes the error of an answer that does not fit. The state of a database may exceed the bounds of the contract.
 *
 * @param effect a further sentence, with a space before it
 */
export function misfitError(misfit: string, effect = ''): RunError {
  return new RunError(
    'CATALOG_UNEXPECTED',
    `The state of this database does not fit into the worker's answer: ${misfit}.${effect}`,
    {
      remedy:
        'Look for very long or very many telemetry levels, telemetry jobs and metadata in the database. If there are none, the catalogs may be damaged.',
    },
  );
}

/**
 * Checks an answer by its schema.
 *
 * @throws RunError CATALOG_UNEXPECTED
 */
export function toAnswer(answer: object): WorkerAnswer {
  const checked = parseAnswerOfKind(answer);
  const misfit = misfitOf(answer);
  if ('place' in checked || misfit !== undefined) throw misfitError(misfit ?? 'its form');
  return checked;
}
