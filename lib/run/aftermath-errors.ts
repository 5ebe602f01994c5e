import { errorCodeOf, RunError } from '../errors.ts';

/** The error of a retry that could not be scheduled. It is a warning beside the run's own error. */
export function retryNotScheduled(thrown: unknown): RunError {
  return new RunError('RETRY_NOT_SCHEDULED', 'The retry of this run could not be scheduled.', {
    remedy:
      "Allow the function's role scheduler:CreateSchedule in this environment's schedule group and iam:PassRole of the scheduler's role; in a private subnet it needs an interface endpoint for EventBridge Scheduler.",
    origin: errorCodeOf(thrown),
    original: thrown,
  });
}

/** The error of a run that could not be recorded. It is a warning, and never changes the outcome. */
export function recordNotWritten(thrown: unknown): RunError {
  return new RunError('RECORD_NOT_WRITTEN', 'The run could not be recorded in the bucket.', {
    remedy:
      "Check that the bucket of the record exists in the function's region. Allow the function's role s3:PutObject on the prefix of its database, and kms:GenerateDataKey on a customer-managed key of the bucket; a private subnet needs an S3 gateway endpoint, which is free. The outcome of the run is not affected.",
    origin: errorCodeOf(thrown),
    original: thrown,
  });
}
