import { CfnParameter, type CfnParameterProps, type Stack } from 'aws-cdk-lib';
import { LEVELS } from '../../../lib/config/target.ts';
import { RETENTION_DAYS } from '../../config/schema.ts';
import { LATEST_MINUTE } from '../../cron.ts';

const NAME = {
  type: 'String',
  allowedPattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$',
  constraintDescription: 'Use 1 to 63 letters, digits, dots, hyphens and underscores.',
};
/** Without asterisks and question marks, which would be wildcards in the policy of a role. */
const ANY_SECRET =
  '^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}$';
const SECRET_PROBLEM =
  'Use the complete ARN of a secret, with the six characters that Secrets Manager adds.';

/** A text that may be left out. */
function optional(description: string, allowed?: string, problem?: string): CfnParameterProps {
  return {
    type: 'String',
    default: '',
    description,
    ...(allowed !== undefined && { allowedPattern: `^$|${allowed}` }),
    ...(problem !== undefined && { constraintDescription: problem }),
  };
}

const KEY = '^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$';
const KEY_PROBLEM = 'Use the ARN of a key; policies accept no alias.';

/** The parameters of the template, by the headings under which the console shows them. */
const PARAMETERS = {
  'The database': {
    Environment: {
      ...NAME,
      description: 'Name of the environment in log lines and metrics',
      default: 'prod',
    },
    Database: { ...NAME, description: 'Name of the database in log lines and metrics' },
    SecretArn: {
      type: 'String',
      description:
        'Complete ARN of the secret with the login of the reporting role, never its value',
      allowedPattern: ANY_SECRET,
      constraintDescription: SECRET_PROBLEM,
    },
    SecretKeyArn: optional('ARN of the customer-managed key of the secret', KEY, KEY_PROBLEM),
    LevelWhenUnset: {
      type: 'String',
      description: 'The telemetry level of a server that was built without telemetry',
      default: LEVELS[0],
      allowedValues: [...LEVELS],
    },
    AdministratorSecretArn: optional(
      'Complete ARN of the secret of an administrator, never its value; it deploys the function configure',
      ANY_SECRET,
      SECRET_PROBLEM,
    ),
    AdministratorSecretKeyArn: optional(
      'ARN of the customer-managed key of this secret',
      KEY,
      KEY_PROBLEM,
    ),
  },
  'The code': {
    CodeBucket: {
      type: 'String',
      description: 'Bucket with the archives of a release, in this region',
    },
    CodePrefix: {
      type: 'String',
      description:
        'Folder of the archives, with the version and a slash at its end: an update needs another one',
      allowedPattern: '^([A-Za-z0-9._-]+/)+$',
      constraintDescription: 'Use a folder with a slash at its end.',
    },
  },
  'The schedule, in UTC': {
    TickHour: {
      type: 'Number',
      description: 'Hour of the daily run',
      default: 4,
      minValue: 0,
      maxValue: 23,
    },
    TickMinute: {
      type: 'Number',
      description: 'Minute of the daily run, which begins within 15 minutes',
      default: 17,
      minValue: 0,
      maxValue: LATEST_MINUTE,
    },
  },
  'The network': {
    VpcId: optional(
      'VPC of the functions; a security group is created in it',
      '^vpc-[0-9a-f]{8,17}$',
    ),
    SubnetIds: {
      type: 'CommaDelimitedList',
      description: 'Private subnets of this VPC, separated by commas',
      default: '',
    },
    Egress: {
      type: 'String',
      description:
        'none: only database-worker is in the VPC, which needs no way out; the other functions are outside and invoke it',
      default: 'vpc',
      allowedValues: ['vpc', 'none'],
    },
  },
  'Logs, alarms and record': {
    LogRetentionDays: {
      type: 'Number',
      description: 'Days for which the logs are kept',
      default: 400,
      allowedValues: RETENTION_DAYS.map(String),
    },
    AlarmTopicArn: optional('ARN of the SNS topic for the alarms', '^arn:[a-z-]+:sns:.+$'),
    RecordBucket: optional(
      'Bucket of yours for the record of the runs, in this account and region',
      '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      'Use the name of a bucket.',
    ),
    RecordKeyArn: optional('ARN of the customer-managed key of this bucket', KEY, KEY_PROBLEM),
  },
  Permissions: {
    PermissionsBoundaryArn: optional(
      'ARN of the managed policy that limits every role',
      '^arn:[a-z-]+:iam::[0-9a-z]+:policy/.+$',
    ),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, CfnParameterProps>>>>;

type Groups = typeof PARAMETERS;
/** Name of a parameter. */
export type ParameterName = { [Group in keyof Groups]: keyof Groups[Group] }[keyof Groups];
/** Returns a parameter of a stack, which is created when it is first used. */
export type ParameterIn = (name: ParameterName) => CfnParameter;

const DEFINITIONS = new Map<string, CfnParameterProps>(
  Object.values(PARAMETERS).flatMap((group) => Object.entries(group)),
);

/** Returns the parameters of a stack, without the defaults: an empty text is no valid ARN. */
export function parametersIn(stack: Stack): ParameterIn {
  return (name) => {
    const known = stack.node.tryFindChild(name);
    if (known instanceof CfnParameter) return known;
    const type = DEFINITIONS.get(name)?.type;
    return new CfnParameter(stack, name, { ...(type !== undefined && { type }) });
  };
}

/** Returns a value of a parameter for YAML. CDK takes allowed numbers as texts, but the default as a number. */
function toYamlValue(type: unknown, key: string, value: unknown): unknown {
  return type === 'Number' && key === 'allowedValues' ? [value].flat().map(Number) : value;
}

/** Returns the section `Parameters` of the template. */
export function parameterSection(): Readonly<Record<string, object>> {
  return Object.fromEntries(
    [...DEFINITIONS].map(([name, props]) => [
      name,
      Object.fromEntries(
        Object.entries(props).map(([key, value]) => [
          key.replace(/^[a-z]/, (letter) => letter.toUpperCase()),
          toYamlValue(props.type, key, value),
        ]),
      ),
    ]),
  );
}

/** Returns the headings for the console. */
export function parameterInterface(): object {
  return {
    'AWS::CloudFormation::Interface': {
      ParameterGroups: Object.entries(PARAMETERS).map(([label, group]) => ({
        Label: { default: label },
        Parameters: Object.keys(group),
      })),
    },
  };
}
