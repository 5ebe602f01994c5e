import { expect, test } from 'vitest';
import {
  ALARM,
  add,
  assign,
  aTopic,
  type Change,
  FUNCTION,
  problemsAfter,
  put,
  ROLE,
  SCHEDULE,
} from '../../support/aws/template-drafts.ts';

function dashboard(...widgets: readonly object[]): Change {
  return put('CloudWatch::Dashboard', 'DashboardBody', JSON.stringify({ widgets }));
}

function aText(x: number, y: number, width = 12): object {
  return { type: 'text', x, y, width, height: 2, properties: { markdown: 'text' } };
}

const SERVICE_MISTAKES: readonly (readonly [what: string, change: Change, problem: string])[] = [
  [
    'a name of a function with 65 characters',
    put(FUNCTION, 'FunctionName', 'f'.repeat(65)),
    'It.FunctionName: must be text of up to 64 characters like ^[a-zA-Z0-9_-]+$',
  ],
  [
    'a name of a function with a dot',
    put(FUNCTION, 'FunctionName', 'f.g'),
    'It.FunctionName: must be text of up to 64 characters like ^[a-zA-Z0-9_-]+$',
  ],
  [
    'a time limit of 901 s',
    put(FUNCTION, 'Timeout', 901),
    'It.Timeout: must be a whole number from 1 to 900',
  ],
  [
    'a function with 64 MB of memory',
    put(FUNCTION, 'MemorySize', 64),
    'It.MemorySize: must be a whole number from 128 to 10240',
  ],
  [
    '4,097 bytes of environment variables',
    put(FUNCTION, 'Environment.Variables', { LONG: 'v'.repeat(4_086) }),
    'It.Environment.Variables: must be 4096 bytes, and they are 4097',
  ],
  [
    'a reserved environment variable',
    put(FUNCTION, 'Environment.Variables', { AWS_REGION: 'one' }),
    'It.Environment.Variables: must be variables with names that Lambda has not reserved',
  ],
  [
    'six security groups of a function',
    put(FUNCTION, 'VpcConfig', { SecurityGroupIds: Array(6).fill('sg-1') }),
    'It.VpcConfig.SecurityGroupIds: must be a list of up to 5',
  ],
  [
    'an unknown architecture',
    put(FUNCTION, 'Architectures', ['arm']),
    'It.Architectures: must be one of arm64, x86_64',
  ],
  [
    'a description of a role with a character outside of Latin-1',
    put(ROLE, 'Description', 'a ’'),
    'It.Description: must be text of up to 1000 characters like ^[\\t\\n\\r -~\\u00a1-\\u00ff]*$',
  ],
  [
    '10,242 characters of policies of a role',
    put(
      ROLE,
      'Policies',
      [1, 2].map((name) => ({ PolicyName: `${name}`, PolicyDocument: { Sid: 's'.repeat(5_111) } })),
    ),
    'It.Policies: must be 10240 characters together, and they are 10242',
  ],
  [
    'a name of a policy with a space',
    put(ROLE, 'Policies.0.PolicyName', 'a b'),
    'It.Policies[].PolicyName: must be text of up to 128 characters like ^[\\w+=,.@-]+$',
  ],
  [
    'a name of a schedule with a space',
    put(SCHEDULE, 'Name', 'a b'),
    'It.Name: must be text of up to 64 characters like ^[0-9A-Za-z_.-]+$',
  ],
  [
    '186 retries of a schedule',
    put(SCHEDULE, 'Target.RetryPolicy.MaximumRetryAttempts', 186),
    'It.Target.RetryPolicy.MaximumRetryAttempts: must be a whole number from 0 to 185',
  ],
  [
    'a flexible time window of two days',
    put(SCHEDULE, 'FlexibleTimeWindow.MaximumWindowInMinutes', 2_880),
    'It.FlexibleTimeWindow.MaximumWindowInMinutes: must be a whole number from 1 to 1440',
  ],
  [
    'an alarm with a period of 90 s',
    put(ALARM, 'Period', 90),
    'It.Period: must be a multiple of 60',
  ],
  [
    'an alarm that evaluates more than a day in periods below an hour',
    assign(ALARM, { Period: 300, EvaluationPeriods: 289 }),
    'It.EvaluationPeriods: must be no more than 86400 s in all, and it is 86700',
  ],
  [
    'an alarm that evaluates more than a week',
    assign(ALARM, { Period: 86_400, EvaluationPeriods: 8 }),
    'It.EvaluationPeriods: must be no more than 604800 s in all, and it is 691200',
  ],
  [
    'a name of a queue with a dot',
    put('SQS::Queue', 'QueueName', 'a.b'),
    'It.QueueName: must be text of up to 80 characters like ^[A-Za-z0-9_-]+$',
  ],
  [
    'a name of a log group with a space',
    put('Logs::LogGroup', 'LogGroupName', 'a b'),
    'It.LogGroupName: must be text of up to 512 characters like ^[.\\-_/#A-Za-z0-9]+$',
  ],
  [
    'a query with 10,001 characters',
    put('Logs::QueryDefinition', 'QueryString', 'q'.repeat(10_001)),
    'It.QueryString: must be text of up to 10000 characters like ^[\\s\\S]+$',
  ],
  [
    'a name of a parameter that begins with /aws/',
    put('SSM::Parameter', 'Name', '/aws/one'),
    'It.Name: must be a parameter name',
  ],
  [
    'a description of a security group with an apostrophe',
    put('EC2::SecurityGroup', 'GroupDescription', "it's"),
    'It.GroupDescription: must be text of up to 255 characters like ^[a-zA-Z0-9 ._:/()#,@[\\]+=&;{}!$*-]+$',
  ],
  [
    '61 rules of a security group',
    put(
      'EC2::SecurityGroup',
      'SecurityGroupEgress',
      Array(61).fill({ IpProtocol: 'tcp', CidrIp: '0.0.0.0/0' }),
    ),
    'It.SecurityGroupEgress: must be 60 rules, and there are 61',
  ],
  [
    'a dashboard that is not JSON',
    put('CloudWatch::Dashboard', 'DashboardBody', '{'),
    'It.DashboardBody: must be JSON with widgets',
  ],
  [
    'a widget outside of the grid',
    dashboard(aText(13, 0)),
    'It.DashboardBody: must be a widget inside the grid of 24',
  ],
  [
    'widgets that overlap',
    dashboard(aText(0, 0), aText(11, 1)),
    'It.DashboardBody: must be widgets beside each other, and some overlap',
  ],
  [
    'a metric widget without region',
    dashboard({ type: 'metric', x: 0, y: 0, width: 1, height: 1, properties: { metrics: [[]] } }),
    'It.DashboardBody: must be a metric widget with region',
  ],
  [
    'a logical id with a hyphen',
    add({ 'It-self': aTopic() }),
    'It-self: must be letters and digits',
  ],
  [
    'a description of a template with 1,025 bytes',
    (draft) => {
      draft.Description = 'd'.repeat(1_025);
    },
    'the template: has 1025 bytes of description, more than 1024',
  ],
  [
    'a template with 451 resources',
    (draft) => {
      draft.Resources = Object.fromEntries(
        Array.from({ length: 451 }, (_, index) => [`T${index}`, aTopic()]),
      );
    },
    'the template: has 451 resources, more than 450',
  ],
  [
    'a template with more than 1,000,000 bytes',
    (draft) => {
      draft.Resources = { It: aTopic({}, { TopicName: 't'.repeat(1_000_000) }) };
      draft.Parameters = {};
    },
    'the template: has 1000093 bytes, more than 1000000',
  ],
];

