import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { METRICS_NAMESPACE, type MetricName, type Purpose, SERVICE } from '../../lib/naming.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { tickExpression, WINDOW_MINUTES } from '../cron.ts';
import {
  environmentName,
  functionArn,
  missingRunsAlarmName,
  queueArn,
  schedulerRoleArn,
} from '../naming.ts';
import { type FunctionCode, TelemetryFunction } from './telemetry-function.ts';

/** EventBridge Scheduler's retries of an invocation that Lambda does not accept; failed runs have retries of their own. */
const DELIVERY_RETRIES = 3;
const DELIVERY_SECONDS = 3_600;
const MISSED_TICKS = 2;

export interface DatabaseTelemetryProps {
  readonly environment: Environment;
  readonly database: Database;
  readonly codeOf: (purpose: Purpose) => FunctionCode;
  /** The scheduler's role. It must exist before the schedule: EventBridge Scheduler checks that it can assume the role. */
  readonly schedulerRole: CfnRole;
}

/** The resources of one database: its functions, its schedule, and the alarm for missing runs, unless alarms are per environment. */
export class DatabaseTelemetry extends Construct {
  constructor(
    scope: Construct,
    { environment, database, codeOf, schedulerRole }: DatabaseTelemetryProps,
  ) {
    super(scope, `Database-${database.name}`);
    const create = (id: string, purpose: Purpose): TelemetryFunction =>
      new TelemetryFunction(this, id, { environment, database, purpose, code: codeOf(purpose) });

    const sendReport = create('SendReport', 'send-report');
    create('GetReport', 'get-report');
    if (database.configure !== undefined) create('Configure', 'configure');
    this.createSchedule(environment, database).node.addDependency(sendReport, schedulerRole);
    if (environment.alarms === 'database') this.createAlarm(environment, database);
  }

  private createSchedule({ place }: Environment, { name, stack, tickHours }: Database) {
    const { environment } = place;
    return new CfnSchedule(this, 'Schedule', {
      name,
      groupName: environmentName(place),
      description: `Every ${tickHours} h: send-report of ${name}`,
      scheduleExpression: tickExpression({ environment, name, tickHours }),
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: WINDOW_MINUTES },
      target: {
        arn: functionArn(place, name, 'send-report'),
        roleArn: schedulerRoleArn(place, stack),
        input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
        retryPolicy: {
          maximumRetryAttempts: DELIVERY_RETRIES,
          maximumEventAgeInSeconds: DELIVERY_SECONDS,
        },
        deadLetterConfig: { arn: queueArn(place, 'undelivered') },
      },
    });
  }

  private createAlarm({ place, alarmTopic }: Environment, { name, tickHours }: Database) {
    const actions = alarmTopic === undefined ? [] : [alarmTopic];
    const metricName: MetricName = 'Completed';
    return new CfnAlarm(this, 'MissingRuns', {
      alarmName: missingRunsAlarmName(place, name),
      alarmDescription: `No run of ${name} has completed (sent, checked or skipped) for ${MISSED_TICKS} ticks of ${tickHours} h. Run the saved query "failed runs" for the cause, then check the log of send-report and the queue undelivered. See docs/operating.md, "Alarms".`,
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensions: [
        { name: 'service', value: SERVICE },
        { name: 'environment', value: place.environment },
        { name: 'database', value: name },
      ],
      statistic: 'Sum',
      period: tickHours * 3_600,
      evaluationPeriods: MISSED_TICKS,
      threshold: 1,
      comparisonOperator: 'LessThanThreshold',
      treatMissingData: 'breaching',
      alarmActions: actions,
      okActions: actions,
    });
  }
}
