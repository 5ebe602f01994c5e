import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { FleetMetricName, MetricName } from '../../lib/naming.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { type DeployPlace, environmentName, type Queue, queueName } from '../naming.ts';
import { createMetric } from './metrics.ts';

/** Returns a metric of all runs of an environment. */
export function environmentMetric(
  { environment }: DeployPlace,
  metricName: MetricName | FleetMetricName,
  props?: MetricOptions,
): Metric {
  return createMetric(metricName, { environment }, props);
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

/** Settings of an alarm that differ from those of most others. */
export type OwnAlarmProps = Pick<AlarmProps, 'metric' | 'evaluationPeriods' | 'alarmDescription'> &
  Partial<AlarmProps>;

/** Evaluation of the alarm `final-failures`: metrics of an idle queue arrive late, after those of newer periods. */
export const LATE_METRIC = { evaluationPeriods: 6, datapointsToAlarm: 1 } as const;
/** Evaluation of alarms for findings: in ALARM between two checks, also for a job that runs once a week. */
export const WEEKLY_FINDING = { evaluationPeriods: 7, datapointsToAlarm: 1 } as const;

/** Creates an alarm that goes to ALARM at 1 or more, and publishes to the topic, if there is one. */
export function createAlarm(
  scope: Construct,
  id: string,
  topic: ITopic | undefined,
  props: OwnAlarmProps,
): Alarm {
  const alarm = new Alarm(scope, id, {
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    ...props,
  });
  if (topic === undefined) return alarm;
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
  return alarm;
}

/** The alarms of an environment as a whole; each database has one of its own. Four resources, and one for the report on the fleet. */
export class EnvironmentAlarms extends Construct {
  /** The alarms, by the end of their names, such as `final-failures`. */
  readonly alarms: ReadonlyMap<string, Alarm>;

  constructor(scope: Construct, id: string, { place, alarmTopic, fleet }: Environment) {
    super(scope, id);
    const topic =
      alarmTopic === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', alarmTopic);
    const alarms = new Map<string, Alarm>();
    this.alarms = alarms;
    const create = (name: string, props: OwnAlarmProps) => {
      const alarmName = `${environmentName(place)}-${name}`;
      const alarm = createAlarm(this, name, topic, { alarmName, ...props });
      alarms.set(name, alarm);
      return alarm;
    };
    create('final-failures', {
      alarmDescription:
        'A run failed, and no further attempt follows before the next tick. Run the saved queries "failed runs" and "abnormal exits" for database and cause; the message in the queue failed-runs contains the event.',
      ...LATE_METRIC,
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
      ...WEEKLY_FINDING,
      metric: environmentMetric(place, 'KnownVulnerable', { statistic: 'Maximum' }),
    });
    create('jobs-broken', {
      alarmDescription:
        'The minor release of PostgreSQL breaks all scheduled jobs of the installed TimescaleDB version: compression, retention and refresh jobs fail. Run the saved query "failing jobs" for the database and the required action.',
      ...WEEKLY_FINDING,
      metric: environmentMetric(place, 'JobsBroken', { statistic: 'Maximum' }),
    });
    if (fleet === undefined) return;
    const missingReport = create('missing-fleet-report', {
      alarmDescription:
        'INSUFFICIENT_DATA: the record was not read for two days. Silent databases are not detected, and no changes are published. Read the log of fleet-report, then invoke it with {}. In a new deployment: the first report is made at 23:58 UTC.',
      // Two days. CloudWatch looks back over some more periods, which are short for that reason.
      evaluationPeriods: 8,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Breaching data would raise the alarm of every new deployment until its first report. Without data, a new alarm keeps its
      // first state, INSUFFICIENT_DATA, and an older one changes to it, which is notified. Other alarms detect a function that
      // never runs: undelivered, if the schedule cannot invoke it, and final-failures, if it fails.
      treatMissingData: TreatMissingData.MISSING,
      metric: environmentMetric(place, 'Silent', {
        statistic: 'SampleCount',
        period: Duration.hours(6),
      }),
    });
    if (topic) missingReport.addInsufficientDataAction(new SnsAction(topic));
  }
}
