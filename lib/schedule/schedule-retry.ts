import {
  ConflictException,
  CreateScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import type { OneTimeSchedule } from './plan-retry.ts';

/** For a retry that cannot be delivered to the function; one that is delivered is never repeated. */
const DELIVERY_RETRIES = 2;
const LONGEST_EVENT_AGE_S = 3_600;

/**
 * Creates a one-time schedule, which is deleted when it is over. One of the same name is there already when the tick was
 * invoked twice; then there is nothing left to do. Loaded only by a run that has failed.
 *
 * @throws the SDK's own errors
 */
export async function createSchedule(
  schedule: OneTimeSchedule,
  signal: AbortSignal,
): Promise<void> {
  const { name, at, group, functionArn, roleArn, deadLetterQueueArn, input } = schedule;
  const client = new SchedulerClient({
    maxAttempts: 2,
    // Without the third the second is only a warning.
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
    },
  });
  try {
    await client.send(
      new CreateScheduleCommand({
        Name: name,
        ClientToken: name,
        GroupName: group,
        Description: 'A retry of timescaledb-telemetry; it deletes itself.',
        ScheduleExpression: `at(${at.replace(/Z$/, '')})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: functionArn,
          RoleArn: roleArn,
          Input: input,
          RetryPolicy: {
            MaximumRetryAttempts: DELIVERY_RETRIES,
            MaximumEventAgeInSeconds: LONGEST_EVENT_AGE_S,
          },
          ...(deadLetterQueueArn !== undefined && {
            DeadLetterConfig: { Arn: deadLetterQueueArn },
          }),
        },
      }),
      { abortSignal: signal },
    );
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error;
  } finally {
    client.destroy();
  }
}
