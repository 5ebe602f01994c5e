import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { retrySchedule } from '../../../lib/schedule/plan-retry.ts';
import type { DeployedFunction } from './deployed-roles.ts';
import { ACCOUNT, REGION } from './synthesis.ts';

/** The requests that functions and schedulers send to AWS, each without its resource. */

export const READ = { action: 'secretsmanager:GetSecretValue' };
export const CREATE = { action: 'scheduler:CreateSchedule' };
export const PASS = {
  action: 'iam:PassRole',
  context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
};
export const SEND = { action: 'sqs:SendMessage' };
export const INVOKE = { action: 'lambda:InvokeFunction' };

export const VIA_SECRETS_MANAGER = `secretsmanager.${REGION}.amazonaws.com`;

/** Returns the request that Secrets Manager sends to KMS when a role reads a secret. */
export function decrypting(secret: string, via = VIA_SECRETS_MANAGER) {
  return {
    action: 'kms:Decrypt',
    context: { 'kms:ViaService': via, 'kms:EncryptionContext:SecretARN': secret },
  };
}

const TICK = '2026-11-22T04:05:00Z';

/** Returns the schedule that a function creates for its first retry, from its own variables. */
export function retryOf({
  arn,
  title,
  variables,
}: Pick<DeployedFunction, 'arn' | 'title' | 'variables'>) {
  const { target, retry } = parseSettings(variables);
  if (retry === undefined) throw new Error(`${title} schedules no retries.`);
  return retrySchedule({ attempt: 1, at: '2026-11-22T05:05:00Z' }, TICK, target, retry, arn);
}

/** The schedule group of the fleet. */
export const GROUP = 'timescaledb-telemetry-test';

export function scheduleArn(group: string, name: string): string {
  return `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/${group}/${name}`;
}

/** Returns the ARN of a log stream, with a name as Lambda creates it. */
export function logStreamArn(logGroup: string, account = ACCOUNT): string {
  return `arn:aws:logs:${REGION}:${account}:log-group:${logGroup}:log-stream:2026/11/22/[$LATEST]0a1b`;
}

/** Actions of every function's role, for its log. */
export const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];
/** Actions of the role of a function in a VPC, for its network interfaces. */
export const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];
