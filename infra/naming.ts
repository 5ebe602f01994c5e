import { RegionInfo } from 'aws-cdk-lib/region-info';
import {
  type DatabaseFunction,
  FLEET_REPORT,
  fleetFunctionName,
  functionName,
  recordBucketOf,
  SERVICE,
} from '../lib/naming.ts';

/**
 * The place in which an environment is deployed. All names and ARNs are built from it: stacks refer to each other's resources without
 * exports, and templates contain complete ARNs, which tests can judge.
 */
export interface DeployPlace {
  /** The environment's name. */
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** Placeholder account or region: cross-region checks are skipped. */
  readonly isPlaceholder?: true;
  /** The resources of a single database outside of an environment, if it is one. */
  readonly own?: OwnResources;
}

/**
 * The resources of a single database that shares none. CloudFormation generates their names, so that names and ARNs, the account
 * and the region are tokens of CDK.
 */
export interface OwnResources {
  readonly partition: string;
  readonly domainSuffix: string;
  /** Name of the schedule group. */
  readonly scheduleGroup: string;
  /** Pattern of the names of the retries' schedules in the group. */
  readonly retryNames: string;
  readonly schedulerRoleArn: string;
  queueArn(queue: Queue): string;
  logGroupName(purpose: DatabaseFunction): string;
  functionArn(purpose: DatabaseFunction): string;
  /** Writes an object that contains tokens as JSON. */
  toJson(value: object): string;
}

/** The maximum length of a role's name, 64, less that of a region, 14, and of the rest of the name. */
export const MAX_ENVIRONMENT_NAME_LENGTH = 24;
export const MAX_STACKS = 99;

/** Path of every role. The execution policy allows roles under this path only. */
export const ROLE_PATH = `/${SERVICE}/`;
/** Name of the managed policy that is created from `infra/permissions-boundary.json`. */
export const PERMISSIONS_BOUNDARY = `${SERVICE}-boundary`;

export function isRegion(text: string): boolean {
  return RegionInfo.regions.some(({ name }) => name === text);
}

/** Returns the partition of the region: `aws`, `aws-cn`, `aws-us-gov` and others. */
export function partitionOf({ region, own }: DeployPlace): string {
  return own?.partition ?? RegionInfo.get(region).partition ?? 'aws';
}

/** Returns the domain suffix of services in the region, such as `amazonaws.com`. */
export function domainSuffix({ region, own }: DeployPlace): string {
  return own?.domainSuffix ?? RegionInfo.get(region).domainSuffix ?? 'amazonaws.com';
}

export function arn(place: DeployPlace, service: string, resource: string): string {
  return `arn:${partitionOf(place)}:${service}:${place.region}:${place.account}:${resource}`;
}

/** Name of the shared stack, such as `timescaledb-telemetry-prod`, and prefix of other names. */
export function environmentName({ environment }: DeployPlace): string {
  return `${SERVICE}-${environment}`;
}

export function stackName(place: DeployPlace, stack: number): string {
  return `${environmentName(place)}-${stack}`;
}

export function logGroupName(
  { environment, own }: DeployPlace,
  purpose: DatabaseFunction | typeof FLEET_REPORT,
): string {
  if (own !== undefined && purpose !== FLEET_REPORT) return own.logGroupName(purpose);
  return `/${SERVICE}/${environment}/${purpose}`;
}

/** Name of the group of the schedules. */
export function scheduleGroupName(place: DeployPlace): string {
  return place.own?.scheduleGroup ?? environmentName(place);
}

/** Name of the SSM parameter with the id of a network's security group, which the other stacks read. */
export function securityGroupParameter({ environment }: DeployPlace, network: string): string {
  return `/${SERVICE}/${environment}/${network}/security-group`;
}

/** Name of the SSM parameter with the id of the group of functions that leave a network, beside the network's own. */
export function egressGroupParameter({ environment }: DeployPlace, network: string): string {
  return `/${SERVICE}/${environment}/${network}/egress-security-group`;
}

/** `undelivered`: events that EventBridge Scheduler could not deliver to Lambda; `failed-runs`: events of runs without further attempts. */
export type Queue = 'undelivered' | 'failed-runs';

export function queueName(place: DeployPlace, queue: Queue): string {
  return `${environmentName(place)}-${queue}`;
}

/** Name of the record's bucket, unless it is one of the operator's. */
export function recordBucketName({ environment, account, region }: DeployPlace): string {
  return recordBucketOf(environment, account, region);
}

/** ARN of a bucket, or of the objects of a bucket that match a pattern. */
export function bucketArn(place: DeployPlace, bucket: string, keys?: string): string {
  return `arn:${partitionOf(place)}:s3:::${bucket}${keys === undefined ? '' : `/${keys}`}`;
}

/** Name of the record's database in the Glue Data Catalog, such as `timescaledb_telemetry_prod`. */
export function catalogName(place: DeployPlace): string {
  return environmentName(place).replaceAll('-', '_');
}

/** Environment names contain no slash, so database eu-metrics of prod and database metrics of prod-eu have different alarms. */
export function missingRunsAlarmName(place: DeployPlace, database: string): string {
  return `${environmentName(place)}/${database}-missing-runs`;
}

export function queueArn(place: DeployPlace, queue: Queue): string {
  return place.own?.queueArn(queue) ?? arn(place, 'sqs', queueName(place, queue));
}

export function functionArn(
  place: DeployPlace,
  database: string,
  purpose: DatabaseFunction,
): string {
  if (place.own !== undefined) return place.own.functionArn(purpose);
  const name = functionName(place.environment, database, purpose);
  return arn(place, 'lambda', `function:${name}`);
}

/** ARN of the function that reports on the fleet. */
export function fleetFunctionArn(place: DeployPlace): string {
  return arn(place, 'lambda', `function:${fleetFunctionName(place.environment)}`);
}

/** Name of the schedule of the report on the fleet. The name of a database, and with it of its schedule, begins with no underscore. */
export const FLEET_SCHEDULE = '_fleet-report';

/** Name of the role of the fleet's schedule, beside those of the stacks, which have numbers. */
export function fleetSchedulerRoleName({ environment, region }: DeployPlace): string {
  return `telemetry-${environment}-${region}-all-scheduler`;
}

export function fleetSchedulerRoleArn(place: DeployPlace): string {
  return roleArn(place, fleetSchedulerRoleName(place));
}

/** Roles are global in an account, so the name contains the region. */
export function schedulerRoleName({ environment, region }: DeployPlace, stack: number): string {
  return `telemetry-${environment}-${region}-${stack}-scheduler`;
}

export function schedulerRoleArn(place: DeployPlace, stack: number): string {
  return place.own?.schedulerRoleArn ?? roleArn(place, schedulerRoleName(place, stack));
}

function roleArn(place: DeployPlace, name: string): string {
  return `arn:${partitionOf(place)}:iam::${place.account}:role${ROLE_PATH}${name}`;
}

/** Returns the ARN of a managed policy of the environment's account, which is set as name or ARN. */
export function policyArn(place: DeployPlace, policy: string): string {
  if (policy.startsWith('arn:')) return policy;
  return `arn:${partitionOf(place)}:iam::${place.account}:policy/${policy}`;
}
