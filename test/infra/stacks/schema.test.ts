import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import type { Json } from '../../support/aws/intrinsics.ts';
import { resourcesOf, schemaProblems } from '../../support/aws/resource-schema.ts';
import { LIMITS, serviceProblems, valuesAt } from '../../support/aws/service-limits.ts';
import {
  aDatabase,
  checked,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
/** As long as the names of an environment, a region, a database and a network can be. */
const LONGEST = {
  environment: 'e'.repeat(24),
  region: 'ap-southeast-1',
  database: `d.${'-_'.repeat(30)}z`,
  network: 'n'.repeat(64),
};

function problemsOf(template: Json): readonly string[] {
  return [...schemaProblems(template), ...serviceProblems(template)];
}

async function authority(): Promise<string> {
  const file = join(inject('folder'), 'authority-of-the-schema-test.pem');
  const { cert } = await generate([{ name: 'commonName', value: 'an authority' }]);
  writeFileSync(file, cert);
  return relative(ROOT, file);
}

/** Whatever can be set is set somewhere, and what has a longest value has it. */
async function everything(): Promise<Synthesis> {
  const { environment, region, database, network } = LONGEST;
  const account = '123456789012';
  const networks = {
    [network]: {
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: Array.from({ length: 16 }, (_, index) => `subnet-0a1b2c3d4e5f607${10 + index}`),
      databasePorts: [5_432, 6_432],
    },
    own: {
      subnets: ['subnet-0a1b2c3d4e5f60718'],
      securityGroups: Array.from({ length: 5 }, (_, index) => `sg-0a1b2c3d4e5f607${10 + index}`),
    },
  };
  const secret = `arn:aws:secretsmanager:${region}:${account}:secret:${'s'.repeat(500)}-AbCdEf`;
  const kmsKey = `arn:aws:kms:${region}:${account}:key/${KEY_ID}`;
  return synthesise(
    checked(
      {
        account,
        region,
        networks,
        stacks: 2,
        delivery: { endpoint: 'https://example.com/v1' },
        defaults: { proxy: 'http://proxy.example.com:3128' },
        alarmTopic: `arn:aws:sns:${region}:${account}:${'t'.repeat(256)}`,
        logRetentionDays: 3_653,
        logLevel: 'DEBUG',
        databases: [
          aDatabase(database, {
            secret,
            kmsKey,
            configure: { secret: 'test/administrator', kmsKey: KEY_ID },
            host: 'database.example.com',
            port: 6_543,
            database: 'metrics',
            tls: { mode: 'verify-ca', caFile: await authority(), serverName: 'database.internal' },
            levelWhenUnset: 'no_functions',
            sizes: 'estimated',
            network,
            doNotTrack: true,
          }),
          aDatabase('own-network', { network: 'own', reportSource: 'function' }),
          aDatabase('plain-text', { tls: { mode: 'disable', acknowledgePlainText: true } }),
          ...TICK_HOURS.map((tickHours) => aDatabase(`every-${tickHours}`, { tickHours })),
        ],
      },
      environment,
    ),
  );
}

/** One stack with as many databases as it may have. */
function fullStack(): Synthesis {
  const { environment, region, database, network } = LONGEST;
  const databases = Array.from({ length: 56 }, (_, index) =>
    aDatabase(`${database.slice(0, 60)}-${10 + index}`, { network, kmsKey: KEY_ID }),
  );
  const networks = {
    [network]: { vpc: 'vpc-0a1b2c3d4e5f60718', subnets: ['subnet-0a1b2c3d4e5f60718'] },
  };
  return synthesise(checked({ region, networks, databases }, environment));
}

const FIXTURES: readonly (readonly [name: string, make: () => Synthesis | Promise<Synthesis>])[] = [
  ['dev', () => synthesiseFixture('dev')],
  ['staging', () => synthesiseFixture('staging')],
  ['prod', () => synthesiseFixture('prod')],
  ['an environment with everything', everything],
  ['an environment with a full stack', fullStack],
];

let templates: ReadonlyMap<string, readonly Json[]>;

beforeAll(async () => {
  const entries = await Promise.all(
    FIXTURES.map(async ([name, make]): Promise<[string, readonly Json[]]> => {
      const synthesis = await make();
      return [name, Object.values(synthesis.templates).map((template) => ({ ...template }))];
    }),
  );
  templates = new Map(entries);
});

function templatesOf(name: string): readonly Json[] {
  return templates.get(name) ?? [];
}

test.each(FIXTURES.map(([name]) => name))(
  'writes only templates of %s that CloudFormation accepts',
  (name) => {
    expect(templatesOf(name).length).toBeGreaterThan(1);
    expect(templatesOf(name).flatMap(problemsOf)).toEqual([]);
  },
);

test('a full stack has as many resources as we allow', () => {
  const sizes = templatesOf('an environment with a full stack').map(
    (template) => Object.keys(resourcesOf(template)).length,
  );
  expect(Math.max(...sizes)).toBe(449);
});

test('every limit is one of something that the templates have', () => {
  const resources = [...templates.values()]
    .flat()
    .flatMap((one) => Object.values(resourcesOf(one)));
  const idle = LIMITS.filter(
    ({ type, property }) =>
      !resources.some(
        (resource) =>
          resource['Type'] === type &&
          valuesAt(resource['Properties'], property.split('.')).length > 0,
      ),
  );
  expect(idle).toEqual([]);
});

test.each([
  [
    'subnets',
    { vpc: 'vpc-0a1b2c3d', subnets: Array<string>(17).fill('subnet-0a1b2c3d') },
    'subnets: must contain at most 16 ids, the limit of Lambda',
  ],
  [
    'security groups',
    { subnets: ['subnet-0a1b2c3d'], securityGroups: Array<string>(6).fill('sg-0a1b2c3d') },
    'securityGroups: must contain at most 5 ids, the limit of Lambda',
  ],
])('rejects more %s than Lambda accepts', (_, network, problem) => {
  expect(() => checked({ networks: { main: network } })).toThrow(problem);
});

/** A template whose parts may be spoilt. */
interface Draft {
  Resources: Record<string, Record<string, unknown> & { Type: string; Properties: object }>;
  Parameters: object;
  Outputs?: object;
  Description?: string;
}
type Change = (draft: Draft) => void;

function draftOf(name: string): Draft {
  const all = structuredClone(templatesOf(name)) as unknown as readonly Draft[];
  const [first] = all;
  return {
    Resources: Object.assign({}, ...all.map(({ Resources }) => Resources)),
    Parameters: first?.Parameters ?? {},
  };
}

/** Adds another resource like the first of a type, which nothing refers to. */
function another(draft: Draft, type: string): object {
  const found = Object.values(draft.Resources).find(({ Type }) => Type === `AWS::${type}`);
  if (found === undefined) throw new Error(`there is no ${type}`);
  const { Properties } = structuredClone(found);
  draft.Resources['It'] = { Type: found.Type, Properties };
  return Properties;
}

function setAt(target: object, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length > 0) setAt(Reflect.get(target, name), rest, value);
  else if (value === undefined) Reflect.deleteProperty(target, name);
  else Reflect.set(target, name, value);
}

