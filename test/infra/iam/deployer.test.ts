import { describe, expect, test } from 'vitest';
import { aPerson, isAllowed, shippedPolicy } from '../../support/aws/policies.ts';
import { type Resource, synthesiseFixture } from '../../support/aws/synthesis.ts';

const ACCOUNT = '333333333333';
const REGION = 'eu-central-1';

const POLICY = shippedPolicy('cloudformation-execution-policy.json');
const cloudFormation = aPerson('cdk-cfn-exec-role', ACCOUNT, POLICY);
const prod = await synthesiseFixture('prod');

function at(service: string, resource: string, region = REGION): string {
  return `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
}

function named(name: string): (resource: Resource) => string {
  return ({ Properties }) => String(Properties[name]);
}

/** As CloudFormation calls a role that has no name of its own. */
const GENERATED_ROLE = 'timescaledb-telemetry-pr-DatabasemetricsSendReportRo-AbCdEf123456';

const GENERATED_ROLE_ARN = at('iam', `role/timescaledb-telemetry/${GENERATED_ROLE}`, '');
const BOUNDARY = at('iam', 'policy/timescaledb-telemetry-boundary', '');

/** Actions that IAM judges by the boundary that the role has, or is given. */
const BOUNDED_ACTIONS = [
  'iam:CreateRole',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:UpdateAssumeRolePolicy',
];

function contextOf(action: string, { Properties }: Resource): Readonly<Record<string, string>> {
  if (!BOUNDED_ACTIONS.includes(action)) return {};
  return { 'iam:PermissionsBoundary': String(Properties['PermissionsBoundary']) };
}

interface Lifecycle {
  /** The ARN of the resource as it will be. */
  readonly arn: (resource: Resource) => string;
  /** To make it, to change it, and to take it away. */
  readonly actions: readonly string[];
}

/** What CloudFormation does with each type of resource, by the types' own handlers and the services' API references. */
const LIFECYCLES: Readonly<Record<string, Lifecycle>> = {
  'AWS::Lambda::Function': {
    arn: (resource) => at('lambda', `function:${named('FunctionName')(resource)}`),
    actions: [
      'lambda:CreateFunction',
      'lambda:GetFunction',
      'lambda:TagResource',
      'lambda:UpdateFunctionCode',
      'lambda:UpdateFunctionConfiguration',
      'lambda:DeleteFunction',
    ],
  },
  'AWS::Lambda::EventInvokeConfig': {
    arn: () => at('lambda', 'function:telemetry-prod-metrics-a3bd29f1aa-send-report'),
    actions: [
      'lambda:PutFunctionEventInvokeConfig',
      'lambda:GetFunctionEventInvokeConfig',
      'lambda:UpdateFunctionEventInvokeConfig',
      'lambda:DeleteFunctionEventInvokeConfig',
    ],
  },
  'AWS::IAM::Role': {
    arn: ({ Properties: { Path, RoleName } }) =>
      at('iam', `role${String(Path)}${String(RoleName ?? GENERATED_ROLE)}`, ''),
    actions: [
      ...BOUNDED_ACTIONS,
      'iam:GetRole',
      'iam:TagRole',
      'iam:UpdateRole',
      'iam:DeleteRolePolicy',
      'iam:DeleteRole',
    ],
  },
  'AWS::Scheduler::ScheduleGroup': {
    arn: (resource) => at('scheduler', `schedule-group/${named('Name')(resource)}`),
    actions: [
      'scheduler:CreateScheduleGroup',
      'scheduler:GetScheduleGroup',
      'scheduler:TagResource',
      'scheduler:DeleteScheduleGroup',
    ],
  },
  'AWS::Scheduler::Schedule': {
    arn: (resource) =>
      at('scheduler', `schedule/${named('GroupName')(resource)}/${named('Name')(resource)}`),
    actions: [
      'scheduler:CreateSchedule',
      'scheduler:GetSchedule',
      'scheduler:UpdateSchedule',
      'scheduler:DeleteSchedule',
    ],
  },
  'AWS::Logs::LogGroup': {
    arn: (resource) => at('logs', `log-group:${named('LogGroupName')(resource)}`),
    actions: [
      'logs:CreateLogGroup',
      'logs:PutRetentionPolicy',
      'logs:TagResource',
      'logs:DeleteLogGroup',
    ],
  },
  'AWS::Logs::QueryDefinition': {
    arn: () => '*',
    actions: [
      'logs:PutQueryDefinition',
      'logs:DescribeQueryDefinitions',
      'logs:DeleteQueryDefinition',
    ],
  },
  'AWS::SQS::Queue': {
    arn: (resource) => at('sqs', named('QueueName')(resource)),
    actions: [
      'sqs:CreateQueue',
      'sqs:GetQueueAttributes',
      'sqs:SetQueueAttributes',
      'sqs:TagQueue',
      'sqs:DeleteQueue',
    ],
  },
  'AWS::SQS::QueuePolicy': {
    arn: () => at('sqs', 'timescaledb-telemetry-prod-undelivered'),
    actions: ['sqs:SetQueueAttributes'],
  },
  'AWS::CloudWatch::Alarm': {
    arn: (resource) => at('cloudwatch', `alarm:${named('AlarmName')(resource)}`),
    actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource', 'cloudwatch:DeleteAlarms'],
  },
  'AWS::CloudWatch::Dashboard': {
    arn: (resource) => at('cloudwatch', `dashboard/${named('DashboardName')(resource)}`, ''),
    actions: ['cloudwatch:PutDashboard', 'cloudwatch:GetDashboard', 'cloudwatch:DeleteDashboards'],
  },
  'AWS::SSM::Parameter': {
    arn: (resource) => at('ssm', `parameter${named('Name')(resource)}`),
    actions: [
      'ssm:PutParameter',
      'ssm:GetParameters',
      'ssm:AddTagsToResource',
      'ssm:DeleteParameter',
    ],
  },
  'AWS::EC2::SecurityGroup': {
    arn: () => at('ec2', 'security-group/*'),
    actions: [
      'ec2:CreateSecurityGroup',
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:RevokeSecurityGroupEgress',
      'ec2:CreateTags',
      'ec2:DeleteSecurityGroup',
    ],
  },
};

function unknownTypes(): readonly string[] {
  return [...new Set(prod.resources().map(([, { Type }]) => Type))].filter(
    (type) => LIFECYCLES[type] === undefined,
  );
}

test('what CloudFormation does is written down for every type of resource', () => {
  expect(unknownTypes()).toEqual([]);
});

test.each(Object.entries(LIFECYCLES))(
  'CloudFormation may make, change and remove each %s of the templates',
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
  ['a function of somebody else', 'lambda:UpdateFunctionCode', at('lambda', 'function:payroll')],
  ['to invoke a function', 'lambda:InvokeFunction', at('lambda', 'function:telemetry-prod-x')],
  ['a role of somebody else', 'iam:PutRolePolicy', at('iam', 'role/administrator', '')],
  [
    'to give a role a managed policy, such as everything',
    'iam:AttachRolePolicy',
    GENERATED_ROLE_ARN,
    { 'iam:PermissionsBoundary': BOUNDARY },
  ],
  [
    'to hand a role to another service',
    'iam:PassRole',
    GENERATED_ROLE_ARN,
    { 'iam:PassedToService': 'ec2.amazonaws.com' },
  ],
  [
    'to hand over a role of somebody else, whose name begins alike',
    'iam:PassRole',
    at('iam', 'role/telemetry-collector', ''),
    { 'iam:PassedToService': 'lambda.amazonaws.com' },
  ],
  [
    'a function of somebody else, whose name begins alike',
    'lambda:UpdateFunctionCode',
    at('lambda', 'function:telemetry-collector'),
  ],
  ['a secret', 'secretsmanager:GetSecretValue', at('secretsmanager', 'secret:prod/x-AbCdEf')],
  ['the log of somebody else', 'logs:DeleteLogGroup', at('logs', 'log-group:/aws/lambda/payroll')],
  ['a queue of somebody else', 'sqs:DeleteQueue', at('sqs', 'payroll')],
  [
    'a schedule of somebody else',
    'scheduler:DeleteSchedule',
    at('scheduler', 'schedule/default/x'),
  ],
  ['a parameter of somebody else', 'ssm:GetParameter', at('ssm', 'parameter/payroll/password')],
  ['to let anybody in', 'ec2:AuthorizeSecurityGroupIngress', at('ec2', 'security-group/*')],
])('but CloudFormation may not have %s', async (_what, action, resource, context = {}) => {
  expect(await isAllowed(cloudFormation, { action, resource, context })).toBe(false);
});

test.each(['lambda', 'scheduler'])('it may hand the roles to %s', async (service) => {
  const allowed = await isAllowed(cloudFormation, {
    action: 'iam:PassRole',
    resource: GENERATED_ROLE_ARN,
    context: { 'iam:PassedToService': `${service}.amazonaws.com` },
  });
  expect(allowed).toBe(true);
});

test('it may read the code that was published, and which release of the bootstrap it is', async () => {
  const assets = 'arn:aws:s3:::cdk-hnb659fds-assets-333333333333-eu-central-1/f00d.zip';
  const version = at('ssm', 'parameter/cdk-bootstrap/hnb659fds/version');
  expect(await isAllowed(cloudFormation, { action: 's3:GetObject', resource: assets })).toBe(true);
  expect(await isAllowed(cloudFormation, { action: 'ssm:GetParameters', resource: version })).toBe(
    true,
  );
});

test('it fits into one managed policy', () => {
  expect(JSON.stringify(POLICY).length).toBeLessThan(6_144);
});

describe('CloudFormation makes no role without the boundary', () => {
  /** The same role with AdministratorAccess beside its policy: only what is denied stays denied. */
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
  const withAdministratorAccess = aPerson('cdk-cfn-exec-role', ACCOUNT, {
    ...POLICY,
    Statement: [...POLICY.Statement, everything],
  });
  const policies = [
    ['with the policy that ships', cloudFormation],
    ['with AdministratorAccess attached, too', withAdministratorAccess],
  ] as const;

  const others = [
    ['without one', {}],
    [
      'with a policy that allows everything',
      { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess' },
    ],
    ['with one whose name begins alike', { 'iam:PermissionsBoundary': `${BOUNDARY}-2` }],
    [
      'with one of that name in a path',
      {
        'iam:PermissionsBoundary': at('iam', 'policy/x:policy/timescaledb-telemetry-boundary', ''),
      },
    ],
  ] as const;

  describe.each(policies)('%s', (_who, role) => {
    test.each(
      [...BOUNDED_ACTIONS, 'iam:AttachRolePolicy'].flatMap((action) =>
        others.map(([what, context]) => [action, what, context] as const),
      ),
    )('it is denied %s on a role %s', async (action, _what, context) => {
      expect(await isAllowed(role, { action, resource: GENERATED_ROLE_ARN, context })).toBe(false);
    });

    test('it is denied to remove the boundary from a role', async () => {
      const action = 'iam:DeleteRolePermissionsBoundary';
      expect(await isAllowed(role, { action, resource: GENERATED_ROLE_ARN })).toBe(false);
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
    )('it is denied %s on the policy timescaledb-telemetry-%s', async (action, name) => {
      const resource = at('iam', `policy/timescaledb-telemetry-${name}`, '');
      expect(await isAllowed(role, { action, resource })).toBe(false);
    });
  });

  test.each(BOUNDED_ACTIONS)(
    'it is not allowed %s outside of the path of the roles',
    async (action) => {
      for (const name of ['telemetry-collector', 'administrator', GENERATED_ROLE]) {
        const context = { 'iam:PermissionsBoundary': BOUNDARY };
        const resource = at('iam', `role/${name}`, '');
        expect(await isAllowed(cloudFormation, { action, resource, context }), name).toBe(false);
      }
    },
  );

  test.each(['aws-cn', 'aws-us-gov'])(
    'it makes bounded roles, and no others, in the partition %s',
    async (partition) => {
      const there = { ...cloudFormation, arn: cloudFormation.arn.replace('aws', partition) };
      const resource = GENERATED_ROLE_ARN.replace('aws', partition);
      const context = { 'iam:PermissionsBoundary': BOUNDARY.replace('aws', partition) };
      for (const action of BOUNDED_ACTIONS) {
        expect(await isAllowed(there, { action, resource, context }), action).toBe(true);
        expect(await isAllowed(there, { action, resource }), action).toBe(false);
      }
    },
  );

  test('a policy that names another boundary requires that one', async () => {
    const written = JSON.stringify(POLICY).replaceAll(
      'policy/timescaledb-telemetry-boundary',
      'policy/company-boundary',
    );
    const adapted = aPerson('cdk-cfn-exec-role', ACCOUNT, JSON.parse(written));
    const company = at('iam', 'policy/company-boundary', '');
    for (const action of BOUNDED_ACTIONS) {
      const request = { action, resource: GENERATED_ROLE_ARN };
      const under = (boundary: string) =>
        isAllowed(adapted, { ...request, context: { 'iam:PermissionsBoundary': boundary } });
      expect(await under(company), action).toBe(true);
      expect(await under(BOUNDARY), action).toBe(false);
    }
    const edit = { action: 'iam:CreatePolicyVersion', resource: company };
    expect(await isAllowed(adapted, edit)).toBe(false);
  });
});
