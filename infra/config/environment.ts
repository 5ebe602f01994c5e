import type { Target } from '../../lib/config/target.ts';

/** A secret of Secrets Manager, and the customer-managed KMS key it is encrypted with, if any. */
interface SecretSettings {
  /** Its name, or its ARN; of a secret in another account the ARN. Never its value. */
  readonly secret: string;
  /**
   * The key's ARN, or the id of a key of this account.
   *
   * @default the key is AWS's own, aws/secretsmanager
   */
  readonly kmsKey?: string;
}

/** How the connection to a database is secured. */
interface TlsSettings {
  /** @default verify-full */
  readonly mode?: Target['tls']['mode'];
  /** PEM file with the certificate authorities, relative to the project's root; it ships with the function. */
  readonly caFile?: string;
  /** The name that the certificate carries, where it is not the host: for addresses, tunnels and load balancers. */
  readonly serverName?: string;
  /** Has to be true beside mode `disable`, so that nobody sends a password in plain text without knowing. */
  readonly acknowledgePlainText?: true;
}

/** What databases have in common, unless they say otherwise. */
interface DatabaseDefaults {
  readonly tls?: TlsSettings;
  /**
   * The level of a server that was built without telemetry, and of no other. This is the only thing in an environment that
   * can consent.
   *
   * @default off
   */
  readonly levelWhenUnset?: Target['levelWhenUnset'];
  /** @default catalog */
  readonly reportSource?: Target['reportSource'];
  /** @default exact */
  readonly sizes?: Target['sizes'];
  /**
   * How often the schedule fires: 1, 2, 3, 4, 6, 8, 12 or 24.
   *
   * @default 24
   */
  readonly tickHours?: Target['tickHours'];
  /**
   * The name of one of the environment's networks; null is none: the function then reaches what the internet reaches.
   *
   * @default null
   */
  readonly network?: string | null;
  /**
   * The proxy that takes the report out; null is none.
   *
   * @default that of `delivery`
   */
  readonly proxy?: string | null;
  /**
   * Withholds consent, whatever the database says.
   *
   * @default false
   */
  readonly doNotTrack?: boolean;
}

/** One database. */
export interface DatabaseSettings extends DatabaseDefaults, SecretSettings {
  /** How log lines, metrics, the schedule and the functions call it. */
  readonly name: string;
  /** These override the secret. They can be read in the template, as all of this can; the secret cannot. */
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  /**
   * Deploys `configure` for it, with an administrator's secret.
   *
   * @default it is not deployed
   */
  readonly configure?: SecretSettings;
}

/** Where in a VPC the functions run. */
interface NetworkSettings {
  /** Private subnets, by id. */
  readonly subnets: readonly string[];
  /** The VPC of the subnets, by id: a security group is made in it, which lets out what the functions need. */
  readonly vpc?: string;
  /** Instead of `vpc`: your own security groups, by id, with your own rules. */
  readonly securityGroups?: readonly string[];
  /**
   * The ports that the security group lets out to, beside 443, the proxy's, and what the databases set with `port`.
   *
   * @default [5432]
   */
  readonly databasePorts?: readonly number[];
}

/** Where reports go, and how; or that none go anywhere, and what the newest version is. */
interface DeliverySettings {
  /** @default https://telemetry.timescale.com/v1/metrics */
  readonly endpoint?: string;
  /**
   * An HTTP proxy for the reports of all databases, and for nothing else, such as `http://proxy.example.com:3128`; the AWS
   * SDK does not use it.
   */
  readonly proxy?: string;
  /** Nothing is sent at all: versions are judged by this one, for networks without a way out. */
  readonly latestVersion?: string;
  /** The same from a parameter of SSM's parameter store, `/timescaledb-telemetry/…`, as it is at each deployment. */
  readonly latestVersionParameter?: string;
  /**
   * Beside one of these two: judge also the versions of databases that have telemetry off.
   *
   * @default false
   */
  readonly versionCheckWhenOff?: boolean;
}

/** What is deployed together: one account, one region. */
export interface EnvironmentSettings {
  /** Twelve digits. */
  readonly account: string;
  /** Such as `eu-central-1`. */
  readonly region: string;
  readonly databases: readonly DatabaseSettings[];
  readonly defaults?: DatabaseDefaults;
  /** By name. */
  readonly networks?: Readonly<Record<string, NetworkSettings>>;
  /** @default telemetry.timescale.com, directly */
  readonly delivery?: DeliverySettings;
  /**
   * ARN of the SNS topic that alarms go to.
   *
   * @default nobody is told
   */
  readonly alarmTopic?: string;
  /**
   * One of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, …
   *
   * @default 400
   */
  readonly logRetentionDays?: number;
  /**
   * `DEBUG` logs errors as PostgreSQL, Node and AWS word them, with the names of roles, databases and hosts.
   *
   * @default INFO
   */
  readonly logLevel?: 'INFO' | 'DEBUG';
  /**
   * Of a CDK bootstrap of your own, beside the account's; `npm run bootstrap` makes it.
   *
   * @default CDK's, which other apps in the account and region share
   */
  readonly bootstrapQualifier?: string;
  /**
   * Name or ARN of the managed policy that limits what the roles can ever be allowed. It has to be there before the first
   * deployment. null sets none; the README's execution policy refuses roles without one.
   *
   * @default timescaledb-telemetry-boundary, made from `infra/permissions-boundary.json`
   */
  readonly permissionsBoundary?: string | null;
  /**
   * How many stacks the databases are spread over, 1 to 99. A stack holds about fifty; raising the number later moves the
   * share that has to move, and needs the README's steps.
   *
   * @default 1
   */
  readonly stacks?: number;
}

/** One environment, `infra/environments/<name>.ts`, whose file's name is its name. It is checked when it is synthesised. */
export function defineEnvironment(settings: EnvironmentSettings): EnvironmentSettings {
  return settings;
}