/** Sets a property; undefined takes it away. */
function put(type: string, path: string, value: unknown): Change {
  return (draft) => setAt(another(draft, type), path.split('.'), value);
}

function assign(type: string, properties: object): Change {
  return (draft) => Object.assign(another(draft, type), properties);
}

function add(resources: Draft['Resources']): Change {
  return (draft) => Object.assign(draft.Resources, resources);
}

function aTopic(more: Record<string, unknown> = {}, properties = {}): Draft['Resources'][string] {
  return { Type: 'AWS::SNS::Topic', Properties: properties, ...more };
}

function topicNamed(name: unknown): Change {
  return add({ It: aTopic({}, { TopicName: name }) });
}

/** As Fn::Sub has them. */
function variable(name: string): string {
  return `\${${name}}`;
}

function dashboard(...widgets: readonly object[]): Change {
  return put('CloudWatch::Dashboard', 'DashboardBody', JSON.stringify({ widgets }));
}

function aText(x: number, y: number, width = 12): object {
  return { type: 'text', x, y, width, height: 2, properties: { markdown: 'text' } };
}

const FUNCTION = 'Lambda::Function';
const ROLE = 'IAM::Role';
const SCHEDULE = 'Scheduler::Schedule';
const ALARM = 'CloudWatch::Alarm';

