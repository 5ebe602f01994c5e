import { type Stack, Stage } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DATABASE_FUNCTIONS, type DatabaseFunction } from '../../lib/naming.ts';
import { findBundles } from '../bundle/bundles-folder.ts';
import { copyCode } from '../bundle/code-assets.ts';
import type { EnvironmentSettings } from '../config/environment.ts';
import { EnvironmentError } from '../config/environment-error.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { checkEnvironment } from '../config/validate.ts';
import { fleetFunctionArn, logGroupName, queueArn } from '../naming.ts';
import { addStacks, type EnvironmentStacks } from '../stacks/add-stacks.ts';
import { type DatabaseResources, importDatabase, toFunction } from './database-resources.ts';
import { RunMetrics } from './metrics.ts';
import { tokenProblem, unresolvedIn } from './tokens.ts';

/** The settings of an environment, as for `defineEnvironment`, and their place in the app. */
export interface TelemetryEnvironmentProps extends Omit<EnvironmentSettings, 'account' | 'region'> {
  /**
   * Id of the AWS account, 12 digits.
   *
   * @default the account of the stage
   */
  readonly account?: string;
  /**
   * Code of the AWS region, such as `eu-central-1`.
   *
   * @default the region of the stage
   */
  readonly region?: string;
  /**
   * Name of the environment, which stacks, functions and log groups are named after.
   *
   * @default the construct's id
   */
  readonly environmentName?: string;
  /**
   * Folder that paths in the settings are relative to.
   *
   * @default the working directory
   */
  readonly folder?: string;
}

/**
 * Rejects settings that contain tokens of CDK, before their own checks, which would misunderstand the text of a token.
 *
 * @throws EnvironmentError with all of them
 */
function rejectTokens(environment: string, settings: object): void {
  const problems = unresolvedIn(settings).map(
    (path) => `${tokenProblem(path)}, or use SingleDatabaseTelemetry`,
  );
  if (problems.length > 0) throw new EnvironmentError(environment, problems);
}

/**
 * An environment: the databases of one account and region, with everything that `timescaledb-telemetry deploy` creates. It consists
 * of stacks of its own, a shared one and those of the databases, in the app or stage that contains it. Names are built from the
 * settings, which can therefore contain no tokens.
 */
export class TelemetryEnvironment extends RunMetrics {
  /** Name of the environment. */
  readonly environmentName: string;
  /** The stack with the resources that the databases share. */
  readonly sharedStack: Stack;
  /** The stacks of the databases. */
  readonly databaseStacks: readonly Stack[];
  /** The log groups of the functions, by the functions' names. They remain when the environment is destroyed. */
  readonly logGroups: ReadonlyMap<DatabaseFunction, ILogGroup>;
  /** The alarms of the environment as a whole, by the end of their names, such as `final-failures`. */
  readonly alarms: ReadonlyMap<string, IAlarm>;
  /** The queue of the events of runs that failed, and that no further attempt follows. */
  readonly failedRunsQueue: IQueue;
  /** The queue of the events that EventBridge Scheduler could not deliver. */
  readonly undeliveredQueue: IQueue;
  /** The bucket of the record, unless the record is turned off. */
  readonly recordBucket?: IBucket;
  /** The function that reports on the fleet, unless it or the record is turned off. */
  readonly fleetReport?: IFunction;

  protected readonly dimensions: Readonly<Record<string, string>>;
  readonly #environment: Environment;
  readonly #stacks: EnvironmentStacks;
  readonly #databases = new Map<string, DatabaseResources>();
  readonly #securityGroups = new Map<string, ISecurityGroup>();

  /**
   * Creates the stacks of the environment.
   *
   * @throws EnvironmentError with all problems of the settings at once
   */
  constructor(scope: Construct, id: string, props: TelemetryEnvironmentProps) {
    super(scope, id);
    const { environmentName = id, folder = process.cwd(), ...written } = props;
    const { account = '', region = '' } = { ...Stage.of(this), ...written };
    const settings = { ...written, account, region };
    rejectTokens(environmentName, settings);
    const environment = checkEnvironment(environmentName, settings, Date.now(), folder);
    using code = copyCode(findBundles(this), environment);
    const stacks = addStacks(this, environment, code);
    const { place, record, fleet } = environment;
    const { shared } = stacks;
    this.#environment = environment;
    this.#stacks = stacks;
    this.environmentName = environmentName;
    this.dimensions = { environment: environmentName };
    this.sharedStack = shared;
    this.databaseStacks = stacks.databases;
    this.alarms = shared.alarms;
    const imported = new Construct(shared, 'Imported');
    this.logGroups = new Map(
      DATABASE_FUNCTIONS.map((purpose) => [
        purpose,
        LogGroup.fromLogGroupName(imported, `Log-${purpose}`, logGroupName(place, purpose)),
      ]),
    );
    const importQueue = (id: string, queue: Parameters<typeof queueArn>[1]) =>
      Queue.fromQueueArn(imported, id, queueArn(place, queue));
    this.failedRunsQueue = importQueue('FailedRuns', 'failed-runs');
    this.undeliveredQueue = importQueue('Undelivered', 'undelivered');
    if (record !== undefined) {
      this.recordBucket = Bucket.fromBucketName(imported, 'Record', record.name);
    }
    if (fleet !== undefined) {
      const functionArn = fleetFunctionArn(place);
      this.fleetReport = toFunction(imported, 'FleetReport', { functionArn });
    }
  }

  /**
   * Returns the resources of a database.
   *
   * @throws Error if the environment has no database of that name
   */
  database(name: string): DatabaseResources {
    const known = this.#databases.get(name);
    if (known !== undefined) return known;
    const database = this.#environment.databases.find((one) => one.name === name);
    const stack = this.#stacks.databases[(database?.stack ?? 0) - 1];
    if (database === undefined || stack === undefined) {
      throw new Error(`The environment ${this.environmentName} has no database ${name}.`);
    }
    const resources = importDatabase(stack, this.#environment, database);
    this.#databases.set(name, resources);
    return resources;
  }

  /**
   * Returns the security group that the environment creates in a network, for the rules of other security groups.
   *
   * @throws Error if it creates none: the network has security groups of its own, or does not exist
   */
  securityGroup(network: string): ISecurityGroup {
    const known = this.#securityGroups.get(network);
    if (known !== undefined) return known;
    const groupId = this.#stacks.shared.securityGroupId(network);
    if (groupId === undefined) {
      throw new Error(
        `The environment ${this.environmentName} creates no security group in a network ${network}.`,
      );
    }
    const group = SecurityGroup.fromSecurityGroupId(
      this.sharedStack,
      `ImportedGroup-${network}`,
      groupId,
      { mutable: false },
    );
    this.#securityGroups.set(network, group);
    return group;
  }
}
