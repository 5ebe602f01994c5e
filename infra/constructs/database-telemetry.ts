import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct, type IDependable } from 'constructs';
import {
  DATABASE_WORKER,
  type DatabaseFunction,
  METRICS_NAMESPACE,
  type MetricName,
  SERVICE,
} from '../../lib/naming.ts';
import { functionsOf } from '../config/functions-of.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { tickExpression, WINDOW_MINUTES } from '../cron.ts';
import {
  type DeployPlace,
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

/** Ids of the constructs; CloudFormation would replace a function whose id has changed. */
const IDS: Readonly<Record<DatabaseFunction, string>> = {
  'send-report': 'SendReport',
  'get-report': 'GetReport',
  configure: 'Configure',
  'database-worker': 'DatabaseWorker',
};

/** Returns how to find the cause of missing runs. A single database has no saved queries, and its queues have generated names. */
function findCause({ own }: DeployPlace): string {
  return own === undefined
    ? 'Run the saved query "failed runs" for the cause, then check the log of send-report and the queue undelivered.'
    : 'Search the log of send-report for the outcome failed, then check the queue of undelivered events.';
}

export interface DatabaseTelemetryProps {
  readonly environment: Environment;
  readonly database: Database;
  readonly codeOf: (purpose: DatabaseFunction) => FunctionCode;
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
  readonly functions: ReadonlyMap<DatabaseFunction, TelemetryFunction>;
  readonly schedule: CfnSchedule;
  readonly missingRuns?: CfnAlarm;

  constructor(scope: Construct, id: string, props: DatabaseTelemetryProps) {
    super(scope, id);
    const { environment, database, codeOf, schedulerRole } = props;
    const functions = new Map(
      functionsOf(database).map((purpose): [DatabaseFunction, TelemetryFunction] => {
        const code = codeOf(purpose);
        const ofFunction = { environment, database, purpose, code };
        return [purpose, new TelemetryFunction(this, IDS[purpose], ofFunction)];
      }),
    );
    const worker = functions.get(DATABASE_WORKER);
    for (const [purpose, { function: lambda }] of functions) {
      // The worker exists before a function refers to it. Roles do not wait: their permission is effective when it is needed.
      if (worker !== undefined && purpose !== DATABASE_WORKER) lambda.node.addDependency(worker);
    }
    this.functions = functions;
    this.schedule = this.createSchedule(props);
    this.schedule.node.addDependency(...[functions.get('send-report') ?? [], schedulerRole].flat());
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
      alarmDescription: `No run of ${name} has completed (sent, checked or skipped) for ${MISSED_TICKS} ticks of ${tickHours} h. ${findCause(place)} See docs/operating.md, "Alarms".`,
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
