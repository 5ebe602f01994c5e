import {
  DATABASE_AUTHENTICATION,
  OUT_OF_DATE,
  timeLimit,
  WORKER_DENIED,
  WORKER_MISSING,
  WORKER_NOT_READY,
  WORKER_THROTTLED,
  WORKER_UNAVAILABLE,
  WORKER_VERSION,
  workerAnswerInvalid,
  workerFailed,
} from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

function failed(fault: string, expected: Fault['expected'], origin?: string): Fault {
  return { fault, outcome: 'failed', expected, ...(origin !== undefined && { origin }) };
}

/** Faults of an environment in whose network `database-worker` reaches the database for `send-report`. */
export const WORKER_FAULTS = {
  title: 'The worker',
  faults: {
    none: { fault: 'nothing fails', outcome: 'sent', expected: OUT_OF_DATE },
    throttled: failed('Lambda throttles it', WORKER_THROTTLED, 'TooManyRequestsException'),
    networkThrottled: failed(
      'EC2 throttles its network interfaces',
      WORKER_THROTTLED,
      'EC2ThrottledException',
    ),
    missing: failed('it does not exist', WORKER_MISSING, 'ResourceNotFoundException'),
    notReady: failed(
      'it is idle, and Lambda activates it',
      WORKER_NOT_READY,
      'ResourceConflictException',
    ),
    denied: failed(
      'the role of the function may not invoke it',
      WORKER_DENIED,
      'AccessDeniedException',
    ),
    noAddress: failed(
      'its subnet has no address left',
      WORKER_UNAVAILABLE,
      'SubnetIPAddressLimitReachedException',
    ),
    serviceError: failed('Lambda has an internal error', WORKER_UNAVAILABLE, 'ServiceException'),
    refused: failed(
      'no server listens at the address of Lambda',
      WORKER_UNAVAILABLE,
      'ECONNREFUSED',
    ),
    reset: failed('the connection to Lambda is reset', WORKER_UNAVAILABLE, 'ECONNRESET'),
    silent: failed('Lambda does not answer', timeLimit('worker')),
    timedOut: failed(
      'it exceeds the timeout of its function',
      workerFailed("it exceeded its function's timeout"),
      'Sandbox.Timedout',
    ),
    killed: failed(
      'its process is killed',
      workerFailed('its process was ended, possibly because it has no memory left'),
      'Runtime.ExitError',
    ),
    outOfMemory: failed(
      'it has no memory left',
      workerFailed('its process was ended, possibly because it has no memory left'),
      'Runtime.ExitError',
    ),
    notImported: failed(
      'its code cannot be imported',
      workerFailed('its process could not start'),
      'Runtime.ImportModuleError',
    ),
    otherRelease: failed('it is of another release', WORKER_VERSION),
    otherContract: failed('it has another contract', WORKER_VERSION),
    notJson: failed('its answer is not JSON', workerAnswerInvalid('it is not JSON')),
    tooLarge: failed(
      'its answer is larger than a report can be',
      workerAnswerInvalid('it is too large'),
    ),
    tooLargeForLambda: failed(
      'its answer is larger than Lambda allows',
      workerFailed('its answer is larger than Lambda allows'),
      'Function.ResponseSizeTooLarge',
    ),
    unknownKey: failed(
      'its answer has an unknown field',
      workerAnswerInvalid('it has another form'),
    ),
    looserConsent: failed(
      'its answer grants what its facts deny',
      workerAnswerInvalid('its facts lead to another consent'),
    ),
    stricterConsent: failed(
      'its answer denies what its facts grant',
      workerAnswerInvalid('its facts lead to another consent'),
    ),
    otherSchedule: failed(
      'its answer has another schedule than its facts',
      workerAnswerInvalid('its facts lead to another schedule'),
    ),
    otherHash: failed(
      'the report is another than that of the hash',
      workerAnswerInvalid('the report has another hash'),
    ),
    otherSize: failed(
      'the report has another size',
      workerAnswerInvalid('the report has another size'),
    ),
    unpublished: failed(
      'the report has a field that is not published',
      workerAnswerInvalid('the report does not match the published list of its release'),
    ),
    wrongPassword: failed(
      'the password is wrong in every version of the secret',
      DATABASE_AUTHENTICATION,
      '28P01',
    ),
    rotated: {
      fault: 'the secret is rotated between its reading and the login',
      outcome: 'sent',
      expected: OUT_OF_DATE,
    },
  },
} satisfies FaultGroup;
