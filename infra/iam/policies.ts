import type { Purpose } from '../../lib/naming.ts';
import { retryPrefix } from '../../lib/schedule/plan-retry.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import type { SecretReference } from '../config/rules/secret-reference.ts';
import {
  arn,
  domainSuffix,
  environmentName,
  functionArn,
  logGroupName,
  type Place,
  queueArn,
  schedulerRoleArn,
} from '../naming.ts';

/** A statement of a policy, as IAM writes it. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

/** A statement, and where it has a wildcard, why it has to. */
export interface Grant {
  readonly statement: Statement;
  readonly whyWildcard?: string;
}

function writeLogs(place: Place, purpose: Purpose): Grant {
  return {
    statement: {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: arn(place, 'logs', `log-group:${logGroupName(place, purpose)}:*`),
    },
    whyWildcard:
      'Lambda makes a log stream of a new name for every execution environment; the log group is named in full.',
  };
}

/** The one secret, its versions AWSCURRENT and AWSPENDING, and its key for this secret alone. */
function readSecret(place: Place, { resources, keyArn }: SecretReference): readonly Grant[] {
  const [first] = resources;
  const resource = resources.length === 1 ? first : resources;
  const read: Statement = {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: resource,
  };
  if (keyArn === undefined) return [{ statement: read }];
  const decrypt: Statement = {
    Effect: 'Allow',
    Action: 'kms:Decrypt',
    Resource: keyArn,
    Condition: {
      StringEquals: { 'kms:ViaService': `secretsmanager.${place.region}.${domainSuffix(place)}` },
      StringLike: { 'kms:EncryptionContext:SecretARN': resource },
    },
  };
  return [{ statement: read }, { statement: decrypt }];
}

const INTERFACE_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Allows Lambda to manage the network interface with the function's role: the EC2 actions of AWS's own policy
 * AWSLambdaVPCAccessExecutionRole, on its resource. The function's own code is denied the same actions: `SourceFunctionArn`
 * is set for its calls alone.
 */
function holdNetworkInterface(ownArn: string): readonly Grant[] {
  return [
    {
      statement: { Effect: 'Allow', Action: INTERFACE_ACTIONS, Resource: '*' },
      whyWildcard:
        'Lambda checks these actions against all resources, as its managed policy AWSLambdaVPCAccessExecutionRole grants them; the next statement denies them to the function’s own code.',
    },
    {
      statement: {
        Effect: 'Deny',
        Action: INTERFACE_ACTIONS,
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': ownArn } },
      },
    },
  ];
}

function sendTo(place: Place, queue: Parameters<typeof queueArn>[1]): Grant {
  return {
    statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn(place, queue) },
  };
}

/** One-time schedules of this target's alone, by the hash of fixed length that their names begin with; made, never changed. */
function scheduleRetries(place: Place, { name, stack }: Database): readonly Grant[] {
  const prefix = retryPrefix({ environment: place.environment, name });
  return [
    {
      statement: {
        Effect: 'Allow',
        Action: 'scheduler:CreateSchedule',
        Resource: arn(place, 'scheduler', `schedule/${environmentName(place)}/${prefix}-*`),
      },
      whyWildcard:
        'A retry is named after its tick and attempt; the hash before it is this target’s alone and of fixed length.',
    },
    {
      statement: {
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: schedulerRoleArn(place, stack),
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      },
    },
  ];
}

/** All that the role of one function may do. */
export function grantsOf(
  purpose: Purpose,
  { place }: Environment,
  database: Database,
): readonly Grant[] {
  const { name, secret, configure = secret, network } = database;
  return [
    writeLogs(place, purpose),
    ...readSecret(place, purpose === 'configure' ? configure : secret),
    ...(network === undefined ? [] : holdNetworkInterface(functionArn(place, name, purpose))),
    // Whoever calls get-report waits for its answer.
    ...(purpose === 'get-report' ? [] : [sendTo(place, 'failed-runs')]),
    ...(purpose === 'send-report' ? scheduleRetries(place, database) : []),
  ];
}

/** All that the scheduler's role of one stack may do. */
export function schedulerGrants(
  { place }: Environment,
  databases: readonly Database[],
): readonly Grant[] {
  const functions = databases.map(({ name }) => functionArn(place, name, 'send-report'));
  const invoke: Statement = {
    Effect: 'Allow',
    Action: 'lambda:InvokeFunction',
    Resource: functions,
  };
  // A stack that has got no database yet has a role that can invoke nothing.
  return [...(functions.length === 0 ? [] : [{ statement: invoke }]), sendTo(place, 'undelivered')];
}

interface Document<Item extends object> {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Item[];
}

export function policyOf(grants: readonly Grant[]): Document<Statement> {
  return { Version: '2012-10-17', Statement: grants.map(({ statement }) => statement) };
}

/** Who may take on a role. */
export function trustOf(service: string, condition?: Statement['Condition']): Document<object> {
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  return {
    Version: '2012-10-17',
    Statement: [condition === undefined ? trust : { ...trust, Condition: condition }],
  };
}

/** EventBridge Scheduler alone, and only for schedules of this environment's group in this account. */
export function schedulerTrust({ place }: Environment): Document<object> {
  return trustOf('scheduler.amazonaws.com', {
    StringEquals: {
      'aws:SourceAccount': place.account,
      'aws:SourceArn': arn(place, 'scheduler', `schedule-group/${environmentName(place)}`),
    },
  });
}