const SCHEMA_MISTAKES: readonly (readonly [what: string, change: Change, problem: string])[] = [
  [
    'an unknown type',
    add({ It: { Type: 'AWS::Scheduler::Calendar', Properties: {} } }),
    'It: there is no resource type AWS::Scheduler::Calendar',
  ],
  ['an unknown property', put(FUNCTION, 'Memory', 256), 'It.Memory: there is no such property'],
  [
    'an unknown property deep inside',
    put(SCHEDULE, 'Target.RetryPolicy.Attempts', 3),
    'It.Target.RetryPolicy.Attempts: there is no such property',
  ],
  ['a required property missing', put(FUNCTION, 'Role', undefined), 'It.Role: is required'],
  [
    'a required property that is no value',
    put(FUNCTION, 'Role', { Ref: 'AWS::NoValue' }),
    'It.Role: is required',
  ],
  [
    'a required property missing deep inside',
    put(SCHEDULE, 'FlexibleTimeWindow.Mode', undefined),
    'It.FlexibleTimeWindow.Mode: is required',
  ],
  [
    'a fraction for an integer',
    put(FUNCTION, 'Timeout', 1.5),
    'It.Timeout: 1.5 must be of type integer',
  ],
  ['a number for text', put('SSM::Parameter', 'Value', 5), 'It.Value: 5 must be of type string'],
  [
    'text for a boolean',
    put(ALARM, 'ActionsEnabled', 'yes'),
    'It.ActionsEnabled: "yes" must be of type boolean',
  ],
  [
    'text for a number',
    put(ALARM, 'Threshold', 'one'),
    'It.Threshold: "one" must be of type number',
  ],
  ['text for a list', put(ALARM, 'Dimensions', 'one'), 'It.Dimensions: "one" must be a list'],
  [
    'text for an object',
    put(SCHEDULE, 'Target.DeadLetterConfig', 'one'),
    'It.Target.DeadLetterConfig: "one" must be an object',
  ],
  ['a list for a map', put('SSM::Parameter', 'Tags', ['one']), 'It.Tags: ["one"] must be a map'],
  [
    'a number in a map of text',
    put('SSM::Parameter', 'Tags', { one: 1 }),
    'It.Tags.one: 1 must be of type string',
  ],
  [
    'a number in a list of text',
    put('Logs::QueryDefinition', 'LogGroupNames', [1]),
    'It.LogGroupNames[0]: 1 must be of type string',
  ],
  [
    'a tag without value',
    put('SQS::Queue', 'Tags', [{ Key: 'one' }]),
    'It.Tags[0].Value: is required',
  ],
  [
    'text for JSON',
    put('Logs::LogGroup', 'DataProtectionPolicy', 'one'),
    'It.DataProtectionPolicy: "one" must be JSON',
  ],
  [
    'a value that is not allowed',
    put(SCHEDULE, 'State', 'ON'),
    'It.State: "ON" must be one of ENABLED, DISABLED',
  ],
  [
    'an attribute for a resource that is none',
    add({ It: aTopic({ Depends: [] }) }),
    'It: there is nothing called Depends',
  ],
  [
    'a policy of deletion that is none',
    add({ It: aTopic({ DeletionPolicy: 'Keep' }) }),
    'It.DeletionPolicy: "Keep" must be one of Delete, Retain, RetainExceptOnCreate, Snapshot',
  ],
  [
    'a joined text for a list',
    put(ALARM, 'AlarmActions', { 'Fn::Join': ['', []] }),
    'It.AlarmActions: {"Fn::Join":["",[]]} must be of type array, no text',
  ],
  [
    'a Ref to nothing',
    topicNamed({ Ref: 'Nothing' }),
    '.It.Properties.TopicName: there is no Nothing to refer to',
  ],
  [
    'an attribute of nothing',
    topicNamed({ 'Fn::GetAtt': ['Nothing', 'Arn'] }),
    '.It.Properties.TopicName: there is no Nothing to have Arn',
  ],
  [
    'an attribute that the type has not',
    topicNamed({ 'Fn::GetAtt': ['FailedRuns', 'Name'] }),
    '.It.Properties.TopicName: AWS::SQS::Queue has no attribute Name',
  ],
  [
    'an attribute in dots that the type has not',
    topicNamed({ 'Fn::GetAtt': 'FailedRuns.Name' }),
    '.It.Properties.TopicName: AWS::SQS::Queue has no attribute Name',
  ],
  [
    'a variable of Fn::Sub that is nothing',
    topicNamed({ 'Fn::Sub': `a-${variable('Nothing')}` }),
    '.It.Properties.TopicName: there is no Nothing to refer to',
  ],
  [
    'a DependsOn of nothing',
    add({ It: aTopic({ DependsOn: 'Nothing' }) }),
    'It.DependsOn: there is no Nothing',
  ],
  [
    'a cycle',
    add({
      One: aTopic({ DependsOn: ['Two'] }),
      Two: aTopic({}, { TopicName: { 'Fn::Sub': variable('Three.TopicName') } }),
      Three: aTopic(
        {},
        { TopicName: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['One', 'TopicName'] }]] } },
      ),
    }),
    'a cycle: One, Two, Three',
  ],
  ['a resource that waits for itself', topicNamed({ Ref: 'It' }), 'a cycle: It'],
  [
    'an import',
    topicNamed({ 'Fn::ImportValue': 'one' }),
    'It.TopicName: Fn::ImportValue is not among Ref, Fn::GetAtt, Fn::Sub, Fn::Join',
  ],
  [
    'an export',
    (draft) => {
      draft.Outputs = { One: { Value: 'one', Export: { Name: 'one' } } };
    },
    'Outputs.One: is exported, which ties another stack to this one',
  ],
  [
    'a dynamic reference that is none',
    topicNamed('{{resolve:ssm:a name}}'),
    'It.TopicName: {{resolve:ssm:a name}} is no dynamic reference',
  ],
];

