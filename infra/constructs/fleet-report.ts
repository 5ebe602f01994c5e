import { CfnEventInvokeConfig, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { FLEET_REPORT, fleetFunctionName } from '../../lib/naming.ts';
import type { Environment, RecordBucket } from '../config/resolved-environment.ts';
import { fleetVariables } from '../function-environment.ts';
import { fleetGrants, fleetSchedulerGrants } from '../iam/fleet.ts';
import { schedulerTrust, trustOf } from '../iam/policies.ts';
import {
  environmentName,
  FLEET_SCHEDULE,
  fleetFunctionArn,
  fleetSchedulerRoleArn,
  fleetSchedulerRoleName,
  logGroupName,
  queueArn,
} from '../naming.ts';
import { createRole } from './role.ts';
import type { FunctionCode } from './telemetry-function.ts';

/** Ten thousand databases with 400 days need less than 1 GB. The memory also decides the share of the processor. */
const MEMORY_MB = 1_024;
/** The maximum of Lambda: a report of ten thousand databases takes less than 5 minutes, one of many missed days longer. */
const TIMEOUT_SECONDS = 900;
/** Reports may be repeated: the same objects change nothing, and a change is published once. */
const RETRIES = 2;
const MAX_EVENT_AGE_SECONDS = 3_600;
/** EventBridge Scheduler's retries of an invocation that Lambda does not accept. */
const DELIVERY_RETRIES = 3;

/** The last tick is at 23:40 at the latest; its run begins within 15 minutes. */
const SCHEDULE = 'cron(58 23 * * ? *)';

export interface FleetReportProps {
  readonly environment: Environment;
  readonly record: RecordBucket;
  readonly code: FunctionCode;
}

/** The function that reports on the fleet, with its role, its schedule, and the role of the schedule. Five resources. */
export class FleetReport extends Construct {
  constructor(scope: Construct, id: string, { environment, record, code }: FleetReportProps) {
    super(scope, id);
    const { place, logLevel } = environment;
    const role = createRole(this, 'Role', {
      description: `${FLEET_REPORT} of ${place.environment}: reads the record, and writes the page of the fleet`,
      trust: trustOf('lambda.amazonaws.com'),
      grants: fleetGrants(environment, record),
    });
    const lambda = new CfnFunction(this, 'Function', {
      functionName: fleetFunctionName(place.environment),
      description: 'Reads the record, writes the page of the fleet, and publishes changes',
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      code,
      role: role.attrArn,
      memorySize: MEMORY_MB,
      timeout: TIMEOUT_SECONDS,
      environment: { variables: fleetVariables(environment, record) },
      loggingConfig: {
        logFormat: 'JSON',
        applicationLogLevel: logLevel,
        logGroup: logGroupName(place, FLEET_REPORT),
      },
    });
    new CfnEventInvokeConfig(this, 'Invocation', {
      functionName: lambda.ref,
      qualifier: '$LATEST',
      maximumRetryAttempts: RETRIES,
      maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
      destinationConfig: { onFailure: { destination: queueArn(place, 'failed-runs') } },
    });
    const schedulerRole = createRole(this, 'SchedulerRole', {
      roleName: fleetSchedulerRoleName(place),
      description: `Assumed by EventBridge Scheduler: invokes ${FLEET_REPORT}`,
      trust: schedulerTrust(environment),
      grants: fleetSchedulerGrants(place),
    });
    const schedule = new CfnSchedule(this, 'Schedule', {
      name: FLEET_SCHEDULE,
      groupName: environmentName(place),
      description: `Every day after the last tick: ${FLEET_REPORT}`,
      scheduleExpression: SCHEDULE,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: fleetFunctionArn(place),
        roleArn: fleetSchedulerRoleArn(place),
        input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
        retryPolicy: {
          maximumRetryAttempts: DELIVERY_RETRIES,
          maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
        },
        deadLetterConfig: { arn: queueArn(place, 'undelivered') },
      },
    });
    schedule.node.addDependency(lambda, schedulerRole);
  }
}
