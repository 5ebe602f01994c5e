import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { createAlarm, LATE_METRIC, type OwnAlarmProps, WEEKLY_FINDING } from '../alarms.ts';
import type { RunMetrics } from '../metrics.ts';

export interface DatabaseAlarmsProps {
  readonly metrics: RunMetrics;
  readonly failedRunsQueue: IQueue;
  readonly undeliveredQueue: IQueue;
  readonly topic: ITopic | undefined;
}

/** The alarms of a single database that an environment has as a whole. Four resources. */
export class DatabaseAlarms extends Construct {
  /** The alarms by name, such as `final-failures`. */
  readonly alarms: ReadonlyMap<string, IAlarm>;

  constructor(scope: Construct, id: string, props: DatabaseAlarmsProps) {
    super(scope, id);
    const { metrics, failedRunsQueue, undeliveredQueue, topic } = props;
    const definitions: Readonly<Record<string, OwnAlarmProps>> = {
      'final-failures': {
        alarmDescription:
          'A run failed, and no further attempt follows before the next tick. Search the log of send-report for the outcome failed; the message in the queue of failed runs contains the event.',
        ...LATE_METRIC,
        // The queue also receives runs that wrote no summary line: out of memory or time.
        metric: failedRunsQueue.metricNumberOfMessagesSent({ statistic: 'Sum' }),
      },
      undelivered: {
        alarmDescription:
          'EventBridge Scheduler could not invoke send-report after four attempts within an hour. The message in the queue of undelivered events contains the cause; purge the queue after the cause is fixed.',
        evaluationPeriods: 1,
        metric: undeliveredQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      },
      'known-vulnerable': {
        alarmDescription:
          'The database runs a TimescaleDB version with a published vulnerability. The field version of the summary line has the version to upgrade to.',
        ...WEEKLY_FINDING,
        metric: metrics.metricKnownVulnerable(),
      },
      'jobs-broken': {
        alarmDescription:
          'The minor release of PostgreSQL breaks all scheduled jobs of the installed TimescaleDB version: compression, retention and refresh jobs fail. The field version of the summary line has the required action.',
        ...WEEKLY_FINDING,
        metric: metrics.metricJobsBroken(),
      },
    };
    this.alarms = new Map(
      Object.entries(definitions).map(([name, own]) => [name, createAlarm(this, name, topic, own)]),
    );
  }
}
