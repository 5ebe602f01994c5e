import { DATABASE_WORKER, type DatabaseFunction, type Purpose } from '../../lib/naming.ts';
import { retryPrefix } from '../../lib/schedule/plan-retry.ts';
import { networkOf } from '../config/functions-of.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import type { SecretReference } from '../config/rules/secret-reference.ts';
import {
  arn,
  type DeployPlace,
  domainSuffix,
  functionArn,
  logGroupName,
  queueArn,
  scheduleGroupName,
  schedulerRoleArn,
} from '../naming.ts';
import { createRecord } from './record.ts';

/** A statement of an IAM policy. */
export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

/** A statement, and the reason for a wildcard in it. */
export interface Grant {
  readonly statement: PolicyStatement;
  readonly whyWildcard?: string;
}

/** Allows writing to the log group of a function. */
export function writeLogs(place: DeployPlace, purpose: Parameters<typeof logGroupName>[1]): Grant {
  return {
    statement: {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: arn(place, 'logs', `log-group:${logGroupName(place, purpose)}:*`),
    },
    whyWildcard:
      'Lambda creates a log stream with a new name for each execution environment; the name of the log group is complete.',
  };
}

/** Allows reading one secret, and decrypting it with its key. */
function readSecret(place: DeployPlace, { resources, keyArn }: SecretReference): readonly Grant[] {
  const [first] = resources;
  const resource = resources.length === 1 ? first : resources;
  const read: PolicyStatement = {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: resource,
  };
  if (keyArn === undefined) return [{ statement: read }];
  const decrypt: PolicyStatement = {
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
 * Allows Lambda to manage network interfaces with the function's role: the EC2 actions of AWS's managed policy
 * AWSLambdaVPCAccessExecutionRole. The function's own code is denied these actions: `SourceFunctionArn` is set for its calls
 * only.
 */
function manageNetworkInterface(callers: string): readonly Grant[] {
  return [
    {
      statement: { Effect: 'Allow', Action: INTERFACE_ACTIONS, Resource: '*' },
      whyWildcard:
        'Lambda requires these actions on all resources, as in the managed policy AWSLambdaVPCAccessExecutionRole; the next statement denies them to the function’s own code.',
    },
    {
      statement: {
        Effect: 'Deny',
        Action: INTERFACE_ACTIONS,
        Resource: '*',
        Condition: { ArnEquals: { 'lambda:SourceFunctionArn': callers } },
      },
    },
  ];
}

/** Allows sending messages to a queue of the environment. */
export function sendTo(place: DeployPlace, queue: Parameters<typeof queueArn>[1]): Grant {
  return {
    statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn(place, queue) },
  };
}

/** Returns the pattern of the names of a target's retries. */
export function retryNames(environment: string, name: string): string {
  return `${retryPrefix({ environment, name })}-*`;
}

/** Allows creating, and not changing, one-time schedules whose names begin with the target's hash, which has a fixed length. */
function scheduleRetries(place: DeployPlace, { name, stack }: Database): readonly Grant[] {
  const names = place.own?.retryNames ?? retryNames(place.environment, name);
  return [
    {
      statement: {
        Effect: 'Allow',
        Action: 'scheduler:CreateSchedule',
        Resource: arn(place, 'scheduler', `schedule/${scheduleGroupName(place)}/${names}`),
      },
      whyWildcard:
        'The name of a retry contains its tick and attempt; the hash before them is unique to this target and has a fixed length.',
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

/**
 * Returns the ARN of the function that uses a role, as a pattern. A generated name does not exist before the role: every function
 * in the account and region is meant, of which one has the role.
 */
function callerArn(place: DeployPlace, database: string, purpose: DatabaseFunction): string {
  return place.own === undefined
    ? functionArn(place, database, purpose)
    : arn(place, 'lambda', 'function:*');
}

/** Allows invoking the worker of one database. */
function invokeWorker(place: DeployPlace, { name }: Database): Grant {
  return {
    statement: {
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: functionArn(place, name, DATABASE_WORKER),
    },
  };
}

/** Returns the permissions of the role of a function that reads its database's secret. */
function grantsOfPurpose(
  purpose: Purpose,
  environment: Environment,
  database: Database,
): readonly Grant[] {
  const { place } = environment;
  const { name, secret, configure = secret, hasWorker } = database;
  return [
    ...readSecret(place, purpose === 'configure' ? configure : secret),
    ...(hasWorker ? [invokeWorker(place, database)] : []),
    // get-report is invoked synchronously: the caller gets its errors.
    ...(purpose === 'get-report' ? [] : [sendTo(place, 'failed-runs')]),
    ...(purpose === 'send-report'
      ? [...scheduleRetries(place, database), ...createRecord(environment, name)]
      : []),
  ];
}

/** Returns all permissions of one function's role. The worker has those of its log and of its network interface. */
export function grantsOf(
  purpose: DatabaseFunction,
  environment: Environment,
  database: Database,
): readonly Grant[] {
  const { place } = environment;
  const isInNetwork = networkOf(purpose, database) !== undefined;
  return [
    writeLogs(place, purpose),
    ...(isInNetwork ? manageNetworkInterface(callerArn(place, database.name, purpose)) : []),
    ...(purpose === DATABASE_WORKER ? [] : grantsOfPurpose(purpose, environment, database)),
  ];
}

/** Allows invoking the `send-report` functions of databases. */
export function invokeSenders(place: DeployPlace, databases: readonly Database[]): Grant {
  const functions = databases.map(({ name }) => functionArn(place, name, 'send-report'));
  return {
    statement: { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: functions },
  };
}

/** Returns all permissions of the scheduler role of one stack. */
export function schedulerGrants(
  { place }: Environment,
  databases: readonly Database[],
): readonly Grant[] {
  // In a stack without databases the role can invoke no function.
  const invoke = databases.length === 0 ? [] : [invokeSenders(place, databases)];
  return [...invoke, sendTo(place, 'undelivered')];
}

interface Document<Item extends object> {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Item[];
}

export function policyOf(grants: readonly Grant[]): Document<PolicyStatement> {
  return { Version: '2012-10-17', Statement: grants.map(({ statement }) => statement) };
}

/** Returns a trust policy that allows a service to assume a role. */
export function trustOf(
  service: string,
  condition?: PolicyStatement['Condition'],
): Document<object> {
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  return {
    Version: '2012-10-17',
    Statement: [condition === undefined ? trust : { ...trust, Condition: condition }],
  };
}

/** Allows EventBridge Scheduler to assume a role, for schedules of this environment's group in this account only. */
export function schedulerTrust({ place }: Environment): Document<object> {
  return trustOf('scheduler.amazonaws.com', {
    StringEquals: {
      'aws:SourceAccount': place.account,
      'aws:SourceArn': arn(place, 'scheduler', `schedule-group/${scheduleGroupName(place)}`),
    },
  });
}