const CRONS: readonly (readonly [expression: string, isValid: boolean])[] = [
  ['cron(0 0 * * ? *)', true],
  ['cron(59 0,6,12,18 ? JAN-MAR MON-FRI 2026-2030)', true],
  ['cron(0/15 */2 1,31 12 ? 2199)', true],
  ['cron(0 0 * * ?)', false],
  ['cron(0 0 * * ? * *)', false],
  ['cron(60 0 * * ? *)', false],
  ['cron(0 24 * * ? *)', false],
  ['cron(0 0 0 * ? *)', false],
  ['cron(0 0 * 13 ? *)', false],
  ['cron(0 0 ? * 8 *)', false],
  ['cron(0 0 * * ? 1969)', false],
  ['cron(? 0 * * ? *)', false],
  ['cron(5-1 0 * * ? *)', false],
  ['cron(0/0 0 * * ? *)', false],
  ['cron(0 0 * * * *)', false],
  ['cron(0 0 ? * ? *)', false],
  ['cron(0 a * * ? *)', false],
  ['0 0 * * ? *', false],
];

test.each(SERVICE_MISTAKES)('the checker of limits rejects %s', (_, change, problem) => {
  expect(problemsAfter(change)).toEqual([problem]);
});

test.each(CRONS)('the checker of limits judges the schedule %s', (expression, isValid) => {
  const change = put(SCHEDULE, 'ScheduleExpression', expression);
  expect(problemsAfter(change).length === 0).toBe(isValid);
});
