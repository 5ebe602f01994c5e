import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct, type IDependable } from 'constructs';
import { METRICS_NAMESPACE, type MetricName, type Purpose, SERVICE } from '../../lib/naming.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { tickExpression, WINDOW_MINUTES } from '../cron.ts';
import {
  functionArn,
  missingRunsAlarmName,
  queueArn,
  scheduleGroupName,
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
  readonly schedulerRole: IDependable;
  /**
   * When the schedule fires, in UTC.
   *
   * @default derived from the names
   */
  readonly scheduleExpression?: string;
  /** Whether missing runs have an alarm. */
  readonly hasAlarm: boolean;
}

/** The resources of one database: its functions, its schedule, and the alarm for missing runs, unless alarms are per environment. */
export class DatabaseTelemetry extends Construct {
  readonly functions: ReadonlyMap<Purpose, TelemetryFunction>;
  readonly schedule: CfnSchedule;
  readonly missingRuns?: CfnAlarm;

  constructor(scope: Construct, id: string, props: DatabaseTelemetryProps) {
    super(scope, id);
    const { environment, database, codeOf, schedulerRole } = props;
    const functions = new Map<Purpose, TelemetryFunction>();
    const create = (name: string, purpose: Purpose): TelemetryFunction => {
      const code = codeOf(purpose);
      const created = new TelemetryFunction(this, name, { environment, database, purpose, code });
      functions.set(purpose, created);
      return created;
    };

    const sendReport = create('SendReport', 'send-report');
    create('GetReport', 'get-report');
    if (database.configure !== undefined) create('Configure', 'configure');
    this.functions = functions;
    this.schedule = this.createSchedule(props);
    this.schedule.node.addDependency(sendReport, schedulerRole);
    if (props.hasAlarm) this.missingRuns = this.createAlarm(environment, database);
  }

  private createSchedule({ environment: { place }, database, ...props }: DatabaseTelemetryProps) {
    const { name, stack, tickHours } = database;
    const { environment } = place;
    const { scheduleExpression = tickExpression({ environment, name, tickHours }) } = props;
    return new CfnSchedule(this, 'Schedule', {
      ...(place.own === undefined && { name }),
      groupName: scheduleGroupName(place),
      description: `Every ${tickHours} h: send-report of ${name}`,
      scheduleExpression,
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
      ...(place.own === undefined && { alarmName: missingRunsAlarmName(place, name) }),
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
