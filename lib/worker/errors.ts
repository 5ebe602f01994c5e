import { AnswerTooLarge, AwsError } from '../aws/aws-request.ts';
import { errorCodeOf, RunError } from '../errors.ts';

const RETRIED = 'The run will be retried automatically.';
const UNKNOWN_END =
  'The worker may have run all the same: after a change, a dry run shows what is left.';

/** An answer that contradicts the contract, its own facts, or its own hash. */
export function invalidAnswer(problem: string): RunError {
  return new RunError(
    'WORKER_ANSWER_INVALID',
    `The answer of the worker is not used: ${problem}. Nothing was sent.`,
    {
      remedy:
        "Deploy the environment again. If the error persists, find out who can change the worker's code: its answer contradicts itself. After a change, a dry run shows what was applied.",
    },
  );
}

/** An answer of another version of this project. */
export function otherVersion(): RunError {
  return new RunError('WORKER_VERSION', 'The answer of the worker is of another version.', {
    remedy: `Deploy the environment again, so that the worker and the function that invokes it are of one version. Nothing was sent. ${RETRIED}`,
  });
}

function denied(details: Details): RunError {
  return new RunError(
    'WORKER_DENIED',
    'Permission denied: the function may not invoke the worker, or has no valid AWS credentials.',
    {
      // A deployment updates the function's role before the function.
      remedy: `Wait for the end of a deployment. Otherwise grant lambda:InvokeFunction on the worker to the function's role. ${RETRIED}`,
      ...details,
    },
  );
}

function throttled(details: Details): RunError {
  return new RunError(
    'WORKER_THROTTLED',
    'Lambda did not run the worker: too many functions are running, or its reserved concurrency is 0.',
    {
      remedy: `Check the account's limit of concurrent executions and the worker's reserved concurrency. ${RETRIED}`,
      ...details,
    },
  );
}

function missing(details: Details): RunError {
  return new RunError('WORKER_UNAVAILABLE', 'The worker does not exist in this region.', {
    remedy: `Deploy the environment again, or correct functionArn in WORKER. ${RETRIED}`,
    ...details,
  });
}

function notReady(details: Details): RunError {
  return new RunError(
    'WORKER_UNAVAILABLE',
    'Lambda cannot run the worker yet: it is idle, or is being created or updated.',
    {
      remedy: `Wait a minute, and invoke the function again: Lambda refuses a function in a VPC once after weeks without an invocation. ${RETRIED}`,
      ...details,
    },
  );
}

function unavailable(details: Details): RunError {
  return new RunError(
    'WORKER_UNAVAILABLE',
    'Lambda did not run the worker, or its answer was lost.',
    {
      remedy: `Check the state of the worker, its subnets and its security group in the console of Lambda. ${UNKNOWN_END} ${RETRIED}`,
      ...details,
    },
  );
}

interface Details {
  readonly origin: string | undefined;
  readonly original: unknown;
}

function makerFor({ status, name }: AwsError) {
  if (status === 429 || name === 'EC2ThrottledException') return throttled;
  if (status === 401 || status === 403) return denied;
  if (status === 404) return missing;
  return status === 409 ? notReady : unavailable;
}

/** Converts an error of the invocation: Lambda has not run the worker, or its answer did not arrive. */
export function invocationError(thrown: unknown): RunError {
  if (thrown instanceof AnswerTooLarge) return invalidAnswer('it is too large');
  const make = thrown instanceof AwsError ? makerFor(thrown) : unavailable;
  return make({ origin: errorCodeOf(thrown), original: thrown });
}

/** Reasons why a function ends without an answer, by the error types of Lambda. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Timed?out|Timeout/i, "it exceeded its function's timeout"],
  [/OutOfMemory/, 'it has no memory left'],
  [/^Runtime\.ExitError$/, 'its process was ended, possibly because it has no memory left'],
  [/^Runtime\./, 'its process could not start'],
  [/ResponseSizeTooLarge/, 'its answer is larger than Lambda allows'],
];

/** Makes the error of a worker that has ended without an answer. */
export function failedWorker(errorType: string | undefined): RunError {
  const [, reason = 'its code failed'] =
    REASONS.find(([pattern]) => errorType !== undefined && pattern.test(errorType)) ?? [];
  return new RunError('WORKER_FAILED', `The worker ended without an answer: ${reason}.`, {
    remedy: `Read the log of the worker: Lambda's own line has the reason. ${UNKNOWN_END} ${RETRIED}`,
    origin: errorType,
  });
}
