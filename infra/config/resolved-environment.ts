import type { Target } from '../../lib/config/target.ts';
import type { DeployPlace } from '../naming.ts';
import type { SecretReference } from './rules/secret-reference.ts';
import type { OwnVersionData } from './rules/version-data.ts';
import type { CheckedDelivery, CheckedEnvironment, CheckedNetwork } from './schema.ts';

/** One database as it is deployed, with defaults applied. */
export interface Database {
  readonly name: string;
  /** Number of its stack, from 1. */
  readonly stack: number;
  readonly secret: SecretReference;
  /** The administrator's secret, if `configure` is deployed. */
  readonly configure?: SecretReference;
  readonly tlsMode: Target['tls']['mode'];
  /** Absolute path on this machine. */
  readonly caFile?: string;
  readonly serverName?: string;
  /** Settings that override the secret. */
  readonly overrides: Partial<Pick<Target, 'host' | 'port' | 'database'>>;
  /** Settings that differ from the function's own defaults. */
  readonly choices: Partial<Pick<Target, 'levelWhenUnset' | 'reportSource' | 'sizes'>>;
  readonly tickHours: Target['tickHours'];
  readonly doNotTrack: boolean;
  /** The name of its network, if any. */
  readonly network?: string;
  /** Whether its network has no egress: a worker in the network connects to the database, and the other functions run outside. */
  readonly hasWorker: boolean;
  /** Delivery of the database, or else that of the environment. */
  readonly delivery: Omit<CheckedDelivery, 'proxy'>;
  /** URL of the proxy for its report, if any. */
  readonly proxy?: string;
}

/** The bucket of the record. */
export interface RecordBucket {
  readonly name: string;
  /** Whether the deployment creates it. */
  readonly isCreated: boolean;
  /** Folder in a bucket of the operator, if any. */
  readonly prefix?: string;
  /** ARN of the customer-managed key that encrypts it, if any. */
  readonly keyArn?: string;
}

/** An environment that passed all checks. */
export interface Environment {
  readonly place: DeployPlace;
  readonly databases: readonly Database[];
  readonly networks: ReadonlyMap<string, CheckedNetwork>;
  /** Version data of its own, if any. */
  readonly versionData?: OwnVersionData;
  /** The record, unless it is turned off. */
  readonly record?: RecordBucket;
  readonly recordDays: number;
  readonly alarms: CheckedEnvironment['alarms'];
  /** The daily report on the fleet, unless it or the record is turned off. */
  readonly fleet?: Pick<CheckedEnvironment, 'digest' | 'mute'>;
  readonly alarmTopic?: string;
  readonly logRetentionDays: CheckedEnvironment['logRetentionDays'];
  readonly logLevel: CheckedEnvironment['logLevel'];
  /** Qualifier of its own CDK bootstrap, if any. */
  readonly bootstrapQualifier?: string;
  /** ARN of the permissions boundary of every role, if any. */
  readonly permissionsBoundary?: string;
  /** Number of stacks for databases. */
  readonly stacks: number;
}
