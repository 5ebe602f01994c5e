import type { Target } from '../../lib/config/target.ts';
import type { MuteSettings, RecordSettings } from './record-settings.ts';

/** A secret in Secrets Manager, and the customer-managed KMS key that encrypts it, if any. */
interface SecretSettings {
  /** Its name or ARN, never its value; for a secret in another account the ARN. */
  readonly secret: string;
  /**
   * The key's ARN, or the id of a key of this account.
   *
   * @default the AWS managed key aws/secretsmanager
   */
  readonly kmsKey?: string;
}

/** TLS settings of the connection to a database. */
export interface TlsSettings {
  /**
   * What is verified; `disable` uses no TLS.
   *
   * @default verify-full
   */
  readonly mode?: Target['tls']['mode'];
  /** PEM file with the certificate authorities, relative to the environment's file; it is deployed with the functions. */
  readonly caFile?: string;
  /** The name in the certificate, if it is not the host: for IP addresses, tunnels and load balancers. */
  readonly serverName?: string;
  /** Confirms mode `disable`, which sends the password in plain text. */
  readonly acknowledgePlainText?: true;
}

/** How the report of a database is made. */
export interface ReportSettings {
  /**
   * TLS settings of the connection to the database.
   *
   * @default the certificate and the host are verified
   */
  readonly tls?: TlsSettings;
  /**
   * The telemetry level of a server that was built without telemetry, and of no other. No other setting can grant consent.
   *
   * @default off
   */
  readonly levelWhenUnset?: Target['levelWhenUnset'];
  /**
   * `catalog` reads TimescaleDB's catalogs; `function` calls the extension's own function, which has side effects.
   *
   * @default catalog
   */
  readonly reportSource?: Target['reportSource'];
  /**
   * `estimated` takes sizes from the catalog, and opens no user relation.
   *
   * @default exact
   */
  readonly sizes?: Target['sizes'];
  /**
   * Hours between two firings of the schedule: 1, 2, 3, 4, 6, 8, 12 or 24.
   *
   * @default 24
   */
  readonly tickHours?: Target['tickHours'];
  /**
   * Denies consent, whatever the database's settings are.
   *
   * @default false
   */
  readonly doNotTrack?: boolean;
}

/** Settings of all databases that do not set their own. */
interface DatabaseDefaults extends ReportSettings {
  /**
   * Name of one of the environment's networks. null means no VPC: the functions reach public addresses only.
   *
   * @default null
   */
  readonly network?: string | null;
  /**
   * Proxy for sending the report; null sends directly.
   *
   * @default the proxy of `delivery`
   */
  readonly proxy?: string | null;
}

/** Name and place of a database. */
export interface DatabasePlace {
  /** Its name in log lines, metrics, the schedule and the functions' names. */
  readonly name: string;
  /**
   * Host of the database. Unlike the secret, it is readable in the template.
   *
   * @default the host in the secret
   */
  readonly host?: string;
  /**
   * Port of the database.
   *
   * @default the port in the secret, otherwise 5432
   */
  readonly port?: number;
  /**
   * Name of the database on its server.
   *
   * @default the name in the secret
   */
  readonly database?: string;
}

/** One database. */
export interface DatabaseSettings extends DatabaseDefaults, DatabasePlace, SecretSettings {
  /**
   * Replaces the environment's `delivery` as a whole for this database; requires `endpoint`, `latestVersion` or
   * `latestVersionParameter`.
   *
   * @default the environment's
   */
  readonly delivery?: DeliverySettings;
  /**
   * Deploys the function `configure`, which uses an administrator's secret.
   *
   * @default not deployed
   */
  readonly configure?: SecretSettings;
}

/** The subnets and security groups of functions in a VPC. */
interface NetworkSettings {
  /** Private subnets, by id. */
  readonly subnets: readonly string[];
  /** The VPC of the subnets, by id. A security group is created in it, which allows the outbound connections of the functions. */
  readonly vpc?: string;
  /** Security groups of your own, by id, instead of `vpc`. */
  readonly securityGroups?: readonly string[];
  /**
   * Outbound ports of the security group, in addition to each database's `port` and, unless `egress` is `none`, 443 and the
   * proxy's port.
   *
   * @default [5432]
   */
  readonly databasePorts?: readonly number[];
  /**
   * `vpc`: all functions run in the network, which needs a NAT gateway, a proxy or interface endpoints. `none`: only the function
   * that connects to the database runs in the network, and the network needs no way out. See docs/networks.md.
   *
   * @default vpc
   */
  readonly egress?: 'vpc' | 'none';
}

