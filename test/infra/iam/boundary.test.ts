import { describe, expect, test } from 'vitest';
import { isWithinBoundary, type Request, shippedPolicy } from '../../support/aws/policies.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const BOUNDARY_ARN = `arn:aws:iam::${ACCOUNT}:policy/timescaledb-telemetry-boundary`;

function at(service: string, resource: string, region = REGION): string {
  return `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
}

test('the boundary fits into one managed policy', () => {
  const boundary = shippedPolicy('permissions-boundary.json');
  expect(JSON.stringify(boundary).length).toBeLessThan(6_144);
});

/** A role of the project with AdministratorAccess attached. */
const administrator = {
  arn: `arn:aws:iam::${ACCOUNT}:role/timescaledb-telemetry/made-for-metrics`,
  account: ACCOUNT,
};
const TO_SCHEDULER = { 'iam:PassedToService': 'scheduler.amazonaws.com' };
const SCHEDULER_ROLE = at('iam', 'role/timescaledb-telemetry/telemetry-prod-1-scheduler', '');
const KEY = at('kms', 'key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
const ANY_FUNCTION = 'telemetry-prod-metrics-a3bd29f1aa';
const RUN = 'runs/environment=prod/date=2026-11-28/database=metrics/20261128T040500Z-0.json.gz';
const IF_NEW = { 's3:if-none-match': '*', 'aws:ResourceAccount': ACCOUNT };

describe('a role with the boundary and AdministratorAccess', () => {
  test.each<[what: string, action: string, resource: string, context?: Request['context']]>([
    [
      'read a secret',
      'secretsmanager:GetSecretValue',
      at('secretsmanager', 'secret:prod/x-AbCdEf'),
    ],
    [
      'decrypt a secret',
      'kms:Decrypt',
      KEY,
      { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` },
    ],
    ['pass the role of the scheduler', 'iam:PassRole', SCHEDULER_ROLE, TO_SCHEDULER],
    ['create a network interface', 'ec2:CreateNetworkInterface', '*'],
    ['create an object of the record', 's3:PutObject', `arn:aws:s3:::own/prod/${RUN}`, IF_NEW],
    [
      'encrypt an object of the record',
      'kms:GenerateDataKey',
      KEY,
      { 'kms:ViaService': `s3.${REGION}.amazonaws.com` },
    ],
  ])('may %s', async (_what, action, resource, context = {}) => {
    expect(await isWithinBoundary(administrator, { action, resource, context })).toBe(true);
  });

  test.each<[what: string, action: string, resource: string, context?: Request['context']]>([
    ['create a user', 'iam:CreateUser', at('iam', 'user/me', '')],
    ['create a role', 'iam:CreateRole', at('iam', 'role/timescaledb-telemetry/mine', '')],
    ['add an inline policy to itself', 'iam:PutRolePolicy', administrator.arn],
    ['attach a managed policy to itself', 'iam:AttachRolePolicy', administrator.arn],
    ['remove its boundary', 'iam:DeleteRolePermissionsBoundary', administrator.arn],
    ['replace its boundary', 'iam:PutRolePermissionsBoundary', administrator.arn],
    ['change its trust policy', 'iam:UpdateAssumeRolePolicy', administrator.arn],
    ['change the boundary', 'iam:CreatePolicyVersion', BOUNDARY_ARN],
    ['restore an older version of the boundary', 'iam:SetDefaultPolicyVersion', BOUNDARY_ARN],
    ['delete the boundary', 'iam:DeletePolicy', BOUNDARY_ARN],
    ['assume another role', 'sts:AssumeRole', at('iam', 'role/administrator', '')],
    [
      'pass another role',
      'iam:PassRole',
      at('iam', 'role/administrator-scheduler', ''),
      TO_SCHEDULER,
    ],
    [
      'pass the role of a function',
      'iam:PassRole',
      at('iam', 'role/timescaledb-telemetry/made-for-metrics', ''),
      TO_SCHEDULER,
    ],
    [
      'pass the scheduler’s role to Lambda',
      'iam:PassRole',
      SCHEDULER_ROLE,
      { 'iam:PassedToService': 'lambda.amazonaws.com' },
    ],
    [
      'change a secret',
      'secretsmanager:PutSecretValue',
      at('secretsmanager', 'secret:prod/x-AbCdEf'),
    ],
    ['decrypt without Secrets Manager', 'kms:Decrypt', KEY],
    [
      'decrypt through another service',
      'kms:Decrypt',
      KEY,
      { 'kms:ViaService': `ssm.${REGION}.amazonaws.com` },
    ],
    ['encrypt', 'kms:Encrypt', KEY],
    ['read an object of a bucket', 's3:GetObject', 'arn:aws:s3:::payroll/file'],
    ['read an object of the record', 's3:GetObject', `arn:aws:s3:::own/${RUN}`],
    ['delete an object of the record', 's3:DeleteObject', `arn:aws:s3:::own/${RUN}`],
    ['create another object', 's3:PutObject', 'arn:aws:s3:::payroll/file', IF_NEW],
    [
      'replace an object of the record',
      's3:PutObject',
      `arn:aws:s3:::own/${RUN}`,
      { 'aws:ResourceAccount': ACCOUNT },
    ],
    [
      'create an object in a bucket of another account',
      's3:PutObject',
      `arn:aws:s3:::theirs/${RUN}`,
      { ...IF_NEW, 'aws:ResourceAccount': '210987654321' },
    ],
    ['create a data key without S3', 'kms:GenerateDataKey', KEY],
    ['change a function', 'lambda:UpdateFunctionCode', at('lambda', `function:${ANY_FUNCTION}`)],
    [
      'invoke configure',
      'lambda:InvokeFunction',
      at('lambda', `function:${ANY_FUNCTION}-configure`),
    ],
    [
      'invoke a function of another application',
      'lambda:InvokeFunction',
      at('lambda', 'function:x'),
    ],
    [
      'create a schedule in the default group',
      'scheduler:CreateSchedule',
      at('scheduler', 'schedule/default/x'),
    ],
    [
      'change a schedule',
      'scheduler:UpdateSchedule',
      at('scheduler', 'schedule/timescaledb-telemetry-prod/metrics'),
    ],
    ['send to a queue of another application', 'sqs:SendMessage', at('sqs', 'payroll')],
    [
      'write to the log of another application',
      'logs:PutLogEvents',
      at('logs', 'log-group:/aws/lambda/payroll:log-stream:x'),
    ],
    [
      'delete a log group',
      'logs:DeleteLogGroup',
      at('logs', 'log-group:/timescaledb-telemetry/prod/send-report'),
    ],
    ['start an instance', 'ec2:RunInstances', at('ec2', 'instance/*')],
    [
      'open the inbound ports of a security group',
      'ec2:AuthorizeSecurityGroupIngress',
      at('ec2', 'security-group/*'),
    ],
    [
      'delete a network interface from the code of a function',
      'ec2:DeleteNetworkInterface',
      '*',
      { 'lambda:SourceFunctionArn': at('lambda', `function:${ANY_FUNCTION}-send-report`) },
    ],
  ])('may not %s', async (_what, action, resource, context = {}) => {
    expect(await isWithinBoundary(administrator, { action, resource, context })).toBe(false);
  });
});
