import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnScheduleGroup, type IScheduleGroup, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DatabaseFunction } from '../../../lib/naming.ts';

/** The maximum of SQS. */
const QUEUE_RETENTION = Duration.days(14);

/** Creates a queue of failed events. CloudFormation generates its name. */
export function createQueue(scope: Construct, id: string): Queue {
  const queue = new Queue(scope, id, {
    retentionPeriod: QUEUE_RETENTION,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason:
      'This queue is a dead-letter queue itself; an alarm notifies a person, who reads its messages.',
  });
  return queue;
}

/** Creates the log group of a function. It records what was sent, so that it remains when the stack is destroyed. */
export function createLogGroup(
  scope: Construct,
  purpose: DatabaseFunction,
  retention = RetentionDays.THIRTEEN_MONTHS,
): ILogGroup {
  return new LogGroup(scope, `Log-${purpose}`, {
    retention,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

/** Creates a schedule group. CDK's own class would set a name, which a template that is deployed twice cannot have. */
export function createScheduleGroup(scope: Construct): IScheduleGroup {
  const group = new CfnScheduleGroup(scope, 'Schedules', {});
  return ScheduleGroup.fromScheduleGroupName(scope, 'ImportedSchedules', group.ref);
}
