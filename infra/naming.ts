import { RegionInfo } from 'aws-cdk-lib/region-info';
import { functionName, type Purpose, SERVICE } from '../lib/naming.ts';

/**
 * An environment's place in AWS. All names and ARNs are made from it, so that what one stack has is known to the others
 * without exports, and a template can be read, searched and judged as it is.
 */
export interface Place {
  /** The environment's name. */
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** What is written is none: nothing can be said of what is elsewhere. */
  readonly isPlaceholder?: true;
}

/** Of the longest region's name, 14, the longest name of a role, 64, leaves this. */
export const LONGEST_ENVIRONMENT_NAME = 24;
export const MOST_STACKS = 99;

/** Path of every role. The execution policy allows roles under this path only, so it reaches no other role of the account. */
export const ROLE_PATH = `/${SERVICE}/`;
/** Name of the managed policy made from `infra/permissions-boundary.json`. */
export const PERMISSIONS_BOUNDARY = `${SERVICE}-boundary`;

export function isRegion(text: string): boolean {
  return RegionInfo.regions.some(({ name }) => name === text);
}

/** `aws`, or China's, or the government's. */
export function partitionOf({ region }: Place): string {
  return RegionInfo.get(region).partition ?? 'aws';
}

/** What the names of services end in there: `amazonaws.com`, or another. */
export function domainSuffix({ region }: Place): string {
  return RegionInfo.get(region).domainSuffix ?? 'amazonaws.com';
}

export function arn(place: Place, service: string, resource: string): string {
  return `arn:${partitionOf(place)}:${service}:${place.region}:${place.account}:${resource}`;
}

/** `timescaledb-telemetry-prod`: the stack of what the databases share, and the beginning of other names. */
export function environmentName({ environment }: Place): string {
  return `${SERVICE}-${environment}`;
}

export function stackName(place: Place, stack: number): string {
  return `${environmentName(place)}-${stack}`;
}

export function logGroupName({ environment }: Place, purpose: Purpose): string {
  return `/${SERVICE}/${environment}/${purpose}`;
}

/** The parameter in which one stack tells the others the id of a network's security group. */
export function securityGroupParameter({ environment }: Place, network: string): string {
  return `/${SERVICE}/${environment}/${network}/security-group`;
}

/** `undelivered`: what EventBridge Scheduler could not hand to Lambda; `failed-runs`: what failed for good. */
export type Queue = 'undelivered' | 'failed-runs';

export function queueName(place: Place, queue: Queue): string {
  return `${environmentName(place)}-${queue}`;
}

/** No environment's name has a slash, so that prod's database eu-metrics is not prod-eu's metrics. */
export function missingRunsAlarmName(place: Place, database: string): string {
  return `${environmentName(place)}/${database}-silent`;
}

export function queueArn(place: Place, queue: Queue): string {
  return arn(place, 'sqs', queueName(place, queue));
}

export function functionArn(place: Place, database: string, purpose: Purpose): string {
  const name = functionName(place.environment, database, purpose);
  return arn(place, 'lambda', `function:${name}`);
}

/** Roles belong to the account and not to a region, so that this one needs the region in its name. */
export function schedulerRoleName({ environment, region }: Place, stack: number): string {
  return `telemetry-${environment}-${region}-${stack}-scheduler`;
}

export function schedulerRoleArn(place: Place, stack: number): string {
  const name = schedulerRoleName(place, stack);
  return `arn:${partitionOf(place)}:iam::${place.account}:role${ROLE_PATH}${name}`;
}

/** ARN of a managed policy of the environment's account, which is given by its name or already by its ARN. */
export function policyArn(place: Place, policy: string): string {
  if (policy.startsWith('arn:')) return policy;
  return `arn:${partitionOf(place)}:iam::${place.account}:policy/${policy}`;
}
