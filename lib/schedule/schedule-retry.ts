import {
  ConflictException,
  CreateScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import type { OneTimeSchedule } from './plan-retry.ts';

/** Scheduler's own retries of an invocation that could not be delivered to the function. */
const DELIVERY_RETRIES = 2;
const LONGEST_EVENT_AGE_S = 3_600;

/**
 * Creates a one-time schedule, which deletes itself after its invocation. An existing schedule of the same name is a
 * success: the tick was invoked twice. Loaded only after a failure.
 *
 * @throws an error of the SDK
 */
export async function createSchedule(
  schedule: OneTimeSchedule,
  signal: AbortSignal,
): Promise<void> {
  const { name, at, group, functionArn, roleArn, deadLetterQueueArn, input } = schedule;
  const client = new SchedulerClient({
    maxAttempts: 2,
    // Without throwOnRequestTimeout, requestTimeout only logs a warning.
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
