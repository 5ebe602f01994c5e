import { expect, test } from 'vitest';
import {
  deployerArn as at,
  BOUNDED_ACTIONS,
  DEPLOYER_ACCOUNT,
  GENERATED_ROLE,
  LIFECYCLES,
} from '../../support/aws/lifecycles.ts';
import { aPerson, isAllowed, shippedPolicy } from '../../support/aws/policies.ts';
import { type Resource, synthesiseFixture } from '../../support/aws/synthesis.ts';

const POLICY = shippedPolicy('cloudformation-execution-policy.json');
const cloudFormation = aPerson('cdk-cfn-exec-role', DEPLOYER_ACCOUNT, POLICY);
const prod = await synthesiseFixture('prod');

const ROLE_ARN = at('iam', `role/timescaledb-telemetry/${GENERATED_ROLE}`, '');
const BOUNDARY = at('iam', 'policy/timescaledb-telemetry-boundary', '');

function contextOf(action: string, { Properties }: Resource): Readonly<Record<string, string>> {
  if (!BOUNDED_ACTIONS.includes(action)) return {};
  return { 'iam:PermissionsBoundary': String(Properties['PermissionsBoundary']) };
}

test('the tests of the execution policy know every type of resource in the templates', () => {
  const types = new Set(prod.resources().map(([, { Type }]) => Type));
  expect([...types].filter((type) => LIFECYCLES[type] === undefined)).toEqual([]);
});

test.each(Object.entries(LIFECYCLES))(
  'CloudFormation may create, update and delete each %s of the templates',
  async (type, { arn, actions }) => {
    const resources = prod.resources(type);
    expect(resources.length).toBeGreaterThan(0);
    for (const [where, resource] of resources) {
      for (const action of actions) {
        const context = contextOf(action, resource);
        const request = { action, resource: arn(resource), context };
        const allowed = await isAllowed(cloudFormation, request);
        expect([where, action, allowed]).toEqual([where, action, true]);
      }
    }
  },
);

test.each<[what: string, action: string, resource: string, context?: Record<string, string>]>([
  [
    'update a function of another application',
    'lambda:UpdateFunctionCode',
    at('lambda', 'function:payroll'),
  ],
  ['invoke a function', 'lambda:InvokeFunction', at('lambda', 'function:telemetry-prod-x')],
  [
    'update a role of another application',
    'iam:PutRolePolicy',
    at('iam', 'role/administrator', ''),
  ],
  [
    'attach a managed policy to a role',
    'iam:AttachRolePolicy',
    ROLE_ARN,
    { 'iam:PermissionsBoundary': BOUNDARY },
  ],
  [
    'pass a role to another service',
    'iam:PassRole',
    ROLE_ARN,
    { 'iam:PassedToService': 'ec2.amazonaws.com' },
  ],
  [
    'pass a role of another application whose name begins alike',
    'iam:PassRole',
    at('iam', 'role/telemetry-collector', ''),
    { 'iam:PassedToService': 'lambda.amazonaws.com' },
  ],
  [
    'update a function of another application whose name begins alike',
    'lambda:UpdateFunctionCode',
    at('lambda', 'function:telemetry-collector'),
  ],
  ['read a secret', 'secretsmanager:GetSecretValue', at('secretsmanager', 'secret:prod/x-AbCdEf')],
  [
    'delete the log group of another application',
    'logs:DeleteLogGroup',
    at('logs', 'log-group:/aws/lambda/payroll'),
  ],
  ['delete a queue of another application', 'sqs:DeleteQueue', at('sqs', 'payroll')],
  [
    'delete a schedule of another application',
    'scheduler:DeleteSchedule',
    at('scheduler', 'schedule/default/x'),
  ],
  [
    'read a parameter of another application',
    'ssm:GetParameter',
    at('ssm', 'parameter/payroll/password'),
  ],
  [
    'read an object of the record',
    's3:GetObject',
    'arn:aws:s3:::timescaledb-telemetry-prod-0a1b/runs/x',
  ],
  [
    'delete an object of the record',
    's3:DeleteObject',
    'arn:aws:s3:::timescaledb-telemetry-prod-0a1b/runs/x',
  ],
  ['change the policy of another bucket', 's3:PutBucketPolicy', 'arn:aws:s3:::payroll'],
  ['delete a table of another application', 'glue:DeleteTable', at('glue', 'table/payroll/people')],
  [
    'run a query',
    'athena:StartQueryExecution',
    at('athena', 'workgroup/timescaledb-telemetry-prod'),
  ],
  [
    'open the inbound ports of a security group',
    'ec2:AuthorizeSecurityGroupIngress',
    at('ec2', 'security-group/*'),
  ],
])('CloudFormation may not %s', async (_what, action, resource, context = {}) => {
  expect(await isAllowed(cloudFormation, { action, resource, context })).toBe(false);
});

test.each(['lambda', 'scheduler'])('CloudFormation may pass the roles to %s', async (service) => {
  const allowed = await isAllowed(cloudFormation, {
    action: 'iam:PassRole',
    resource: ROLE_ARN,
    context: { 'iam:PassedToService': `${service}.amazonaws.com` },
  });
  expect(allowed).toBe(true);
});

test('CloudFormation may read the published code and the version of the bootstrap', async () => {
  const assets = 'arn:aws:s3:::cdk-hnb659fds-assets-333333333333-eu-central-1/f00d.zip';
  const version = at('ssm', 'parameter/cdk-bootstrap/hnb659fds/version');
  expect(await isAllowed(cloudFormation, { action: 's3:GetObject', resource: assets })).toBe(true);
  expect(await isAllowed(cloudFormation, { action: 'ssm:GetParameters', resource: version })).toBe(
    true,
  );
});

test('the execution policy fits into one managed policy', () => {
  expect(JSON.stringify(POLICY).length).toBeLessThan(6_144);
});