/** Destination of the reports; or, if none are sent, the version that databases are compared with. */
export interface DestinationSettings {
  /**
   * URL that reports are posted to.
   *
   * @default https://telemetry.timescale.com/v1/metrics
   */
  readonly endpoint?: string;
  /**
   * Sends no reports, and compares databases with this version: for networks without access to the internet.
   *
   * @default reports are sent
   */
  readonly latestVersion?: string;
  /**
   * If no reports are sent: checks the versions of databases whose telemetry is off, too.
   *
   * @default false
   */
  readonly versionCheckWhenOff?: boolean;
}

/** Destination of an environment's reports. */
interface DeliverySettings extends DestinationSettings {
  /**
   * HTTP proxy for the reports of all databases, such as `http://proxy.example.com:3128`. The AWS SDK does not use it.
   */
  readonly proxy?: string;
  /** `latestVersion` from an SSM parameter, `/timescaledb-telemetry/…`, which is read at each deployment. */
  readonly latestVersionParameter?: string;
}

/** The databases that are deployed together into one account and region. */
export interface EnvironmentSettings {
  /** Id of the AWS account, 12 digits. */
  readonly account: string;
  /** Code of the AWS region, such as `eu-central-1`. */
  readonly region: string;
  /** The databases; each has a name of its own. */
  readonly databases: readonly DatabaseSettings[];
  /**
   * Settings of all databases that do not set their own.
   *
   * @default none
   */
  readonly defaults?: DatabaseDefaults;
  /** Networks by name. */
  readonly networks?: Readonly<Record<string, NetworkSettings>>;
  /**
   * Where reports are sent.
   *
   * @default telemetry.timescale.com, directly
   */
  readonly delivery?: DeliverySettings;
  /**
   * JSON file with version data of your own, relative to the environment's file; it is deployed with the functions, which use
   * the newer of it and the bundled data.
   *
   * @default the bundled data
   */
  readonly versionData?: string;
  /**
   * ARN of the SNS topic that alarms publish to.
   *
   * @default alarms publish nothing
   */
  readonly alarmTopic?: string;
  /**
   * The record: an object in a bucket for each run, with the summary line and the exact report. false turns it off.
   *
   * @default true
   */
  readonly record?: boolean | RecordSettings;
  /**
   * Days after which the objects of the record expire, and that Athena searches: 1 to 3653.
   *
   * @default 400
   */
  readonly recordDays?: number;
  /**
   * The function that reads the record once a day, writes the page of the fleet, and publishes changes to `alarmTopic`.
   *
   * @default true, if there is a record
   */
  readonly fleet?: boolean;
  /**
   * How often the state of the fleet is published to `alarmTopic`; `weekly` is after each Sunday.
   *
   * @default off
   */
  readonly digest?: 'daily' | 'weekly' | 'off';
  /**
   * Conditions that are accepted: no notification is sent, and the page shows the reason.
   *
   * @default none
   */
  readonly mute?: readonly MuteSettings[];
  /**
   * `environment` leaves out the alarm and the metrics of each database, which are most of a database's cost.
   *
   * @default database
   */
  readonly alarms?: 'database' | 'environment';
  /**
   * Retention of the log groups, one of CloudWatch's periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, …
   *
   * @default 400
   */
  readonly logRetentionDays?: number;
  /**
   * `DEBUG` also logs the original errors of PostgreSQL, Node and AWS, with names of roles, databases and hosts.
   *
   * @default INFO
   */
  readonly logLevel?: 'INFO' | 'DEBUG';
  /**
   * Qualifier of a separate CDK bootstrap, which `timescaledb-telemetry bootstrap` creates.
   *
   * @default the qualifier of CDK, shared with other apps in the account and region
   */
  readonly bootstrapQualifier?: string;
  /**
   * Name or ARN of the permissions boundary of all roles: a managed policy, which must exist before the first deployment.
   * null sets none; the execution policy in `infra/` rejects roles without a boundary.
   *
   * @default timescaledb-telemetry-boundary, created from `infra/permissions-boundary.json`
   */
  readonly permissionsBoundary?: string | null;
  /**
   * Number of stacks for the databases, 1 to 99. A stack holds about 50 databases. Increasing the number later moves some of
   * them, and takes the steps in docs/deploying.md, "Many databases".
   *
   * @default 1
   */
  readonly stacks?: number;
}

/** Defines an environment, in a file whose name is the environment's: `environments/<name>.ts` or `environments/<name>/environment.ts`. */
export function defineEnvironment(settings: EnvironmentSettings): EnvironmentSettings {
  return settings;
}
