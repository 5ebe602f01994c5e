import { describe, expect, test } from 'vitest';
import {
  deployerArn as at,
  BOUNDED_ACTIONS,
  DEPLOYER_ACCOUNT,
  GENERATED_ROLE,
} from '../../support/aws/lifecycles.ts';
import { aPerson, isAllowed, shippedPolicy } from '../../support/aws/policies.ts';

const POLICY = shippedPolicy('cloudformation-execution-policy.json');
const cloudFormation = aPerson('cdk-cfn-exec-role', DEPLOYER_ACCOUNT, POLICY);

const ROLE_ARN = at('iam', `role/timescaledb-telemetry/${GENERATED_ROLE}`, '');
const BOUNDARY = at('iam', 'policy/timescaledb-telemetry-boundary', '');

/** A role with AdministratorAccess in addition to the policy: only explicit denials remain. */
const withAdministratorAccess = aPerson('cdk-cfn-exec-role', DEPLOYER_ACCOUNT, {
  ...POLICY,
  Statement: [...POLICY.Statement, { Effect: 'Allow', Action: '*', Resource: '*' }],
});

const OTHER_BOUNDARIES = [
  ['without a boundary', {}],
  [
    'with a boundary that allows everything',
    { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess' },
  ],
  ['with a boundary whose name begins alike', { 'iam:PermissionsBoundary': `${BOUNDARY}-2` }],
  [
    'with a boundary whose path contains the name',
    {
      'iam:PermissionsBoundary': at('iam', 'policy/x:policy/timescaledb-telemetry-boundary', ''),
    },
  ],
] as const;

describe.each([
  ['the execution policy', cloudFormation],
  ['the execution policy and AdministratorAccess', withAdministratorAccess],
])('CloudFormation with %s', (_who, role) => {
  test.each(
    [...BOUNDED_ACTIONS, 'iam:AttachRolePolicy'].flatMap((action) =>
      OTHER_BOUNDARIES.map(([what, context]) => [action, what, context] as const),
    ),
  )('is denied %s on a role %s', async (action, _what, context) => {
    expect(await isAllowed(role, { action, resource: ROLE_ARN, context })).toBe(false);
  });

  test('is denied the removal of the boundary from a role', async () => {
    const action = 'iam:DeleteRolePermissionsBoundary';
    expect(await isAllowed(role, { action, resource: ROLE_ARN })).toBe(false);
  });

  test.each(
    ['boundary', 'cloudformation'].flatMap((name) =>
      [
        'iam:CreatePolicyVersion',
        'iam:SetDefaultPolicyVersion',
        'iam:DeletePolicyVersion',
        'iam:DeletePolicy',
      ].map((action) => [action, name] as const),
    ),
  )('is denied %s on the policy timescaledb-telemetry-%s', async (action, name) => {
    const resource = at('iam', `policy/timescaledb-telemetry-${name}`, '');
    expect(await isAllowed(role, { action, resource })).toBe(false);
  });
});

test.each(BOUNDED_ACTIONS)(
  'CloudFormation is not allowed %s outside of the path of the roles',
  async (action) => {
    for (const name of ['telemetry-collector', 'administrator', GENERATED_ROLE]) {
      const context = { 'iam:PermissionsBoundary': BOUNDARY };
      const resource = at('iam', `role/${name}`, '');
      expect(await isAllowed(cloudFormation, { action, resource, context }), name).toBe(false);
    }
  },
);

test.each(['aws-cn', 'aws-us-gov'])(
  'CloudFormation creates only roles with the boundary in the partition %s',
  async (partition) => {
    const there = { ...cloudFormation, arn: cloudFormation.arn.replace('aws', partition) };
    const resource = ROLE_ARN.replace('aws', partition);
    const context = { 'iam:PermissionsBoundary': BOUNDARY.replace('aws', partition) };
    for (const action of BOUNDED_ACTIONS) {
      expect(await isAllowed(there, { action, resource, context }), action).toBe(true);
      expect(await isAllowed(there, { action, resource }), action).toBe(false);
    }
  },
);

test('an execution policy with another name of the boundary requires that boundary', async () => {
  const written = JSON.stringify(POLICY).replaceAll(
    'policy/timescaledb-telemetry-boundary',
    'policy/company-boundary',
  );
  const adapted = aPerson('cdk-cfn-exec-role', DEPLOYER_ACCOUNT, JSON.parse(written));
  const company = at('iam', 'policy/company-boundary', '');
  for (const action of BOUNDED_ACTIONS) {
    const request = { action, resource: ROLE_ARN };
    const under = (boundary: string) =>
      isAllowed(adapted, { ...request, context: { 'iam:PermissionsBoundary': boundary } });
    expect(await under(company), action).toBe(true);
    expect(await under(BOUNDARY), action).toBe(false);
  }
  const edit = { action: 'iam:CreatePolicyVersion', resource: company };
  expect(await isAllowed(adapted, edit)).toBe(false);
});
