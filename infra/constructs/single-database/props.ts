import type { IConnectable, ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type {
  DatabasePlace,
  DestinationSettings,
  ReportSettings,
} from '../../config/environment.ts';
import type { TickTime } from '../../cron.ts';

/** A secret with a login, which a function is allowed to read. */
export interface SecretProps {
  /** The secret with the login, and with the host unless `host` is set. Only its value may be read. */
  readonly secret: ISecret;
  /**
   * The customer-managed key that encrypts the secret. The function may decrypt this secret with it, and nothing else.
   *
   * @default the encryption key of the secret, if CDK knows it
   */
  readonly secretKey?: IKey;
}

/** The network of the functions. */
export interface NetworkProps {
  /**
   * The VPC of the functions.
   *
   * @default none: the functions reach public addresses only
   */
  readonly vpc?: IVpc;
  /**
   * The subnets of the functions, which are private. A warning is added for subnets that have a route out with the `egress` `none`, and
   * for isolated ones with `vpc`, from which nothing outside is reached without endpoints and a proxy.
   *
   * @default with `egress` `none` the isolated subnets of the VPC if there are any, otherwise the private ones that have a way out
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * `none`: only the function `database-worker` is in the VPC, and reaches nothing but the database; the others are outside, and
   * invoke it. `vpc`: all functions are in the VPC, and reach AWS and the internet through it.
   *
   * @default vpc
   */
  readonly egress?: 'vpc' | 'none';
  /**
   * Security groups of the functions in the VPC.
   *
   * @default two new ones without inbound rules: one with outbound rules for the database; and one for port 443 and the proxy, which
   * functions have in addition unless `egress` is `none`
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * The database, or its security group, which is opened for the functions.
   *
   * @default none: the functions may connect to the database's port of any address
   */
  readonly connectTo?: IConnectable;
  /**
   * Proxy for sending the report, such as `http://proxy.example.com:3128`. The AWS SDK does not use it.
   *
   * @default none
   */
  readonly proxy?: string;
}

/** A record in a bucket that exists. */
export interface RecordProps {
  /** The bucket, in the account and region of the stack. It is not changed. */
  readonly bucket: IBucket;
  /**
   * Folder in the bucket, such as `telemetry/prod`.
   *
   * @default none
   */
  readonly prefix?: string;
}

/** The archives of the functions in a bucket of the same region. */
export interface CodeArchives {
  /** The bucket, in the region of the stack. */
  readonly bucket: IBucket;
  /** Beginning of the keys, before `send-report.zip`. */
  readonly prefix: string;
}

/**
 * One database, with constructs as inputs. Texts may be tokens, unless the description of the key excludes it.
 */
export interface SingleDatabaseTelemetryProps
  extends DatabasePlace,
    ReportSettings,
    SecretProps,
    NetworkProps {
  /** Name of the environment in log lines and metrics, such as `prod`. With `name` it identifies the database. */
  readonly environment: string;
  /** Name of the database in log lines and metrics, such as `metrics`. */
  readonly name: string;
  /**
   * Deploys the function `configure`, which uses an administrator's secret.
   *
   * @default not deployed
   */
  readonly configure?: SecretProps;
  /**
   * Where reports are sent.
   *
   * @default to telemetry.timescale.com
   */
  readonly delivery?: DestinationSettings;
  /**
   * JSON file with version data of your own, relative to the working directory; it is deployed with the functions.
   *
   * @default the bundled data
   */
  readonly versionData?: string;
  /**
   * When the schedule fires. Required if `environment` or `name` is a token.
   *
   * @default derived from `environment` and `name`, so that databases are spread over the day
   */
  readonly tickAt?: TickTime;
  /**
   * The group of the schedules. Must be left out if `environment` or `name` is a token.
   *
   * @default a new group
   */
  readonly scheduleGroup?: IScheduleGroup;
  /**
   * Whether alarms are created, at 0.10 USD per month each: `missing-runs`, `final-failures`, `undelivered`, `known-vulnerable` and
   * `jobs-broken`.
   *
   * @default true
   */
  readonly alarms?: boolean;
  /**
   * The topic that the alarms publish to.
   *
   * @default alarms publish nothing
   */
  readonly alarmTopic?: ITopic;
  /**
   * Keeps an object for each run in a bucket, with the summary line and the exact report.
   *
   * @default no record
   */
  readonly record?: RecordProps;
  /**
   * How long the logs are kept.
   *
   * @default RetentionDays.THIRTEEN_MONTHS (400 days)
   */
  readonly logRetention?: RetentionDays;
  /**
   * `DEBUG` also logs the original errors of PostgreSQL, Node and AWS, with names of roles, databases and hosts.
   *
   * @default INFO
   */
  readonly logLevel?: 'INFO' | 'DEBUG';
  /**
   * The archives of the functions, where CDK's assets cannot be used.
   *
   * @default assets of the package
   */
  readonly code?: CodeArchives;
}
