import { quotable } from '../config/printable.ts';
import {
  type ConnectionVariables,
  checkConnectionVariables,
  configError,
} from '../config/target.ts';
import { check } from '../config/validate.ts';
import { type ErrorFields, RunError, toErrorFields, toRunError } from '../errors.ts';
import { createDeadline, type Durations } from '../run/deadline.ts';
import type { Line } from '../run/outcome.ts';
import type { Ending, RunDependencies } from '../run/run-to-end.ts';
import type { WorkerAnswer } from './contract/answer.ts';
import { requestSchema, type WorkerRequest } from './contract/request.ts';
import { MAX_SENTENCE_LENGTH, TOKEN } from './contract/texts.ts';
import { isOfOtherVersion, VERSIONS } from './contract/version.ts';
import { toAnswer } from './fitting-answer.ts';
import { startOperation } from './operate.ts';

/** The summary line of one request. It contains no credentials, and no names of hosts, roles or databases. */
export interface WorkerLine extends Line {
  readonly outcome: 'answered' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly operation?: WorkerRequest['operation']['kind'];
  readonly remedy?: string;
  readonly error?: ErrorFields;
  readonly durationMs: Durations;
}

const MESSAGES: Readonly<Record<WorkerRequest['operation']['kind'], string>> = {
  read: 'The database was read.',
  check: 'The database was read for a check.',
  change: 'The change was made, or planned for a dry run.',
};

function otherVersionError(): RunError {
  return new RunError('WORKER_VERSION', 'The request to the worker is of another version.', {
    remedy:
      'Deploy the environment again, so that the worker and the functions that invoke it are of one version. Nothing was read or changed.',
  });
}

/** @throws RunError WORKER_VERSION, EVENT_INVALID */
function parseRequest(event: unknown): WorkerRequest {
  if (isOfOtherVersion(event)) throw otherVersionError();
  const problems: string[] = [];
  const request = check('event', requestSchema, event, problems);
  if (request !== undefined) return request;
  throw new RunError('EVENT_INVALID', `The event is invalid: ${problems.join('; ')}.`, {
    remedy:
      'Invoke send-report, get-report or configure, which invoke this function. Nothing was read or changed.',
  });
}

interface Answering {
  readonly answer: WorkerAnswer;
  /** The error that the answer describes. */
  readonly error?: RunError;
}

/** Describes an error within the bounds of the contract. */
function describeFailure(error: RunError, durationMs: Durations, known: object = {}) {
  const { code, retryable, origin = '', message, remedy } = error;
  const fields = {
    code,
    retryable,
    ...(TOKEN.test(origin) && { origin }),
    message: quotable(message, MAX_SENTENCE_LENGTH),
    remedy: quotable(remedy, MAX_SENTENCE_LENGTH),
  };
  return { ...VERSIONS, kind: 'error', error: fields, durationMs, ...known };
}

/** Answers with an error, without what was known before it if that does not fit. */
function fail(error: RunError, durationMs: Durations, known: object = {}): Answering {
  try {
    return { answer: toAnswer(describeFailure(error, durationMs, known)), error };
  } catch {
    return { answer: toAnswer(describeFailure(error, durationMs)), error };
  }
}

async function answer(
  request: WorkerRequest,
  variables: ConnectionVariables,
  limitMs: number,
): Promise<Answering> {
  const durationMs: Durations = {};
  const { spentMs } = request;
  const deadline = createDeadline(durationMs, Math.min(limitMs, request.limitMs), { spentMs });
  const operation = startOperation(request);
  try {
    const problems: string[] = [];
    checkConnectionVariables(variables, problems);
    if (problems.length > 0) throw configError(problems);
    const done = await operation.run(deadline);
    deadline.stop();
    return { answer: toAnswer({ ...VERSIONS, ...done, durationMs }) };
  } catch (thrown) {
    deadline.stop();
    return fail(toRunError(thrown), durationMs, operation.known());
  }
}

function toLine({ target, operation }: WorkerRequest, { answer, error }: Answering): WorkerLine {
  const common = {
    environment: target.environment,
    database: target.name,
    operation: operation.kind,
    durationMs: answer.durationMs,
  };
  if (error === undefined) {
    return { outcome: 'answered', severity: 'INFO', message: MESSAGES[operation.kind], ...common };
  }
  const { message, remedy } = error;
  const fields = toErrorFields(error);
  // The line of the function that has invoked this one says whether a retry follows.
  return { outcome: 'failed', severity: 'WARN', message, ...common, remedy, error: fields };
}

function rejected(error: RunError): Ending<WorkerLine, WorkerAnswer | typeof VERSIONS> {
  const { message, remedy, code } = error;
  return {
    line: {
      outcome: 'failed',
      severity: 'ERROR',
      message,
      remedy,
      error: toErrorFields(error),
      durationMs: {},
    },
    // The versions alone are enough for a function of another version.
    result: code === 'WORKER_VERSION' ? VERSIONS : undefined,
    error,
  };
}

/**
 * Answers one request: reads or changes the database with the credentials in it. The answer may describe an error. Never
 * throws.
 *
 * @param event WorkerRequest; for anything else the ending has an error and no result
 */
export async function handleRequest(
  event: unknown,
  variables: ConnectionVariables,
  { limitMs }: Pick<RunDependencies, 'limitMs'>,
): Promise<Ending<WorkerLine, WorkerAnswer | typeof VERSIONS>> {
  let request: WorkerRequest;
  try {
    request = parseRequest(event);
  } catch (thrown) {
    return rejected(toRunError(thrown));
  }
  const answering = await answer(request, variables, limitMs);
  return { line: toLine(request, answering), result: answering.answer, error: answering.error };
}
