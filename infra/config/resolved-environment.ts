import type { Target } from '../../lib/config/target.ts';
import type { Place } from '../naming.ts';
import type { SecretReference } from './rules/secret-reference.ts';
import type { CheckedEnvironment, CheckedNetwork } from './schema.ts';

/** One database as it is deployed: its own settings, else the environment's, else ours. */
export interface Database {
  readonly name: string;
  /** From 1 on. */
  readonly stack: number;
  readonly secret: SecretReference;
  /** The administrator's, where `configure` is deployed. */
  readonly configure?: SecretReference;
  readonly tlsMode: Target['tls']['mode'];
  /** Absolute path, on this machine. */
  readonly caFile?: string;
  readonly serverName?: string;
  /** What overrides the secret. */
  readonly overrides: Partial<Pick<Target, 'host' | 'port' | 'database'>>;
  /** What is not as the function would have it by itself. */
  readonly choices: Partial<Pick<Target, 'levelWhenUnset' | 'reportSource' | 'sizes'>>;
  readonly tickHours: Target['tickHours'];
  readonly doNotTrack: boolean;
  /** The name of its network, if any. */
  readonly network?: string;
  /** What takes its report out, if anything does. */
  readonly proxy?: string;
}

/** An environment that can be deployed as it is. */
export interface Environment {
  readonly place: Place;
  readonly databases: readonly Database[];
  readonly networks: ReadonlyMap<string, CheckedNetwork>;
  readonly delivery: CheckedEnvironment['delivery'];
  readonly alarmTopic?: string;
  readonly logRetentionDays: CheckedEnvironment['logRetentionDays'];
  readonly logLevel: CheckedEnvironment['logLevel'];
  /** Of its own CDK bootstrap, if any. */
  readonly bootstrapQualifier?: string;
  /** ARN of the managed policy that limits every role, if any. */
  readonly permissionsBoundary?: string;
  /** How many. */
  readonly stacks: number;
}
