import { RunError } from '../errors.ts';
import {
  type AnswerProblem,
  MAX_ANSWER_BYTES,
  parseAnswerOfKind,
  type WorkerAnswer,
} from './contract/answer.ts';

/** Returns an answer that is within the bounds of the contract; otherwise the part that is not. */
export function fitAnswer(answer: object): WorkerAnswer | AnswerProblem {
  const checked = parseAnswerOfKind(answer);
  if ('place' in checked) return { place: checked.place || 'its form' };
  const bytes = Buffer.byteLength(JSON.stringify(answer));
  return bytes > MAX_ANSWER_BYTES ? { place: `${bytes} bytes` } : checked;
}

/**
 * Makes the error of an answer that does not fit. The state of a database may exceed the bounds of the contract.
 *
 * @param effect a further sentence, with a space before it
 */
export function misfitError({ place }: AnswerProblem, effect = ''): RunError {
  return new RunError(
    'CATALOG_UNEXPECTED',
    `The state of this database does not fit into the worker's answer: ${place}.${effect}`,
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
  const fitting = fitAnswer(answer);
  if ('place' in fitting) throw misfitError(fitting);
  return fitting;
}
