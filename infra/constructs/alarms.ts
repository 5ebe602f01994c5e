import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { METRICS_NAMESPACE, type MetricName, SERVICE } from '../../lib/naming.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { environmentName, type Place, type Queue, queueName } from '../naming.ts';

/** A figure of all runs of an environment. */
export function environmentMetric(
  { environment }: Place,
  metricName: MetricName,
  { statistic = 'Sum', period = Duration.days(1) } = {},
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE, environment },
    statistic,
    period,
  });
}

export function queueMetric(
  place: Place,
  queue: Queue,
  metricName: 'NumberOfMessagesSent' | 'ApproximateNumberOfMessagesVisible',
  statistic: 'Sum' | 'Maximum',
): Metric {
  return new Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName: queueName(place, queue) },
    statistic,
    period: Duration.minutes(5),
  });
}

/** What an environment's owner is to be told, beside the silence of a database; three resources. */
export class EnvironmentAlarms extends Construct {
  constructor(scope: Construct, id: string, { place, alarmTopic }: Environment) {
    super(scope, id);
    const topic = alarmTopic && Topic.fromTopicArn(this, 'Topic', alarmTopic);
    const create = (name: string, props: Omit<AlarmProps, 'alarmName' | 'threshold'>) => {
      const alarm = new Alarm(this, name, {
        ...props,
        alarmName: `${environmentName(place)}-${name}`,
        threshold: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (!topic) return;
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    };
    create('failed-for-good', {
      alarmDescription:
        'A run has failed, and no further attempt will follow before the next tick. The saved queries "why failed" and "what ended without a word" say which and why; the message in the queue failed-runs has its event.',
      // An idle queue's figures come late, when newer periods are there already.
      evaluationPeriods: 6,
      datapointsToAlarm: 1,
      // The queue has also those that ended without a line of ours: out of memory, or of time.
      metric: queueMetric(place, 'failed-runs', 'NumberOfMessagesSent', 'Sum'),
    });
    create('undelivered', {
      alarmDescription:
        'EventBridge Scheduler could not invoke a function, four times in an hour. The message in the queue undelivered says which and why; purge the queue when that is settled.',
      evaluationPeriods: 1,
      metric: queueMetric(place, 'undelivered', 'ApproximateNumberOfMessagesVisible', 'Maximum'),
    });
    create('known-vulnerable', {
      alarmDescription:
        'A database runs a TimescaleDB with a published vulnerability. The saved query "outdated databases" says which; upgrade it.',
      // It goes on while nothing is checked, as with a job that runs once a week.
      evaluationPeriods: 7,
      datapointsToAlarm: 1,
      metric: environmentMetric(place, 'KnownVulnerable', { statistic: 'Maximum' }),
    });
  }
}
