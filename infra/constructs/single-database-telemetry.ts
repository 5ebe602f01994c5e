import { Stack } from 'aws-cdk-lib';
import { Alarm, type IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Connections, IConnectable } from 'aws-cdk-lib/aws-ec2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISchedule, IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DatabaseFunction } from '../../lib/naming.ts';
import { functionsOf } from '../config/functions-of.ts';
import type { DatabaseResources } from './database-resources.ts';
import { RunMetrics } from './metrics.ts';
import { DatabaseAlarms } from './single-database/alarms.ts';
import { checkProps } from './single-database/check-props.ts';
import { createDatabase } from './single-database/create-database.ts';
import { DeployedSchedule, exposeFunctions } from './single-database/expose.ts';
import { createNetwork } from './single-database/network.ts';
import type { SingleDatabaseTelemetryProps } from './single-database/props.ts';
import {
  createLogGroup,
  createQueue,
  createScheduleGroup,
} from './single-database/shared-resources.ts';

/**
 * The telemetry of one database in a stack of yours: its functions, their logs, its schedule, queues and alarms. CloudFormation
 * generates all names, so that a stack can have several, and can be deployed more than once.
 * The policy `infra/permissions-boundary.json` denies generated names: use a permissions boundary of your own, or none.
 */
export class SingleDatabaseTelemetry extends RunMetrics implements DatabaseResources, IConnectable {
  /** The functions by name: `send-report`, `get-report`, and `configure` and `database-worker` if they are deployed. */
  readonly functions: ReadonlyMap<DatabaseFunction, IFunction>;
  /** The schedule of `send-report`. */
  readonly schedule: ISchedule;
  /** The alarm for missing runs, unless `alarms` is false. */
  readonly missingRunsAlarm?: IAlarm;
  /** The group of the schedule, and of the schedules of retries. */
  readonly scheduleGroup: IScheduleGroup;
  /** The log groups of the functions, by the functions' names. They remain when the stack is destroyed. */
  readonly logGroups: ReadonlyMap<DatabaseFunction, ILogGroup>;
  /** All alarms by name, such as `missing-runs`; none with `alarms: false`. */
  readonly alarms: ReadonlyMap<string, IAlarm>;
  /** The queue of the events of runs that failed, and that no further attempt follows. */
  readonly failedRunsQueue: IQueue;
  /** The queue of the events that EventBridge Scheduler could not deliver. */
  readonly undeliveredQueue: IQueue;

  protected readonly dimensions: Readonly<Record<string, string>>;
  readonly #connections: Connections | undefined;

  /**
   * Creates the resources, opens the security group of the database, and grants the functions access to the secret.
   *
   * @throws EnvironmentError with all problems of the properties at once
   */
  constructor(scope: Construct, id: string, props: SingleDatabaseTelemetryProps) {
    super(scope, id);
    const { environment, name: database, logRetention, alarmTopic: topic } = props;
    this.dimensions = { environment, database };
    const checked = checkProps(this.node.path, props, this.findTwin(props));
    const network = createNetwork(this, props);
    this.#connections = network?.connections;
    this.scheduleGroup = props.scheduleGroup ?? createScheduleGroup(this);
    const failedRunsQueue = createQueue(this, 'FailedRuns');
    const undeliveredQueue = createQueue(this, 'Undelivered');
    this.logGroups = new Map(
      functionsOf(checked.database).map((purpose) => [
        purpose,
        createLogGroup(this, purpose, logRetention),
      ]),
    );
    const telemetry = createDatabase(this, props, checked, {
      network,
      scheduleGroup: this.scheduleGroup,
      queues: { 'failed-runs': failedRunsQueue, undelivered: undeliveredQueue },
      logGroups: this.logGroups,
    });
    this.failedRunsQueue = failedRunsQueue;
    this.undeliveredQueue = undeliveredQueue;
    this.functions = exposeFunctions(this, telemetry, checked.database, network);
    this.schedule = new DeployedSchedule(this, 'Schedule', telemetry.schedule, this.scheduleGroup);
    const { missingRuns } = telemetry;
    if (missingRuns === undefined) {
      this.alarms = new Map();
      return;
    }
    this.missingRunsAlarm = Alarm.fromAlarmArn(this, 'MissingRuns', missingRuns.attrArn);
    const others = { metrics: this, failedRunsQueue, undeliveredQueue, topic };
    const { alarms } = new DatabaseAlarms(this, 'Alarms', others);
    this.alarms = new Map([['missing-runs', this.missingRunsAlarm], ...alarms]);
  }

  /** Returns the path of another database of the stack with the same names, if there is one. */
  private findTwin({ environment, name }: SingleDatabaseTelemetryProps): string | undefined {
    return Stack.of(this)
      .node.findAll()
      .find(
        (one) =>
          one instanceof SingleDatabaseTelemetry &&
          one !== this &&
          // A construct whose properties were rejected stays in the tree, without dimensions.
          one.dimensions?.['environment'] === environment &&
          one.dimensions['database'] === name,
      )?.node.path;
  }

  /**
   * The security groups of the functions in the VPC.
   *
   * @throws Error if the functions are in no VPC
   */
  get connections(): Connections {
    if (this.#connections !== undefined) return this.#connections;
    throw new Error(`${this.node.path} has no security groups, because it has no vpc.`);
  }
}
