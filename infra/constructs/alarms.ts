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
import {
  type FleetMetricName,
  METRICS_NAMESPACE,
  type MetricName,
  SERVICE,
} from '../../lib/naming.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { type DeployPlace, environmentName, type Queue, queueName } from '../naming.ts';

/** Returns a metric of all runs of an environment. */
export function environmentMetric(
  { environment }: DeployPlace,
  metricName: MetricName | FleetMetricName,
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

/** Returns a metric of one of an environment's queues. */
export function queueMetric(
  place: DeployPlace,
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

/** The alarms of an environment as a whole; each database has one of its own. Four resources, and one for the report on the fleet. */
export class EnvironmentAlarms extends Construct {
  constructor(scope: Construct, id: string, { place, alarmTopic, fleet }: Environment) {
    super(scope, id);
    const topic = alarmTopic && Topic.fromTopicArn(this, 'Topic', alarmTopic);
    const create = (
      name: string,
      props: Pick<AlarmProps, 'metric' | 'evaluationPeriods' | 'alarmDescription'> &
        Partial<AlarmProps>,
    ) => {
      const alarm = new Alarm(this, name, {
        alarmName: `${environmentName(place)}-${name}`,
        threshold: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        ...props,
      });
      if (!topic) return;
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    };
    create('final-failures', {
      alarmDescription:
        'A run failed, and no further attempt follows before the next tick. Run the saved queries "failed runs" and "abnormal exits" for database and cause; the message in the queue failed-runs contains the event.',
      // Metrics of an idle queue arrive late, after those of newer periods.
      evaluationPeriods: 6,
      datapointsToAlarm: 1,
      // The queue also receives runs that wrote no summary line: out of memory or time.
      metric: queueMetric(place, 'failed-runs', 'NumberOfMessagesSent', 'Sum'),
    });
    create('undelivered', {
      alarmDescription:
        'EventBridge Scheduler could not invoke a function after four attempts within an hour. The message in the queue undelivered contains function and cause; purge the queue after the cause is fixed.',
      evaluationPeriods: 1,
      metric: queueMetric(place, 'undelivered', 'ApproximateNumberOfMessagesVisible', 'Maximum'),
    });
    create('known-vulnerable', {
      alarmDescription:
        'A database runs a TimescaleDB version with a published vulnerability. Run the saved query "outdated databases" for its name and the version to upgrade to.',
      // It stays in ALARM between two checks, also for a job that runs once a week.
      evaluationPeriods: 7,
      datapointsToAlarm: 1,
      metric: environmentMetric(place, 'KnownVulnerable', { statistic: 'Maximum' }),
    });
    create('jobs-broken', {
      alarmDescription:
        'The minor release of PostgreSQL breaks all scheduled jobs of the installed TimescaleDB version: compression, retention and refresh jobs fail. Run the saved query "failing jobs" for the database and the required action.',
      // As for known-vulnerable.
      evaluationPeriods: 7,
      datapointsToAlarm: 1,
      metric: environmentMetric(place, 'JobsBroken', { statistic: 'Maximum' }),
    });
    if (fleet === undefined) return;
    create('missing-fleet-report', {
      alarmDescription:
        'The record was not read for two days: silent databases are not detected, and no changes are published. Read the log of fleet-report, then invoke it with {}.',
      evaluationPeriods: 2,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      metric: environmentMetric(place, 'Silent', { statistic: 'SampleCount' }),
    });
  }
}