const GOOD: readonly (readonly [what: string, name: unknown])[] = [
  ['text', 'one'],
  ['a Ref to a resource', { Ref: 'FailedRuns' }],
  ['a Ref to a parameter', { Ref: 'BootstrapVersion' }],
  ['a Ref to a pseudo-parameter', { Ref: 'AWS::Region' }],
  ['an attribute', { 'Fn::GetAtt': ['FailedRuns', 'QueueName'] }],
  ['an Fn::Sub', { 'Fn::Sub': `${variable('AWS::Region')}-${variable('FailedRuns.QueueName')}` }],
  ['an Fn::Sub with something literal', { 'Fn::Sub': variable('!Literal') }],
  ['an Fn::Sub with variables', { 'Fn::Sub': [variable('Own'), { Own: { Ref: 'FailedRuns' } }] }],
  ['an Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] }],
  ['a dynamic reference', '{{resolve:ssm:/a/b:1}}'],
];

const SERVICE_MISTAKES: readonly (readonly [what: string, change: Change, problem: string])[] = [
  [
    'a long name of a function',
    put(FUNCTION, 'FunctionName', 'f'.repeat(65)),
    'It.FunctionName: must be text of up to 64 characters like ^[a-zA-Z0-9_-]+$',
  ],
  [
    'a dot in the name of a function',
    put(FUNCTION, 'FunctionName', 'f.g'),
    'It.FunctionName: must be text of up to 64 characters like ^[a-zA-Z0-9_-]+$',
  ],
  [
    'a function that runs too long',
    put(FUNCTION, 'Timeout', 901),
    'It.Timeout: must be a whole number from 1 to 900',
  ],
  [
    'a function with too little memory',
    put(FUNCTION, 'MemorySize', 64),
    'It.MemorySize: must be a whole number from 128 to 10240',
  ],
  [
    'variables that are too long',
    put(FUNCTION, 'Environment.Variables', { LONG: 'v'.repeat(4_086) }),
    'It.Environment.Variables: must be 4096 bytes, and they are 4097',
  ],
  [
    'a reserved variable',
    put(FUNCTION, 'Environment.Variables', { AWS_REGION: 'one' }),
    'It.Environment.Variables: must be variables with names that Lambda has not reserved',
  ],
  [
    'too many security groups',
    put(FUNCTION, 'VpcConfig', { SecurityGroupIds: Array(6).fill('sg-1') }),
    'It.VpcConfig.SecurityGroupIds: must be a list of up to 5',
  ],
  [
    'an unknown architecture',
    put(FUNCTION, 'Architectures', ['arm']),
    'It.Architectures: must be one of arm64, x86_64',
  ],
  [
    'a description of a role in other letters',
    put(ROLE, 'Description', 'a ’'),
    'It.Description: must be text of up to 1000 characters like ^[\\t\\n\\r -~\\u00a1-\\u00ff]*$',
  ],
  [
    'policies that are too long',
    put(
      ROLE,
      'Policies',
      [1, 2].map((name) => ({ PolicyName: `${name}`, PolicyDocument: { Sid: 's'.repeat(5_111) } })),
    ),
    'It.Policies: must be 10240 characters together, and they are 10242',
  ],
  [
    'a name of a policy with a blank',
    put(ROLE, 'Policies.0.PolicyName', 'a b'),
    'It.Policies[].PolicyName: must be text of up to 128 characters like ^[\\w+=,.@-]+$',
  ],
  [
    'a blank in the name of a schedule',
    put(SCHEDULE, 'Name', 'a b'),
    'It.Name: must be text of up to 64 characters like ^[0-9A-Za-z_.-]+$',
  ],
  [
    'too many attempts to deliver',
    put(SCHEDULE, 'Target.RetryPolicy.MaximumRetryAttempts', 186),
    'It.Target.RetryPolicy.MaximumRetryAttempts: must be a whole number from 0 to 185',
  ],
  [
    'a window of two days',
    put(SCHEDULE, 'FlexibleTimeWindow.MaximumWindowInMinutes', 2_880),
    'It.FlexibleTimeWindow.MaximumWindowInMinutes: must be a whole number from 1 to 1440',
  ],
  ['a period of 90 seconds', put(ALARM, 'Period', 90), 'It.Period: must be a multiple of 60'],
  [
    'an alarm of more than a day',
    assign(ALARM, { Period: 300, EvaluationPeriods: 289 }),
    'It.EvaluationPeriods: must be no more than 86400 s in all, and it is 86700',
  ],
  [
    'an alarm of more than a week',
    assign(ALARM, { Period: 86_400, EvaluationPeriods: 8 }),
    'It.EvaluationPeriods: must be no more than 604800 s in all, and it is 691200',
  ],
  [
    'a name of a queue with a dot',
    put('SQS::Queue', 'QueueName', 'a.b'),
    'It.QueueName: must be text of up to 80 characters like ^[A-Za-z0-9_-]+$',
  ],
  [
    'a blank in the name of a log group',
    put('Logs::LogGroup', 'LogGroupName', 'a b'),
    'It.LogGroupName: must be text of up to 512 characters like ^[.\\-_/#A-Za-z0-9]+$',
  ],
  [
    'a query that is too long',
    put('Logs::QueryDefinition', 'QueryString', 'q'.repeat(10_001)),
    'It.QueryString: must be text of up to 10000 characters like ^[\\s\\S]+$',
  ],
  [
    "a parameter of AWS's",
    put('SSM::Parameter', 'Name', '/aws/one'),
    'It.Name: must be a parameter name',
  ],
  [
    'a quotation mark in the description of a security group',
    put('EC2::SecurityGroup', 'GroupDescription', "it's"),
    'It.GroupDescription: must be text of up to 255 characters like ^[a-zA-Z0-9 ._:/()#,@[\\]+=&;{}!$*-]+$',
  ],
  [
    'too many rules',
    put(
      'EC2::SecurityGroup',
      'SecurityGroupEgress',
      Array(61).fill({ IpProtocol: 'tcp', CidrIp: '0.0.0.0/0' }),
    ),
    'It.SecurityGroupEgress: must be 60 rules, and there are 61',
  ],
  [
    'a dashboard that is no JSON',
    put('CloudWatch::Dashboard', 'DashboardBody', '{'),
    'It.DashboardBody: must be JSON with widgets',
  ],
  [
    'a widget outside the grid',
    dashboard(aText(13, 0)),
    'It.DashboardBody: must be a widget inside the grid of 24',
  ],
  [
    'widgets that overlap',
    dashboard(aText(0, 0), aText(11, 1)),
    'It.DashboardBody: must be widgets beside each other, and some overlap',
  ],
  [
    'a metric without region',
    dashboard({ type: 'metric', x: 0, y: 0, width: 1, height: 1, properties: { metrics: [[]] } }),
    'It.DashboardBody: must be a metric widget with region',
  ],
  [
    'a logical id with a hyphen',
    add({ 'It-self': aTopic() }),
    'It-self: must be letters and digits',
  ],
  [
    'a long description of the template',
    (draft) => {
      draft.Description = 'd'.repeat(1_025);
    },
    'the template: has 1025 bytes of description, more than 1024',
  ],
  [
    'too many resources',
    (draft) => {
      draft.Resources = Object.fromEntries(
        Array.from({ length: 451 }, (_, index) => [`T${index}`, aTopic()]),
      );
    },
    'the template: has 451 resources, more than 450',
  ],
  [
    'a template that is too long',
    (draft) => {
      draft.Resources = { It: aTopic({}, { TopicName: 't'.repeat(1_000_000) }) };
      draft.Parameters = {};
    },
    'the template: has 1000093 bytes, more than 1000000',
  ],
];

const CRONS: readonly (readonly [expression: string, isGood: boolean])[] = [
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

describe('the checker', () => {
  function problemsAfter(change: Change, judge = problemsOf): readonly string[] {
    const draft = draftOf('prod');
    change(draft);
    return judge({ ...draft });
  }

  test('finds nothing in the template that is spoilt below', () => {
    expect(problemsAfter(() => {})).toEqual([]);
  });

  test.each(GOOD)('takes %s where text is wanted', (_, name) => {
    expect(problemsAfter(topicNamed(name))).toEqual([]);
  });

  test.each(SCHEMA_MISTAKES)('finds %s', (_, change, problem) => {
    expect(problemsAfter(change, schemaProblems)).toEqual([problem]);
  });

  test.each(SERVICE_MISTAKES)('finds %s', (_, change, problem) => {
    expect(problemsAfter(change)).toEqual([problem]);
  });

  test.each(CRONS)('judges %s', (expression, isGood) => {
    const problems = problemsAfter(put(SCHEDULE, 'ScheduleExpression', expression));
    expect(problems.length === 0).toBe(isGood);
  });
});
