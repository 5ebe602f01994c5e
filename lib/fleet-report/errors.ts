import { AnswerTooLarge, AwsError } from '../aws/aws-request.ts';
import { errorCodeOf, RunError, toRunError } from '../errors.ts';

/** The error of a report whose requests to the bucket failed. */
export function toReportError(thrown: unknown): RunError {
  if (thrown instanceof RunError) return thrown;
  const details = { origin: errorCodeOf(thrown), original: thrown };
  if (thrown instanceof AwsError && !thrown.isTemporary) {
    return new RunError(
      'RECORD_DENIED',
      'S3 refused a request for the record or for the results.',
      {
        remedy:
          "Check that the bucket exists in the function's region. Allow the function's role s3:ListBucket on the prefix runs/ of its environment, s3:GetObject on the objects below it, s3:GetObject and s3:PutObject on fleet/ of its environment, and kms:Decrypt and kms:GenerateDataKey on a customer-managed key of the bucket. Then invoke the function again.",
        ...details,
      },
    );
  }
  if (thrown instanceof AwsError || thrown instanceof AnswerTooLarge || isOfConnection(thrown)) {
    return new RunError('RECORD_UNAVAILABLE', 'S3 did not answer a request for the record.', {
      remedy: 'Invoke the function again. The next report reads what this one has not read.',
      ...details,
    });
  }
  return toRunError(thrown);
}

function isOfConnection(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
}

/** The error of a report that ran out of time. */
export function timeLimit(original: unknown): RunError {
  return new RunError('TIME_LIMIT', "The report exceeded the function's time limit.", {
    remedy:
      'Invoke the function again: the next report reads what this one has not read. For a large fleet, raise the memory of the function, which also raises its share of the processor.',
    original,
  });
}

/** The error of a report that others have overtaken three times. */
export function stateConflict(): RunError {
  return new RunError(
    'FLEET_STATE_CONFLICT',
    'Other reports of this environment wrote their states at the same time, three times.',
    { remedy: 'Invoke the function again when no other invocation of it is running.' },
  );
}

/** The error of notifications that could not be published. */
export function notSent(count: number, thrown: unknown): RunError {
  const isOne = count === 1;
  return new RunError(
    'NOTIFICATION_NOT_SENT',
    `${isOne ? 'A notification' : `${count} notifications`} could not be published to the topic. The next report publishes ${isOne ? 'it' : 'them'} again.`,
    {
      remedy:
        "Check that the topic exists. Allow the function's role sns:Publish on it, and kms:Decrypt and kms:GenerateDataKey on its key if it is encrypted.",
      origin: errorCodeOf(thrown),
      original: thrown,
    },
  );
}
