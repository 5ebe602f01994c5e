import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { exampleFile } from '../../../infra/archives/cloudformation/example.ts';
import { createVariant, OPTIONS, SUBNET } from '../../../infra/archives/cloudformation/variants.ts';
import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import { describeDatabase } from '../../support/aws/compare/database-deployment.ts';
import {
  type Deployed,
  type DeployedResource,
  resolveTemplate,
} from '../../support/aws/compare/resolve-template.ts';
import type { Json } from '../../support/aws/intrinsics.ts';
import { ACCOUNT, aDatabase, checked, REGION, synthesise } from '../../support/aws/synthesis.ts';
import { templateProblems } from '../../support/aws/template-drafts.ts';

const FILE = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'examples',
  'cloudformation',
  'database.yaml',
);
const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const SECRET = arn('secretsmanager', 'secret:test/metrics-AbCdEf');
const ADMINISTRATOR = arn('secretsmanager', 'secret:test/administrator-AbCdEf');
const KEY = arn('kms', `key/${KEY_ID}`);
const TOPIC = arn('sns', 'alarms');
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/company-boundary`;

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

const REQUIRED = {
  Environment: 'test',
  Database: 'metrics',
  SecretArn: SECRET,
  CodeBucket: 'archives',
  CodePrefix: '1.0.0/',
  TickHour: 7,
  TickMinute: 8,
};
/** Values of the parameters that conditions depend on. */
const OPTIONAL: Readonly<Record<string, string>> = {
  AdministratorSecretArn: ADMINISTRATOR,
  AdministratorSecretKeyArn: KEY,
  SecretKeyArn: KEY,
  VpcId: 'vpc-0a1b2c3d',
  AlarmTopicArn: TOPIC,
  RecordBucket: 'company-telemetry',
  RecordKeyArn: KEY,
  PermissionsBoundaryArn: BOUNDARY,
};

let text: string;
let template: Json;

beforeAll(() => {
  text = readFileSync(FILE, 'utf8');
  template = parse(text, { version: '1.1' });
});

/** Returns the conditions that hold with the parameters of some conditions. */
function withRequired(conditions: readonly string[]): ReadonlySet<string> {
  const all = OPTIONS.filter(({ condition }) => conditions.includes(condition));
  return new Set([...conditions, ...all.flatMap(({ within }) => within ?? [])]);
}

function deployedWith(conditions: ReadonlySet<string>): Deployed {
  const chosen = OPTIONS.filter(({ condition }) => conditions.has(condition)).map(
    ({ parameter }) => [parameter, OPTIONAL[parameter]] as const,
  );
  const parameters = { ...REQUIRED, SubnetIds: [SUBNET], ...Object.fromEntries(chosen) };
  return { account: ACCOUNT, region: REGION, parameters: withDefaults(parameters) };
}

/** Adds the default of each parameter: the stacks of the construct have none. */
function withDefaults(parameters: Json): Json {
  const declared = Object.entries(Object(template['Parameters'])).map(([name, one]) => [
    name,
    Object(one).Default,
  ]);
  return { ...Object.fromEntries(declared), ...parameters };
}

function resourcesOf(conditions: ReadonlySet<string>): readonly DeployedResource[] {
  return resolveTemplate(template, deployedWith(conditions));
}

let apps = 0;

function createApp(): App {
  apps += 1;
  return new App({
    outdir: join(inject('folder'), `cloudformation-${process.pid}-${apps}`),
    analyticsReporting: false,
  });
}

test('examples/cloudformation/database.yaml is up to date with the construct', () => {
  expect(text === exampleFile(), 'run `npm run docs` and commit the files that it writes').toBe(
    true,
  );
});

const NAMES = OPTIONS.map(({ condition }) => condition);
const COMBINATIONS: readonly (readonly [title: string, conditions: readonly string[]])[] = [
  ['no condition', []],
  ...NAMES.map((name) => [name, [name]] as const),
  ['a VPC, configure and a boundary', ['InVpc', 'HasConfigure', 'HasBoundary']],
  ['all conditions', NAMES],
];

describe.each(COMBINATIONS)('with %s', (_, names) => {
  const conditions = withRequired(names);

  test('the template has the same resources as the construct, each with the same properties', () => {
    const app = createApp();
    const stack = createVariant(app, 'stack', conditions);
    const constructed = app.synth().getStackByName(stack.stackName).template;
    const byId = (resources: readonly DeployedResource[]) =>
      Object.fromEntries(resources.map((one) => [one.id, inOrder(one)]));
    const expected = resolveTemplate(constructed, deployedWith(conditions));
    expect(byId(resourcesOf(conditions))).toEqual(byId(expected));
  });

  test('the resources match the schemas of CloudFormation and the limits of the services', () => {
    const resources = resourcesOf(conditions).map(({ id, type, properties }) => [
      id,
      { Type: type, Properties: properties },
    ]);
    expect(templateProblems({ Resources: Object.fromEntries(resources) })).toEqual([]);
  });
});

/** Sorts the statements of policies, whose order has no effect. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      name === 'Statement' && Array.isArray(one)
        ? one.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        : inOrder(one),
    ]),
  );
}

/** Returns the same database in an environment. */
function inEnvironment(
  settings: Partial<EnvironmentSettings>,
  database: Partial<DatabaseSettings>,
) {
  const { templates } = synthesise(
    checked({ ...settings, databases: [aDatabase('metrics', { secret: SECRET, ...database })] }),
  );
  const deployed = { account: ACCOUNT, region: REGION };
  const resources = Object.values(templates).flatMap((one) => resolveTemplate(one, deployed));
  return describeDatabase(resources, { environment: 'test', name: 'metrics' });
}

describe('the deployment has the permissions, schedule and limits of the database in an environment', () => {
  /**
   * The parameters give the time. In an environment a complete ARN of a secret may also be a partial one. The names of retries
   * are a hash there, because other databases have retries in the same group.
   */
  const comparable = (deployment: ReturnType<typeof inEnvironment>) => {
    const { schedule, ...rest } = deployment;
    const { ScheduleExpression: _, ...settings } = schedule;
    return JSON.parse(
      JSON.stringify({ ...rest, schedule: settings })
        .replaceAll(/\[\\"([^"\\]+)\\",\\"\1-\?{6}\\"\]/g, '\\"$1\\"')
        .replaceAll(/(?<=<schedules>\/)[0-9a-f]{24}-(?=\*)/g, ''),
    );
  };
  const ofTemplate = (names: readonly string[]) =>
    comparable(
      describeDatabase(resourcesOf(withRequired(names)), { environment: 'test', name: 'metrics' }),
    );

  test('without optional parameters', () => {
    const expected = inEnvironment({ record: false }, { levelWhenUnset: 'off' });
    expect(ofTemplate([])).toEqual(comparable(expected));
  });

  test('with all parameters', () => {
    const expected = inEnvironment(
      {
        record: { bucket: 'company-telemetry', kmsKey: KEY },
        fleet: false,
        alarmTopic: TOPIC,
        networks: { main: { subnets: [SUBNET], vpc: 'vpc-0a1b2c3d' } },
      },
      {
        levelWhenUnset: 'off',
        kmsKey: KEY,
        configure: { secret: ADMINISTRATOR, kmsKey: KEY },
        network: 'main',
      },
    );
    expect(ofTemplate(NAMES)).toEqual(comparable(expected));
  });
});

test('the AWS Solutions rules of cdk-nag find no problem in the construct with all conditions', () => {
  const app = createApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  createVariant(app, 'stack', new Set(NAMES));
  const { violations } = new AwsSolutionsChecks().validateScope(app);
  expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
});

describe('the parameters', () => {
  const declared = () => Object.entries(Object(template['Parameters'])) as [string, Json][];

  test('are all used and described, and only four are required', () => {
    const rest = JSON.stringify({ ...template, Parameters: {}, Metadata: {} });
    const isUsed = (name: string) =>
      rest.includes(`{"Ref":"${name}"}`) || rest.includes(`\${${name}}`);
    expect(declared().filter(([name]) => !isUsed(name))).toEqual([]);
    expect(declared().filter(([, { Description: one }]) => one === undefined)).toEqual([]);
    const required = declared()
      .filter(([, one]) => !('Default' in one))
      .map(([name]) => name);
    expect(required).toEqual(['Database', 'SecretArn', 'CodeBucket', 'CodePrefix']);
  });

  test.each([
    ['Database', 'metrics', 'a/b'],
    ['SecretArn', SECRET, 'postgres://role:password@host/db'],
    ['SecretKeyArn', KEY, 'alias/key'],
    ['SecretKeyArn', '', KEY_ID],
    ['AdministratorSecretArn', '', 'test/administrator'],
    ['CodePrefix', 'telemetry/1.0.0/', '1.0.0'],
    ['VpcId', 'vpc-0a1b2c3d', 'subnet-0a1b2c3d'],
    ['AlarmTopicArn', TOPIC, 'alarms'],
    ['PermissionsBoundaryArn', BOUNDARY, 'company-boundary'],
  ])('%s accepts %j and rejects %j', (name, accepted, rejected) => {
    const [, parameter] = declared().find(([one]) => one === name) ?? [];
    const pattern = new RegExp(`^(?:${parameter?.['AllowedPattern']})$`);
    expect(pattern.test(accepted)).toBe(true);
    expect(pattern.test(rejected)).toBe(false);
  });

  test('are all under a heading of the console', () => {
    const groups = Object(template['Metadata'])['AWS::CloudFormation::Interface'].ParameterGroups;
    const shown = groups.flatMap(({ Parameters }: { readonly Parameters: string[] }) => Parameters);
    expect(shown.toSorted()).toEqual(
      declared()
        .map(([name]) => name)
        .toSorted(),
    );
  });
});
