import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, inject, test } from 'vitest';
import { exampleFile } from '../../../infra/archives/cloudformation/example.ts';
import { createVariant, OPTIONS, SUBNET } from '../../../infra/archives/cloudformation/variants.ts';
import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import {
  ADMINISTRATOR,
  deployedWith,
  EXAMPLE,
  KEY,
  SECRET,
  TEMPLATE,
  TOPIC,
  withRequired,
} from '../../support/aws/cloudformation-example.ts';
import { describeDatabase } from '../../support/aws/compare/database-deployment.ts';
import {
  type DeployedResource,
  resolveTemplate,
} from '../../support/aws/compare/resolve-template.ts';
import type { Json } from '../../support/aws/intrinsics.ts';
import { ACCOUNT, aDatabase, checked, REGION, synthesise } from '../../support/aws/synthesis.ts';
import { templateProblems } from '../../support/aws/template-drafts.ts';

function resourcesOf(conditions: ReadonlySet<string>): readonly DeployedResource[] {
  return resolveTemplate(TEMPLATE, deployedWith(conditions));
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
  expect(EXAMPLE === exampleFile(), 'run `npm run docs` and commit the files that it writes').toBe(
    true,
  );
});

const NAMES = OPTIONS.map(({ condition }) => condition);
const COMBINATIONS: readonly (readonly [title: string, conditions: readonly string[]])[] = [
  ['no condition', []],
  ...NAMES.map((name) => [name, [name]] as const),
  ['a VPC, configure and a boundary', ['InVpc', 'HasConfigure', 'HasBoundary']],
  ['a VPC without a way out and configure', ['WithoutEgress', 'HasConfigure']],
  [
    'all conditions but that of a VPC without a way out',
    NAMES.filter((name) => name !== 'WithoutEgress'),
  ],
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

describe('the dependencies of the template', () => {
  const resources = () => Object.entries(Object(TEMPLATE['Resources'])) as [string, Json][];

  test('are on resources that exist whenever the dependent resource exists', () => {
    const conditionOf = Object.fromEntries(resources().map(([id, one]) => [id, one['Condition']]));
    const missing = resources().flatMap(([id, { Condition: own, DependsOn: others = [] }]) =>
      [others]
        .flat()
        .map(String)
        .filter((other) => conditionOf[other] !== undefined && conditionOf[other] !== own)
        .map((other) => `${id} on ${other}`),
    );
    expect(missing).toEqual([]);
  });

  test('put the worker before each function that invokes it, by the variable with its ARN', () => {
    const senders = resources().filter(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id !== 'DatabaseWorkerFunction',
    );
    expect(senders).toHaveLength(3);
    for (const [, { Properties: properties }] of senders) {
      expect(JSON.stringify(properties)).toContain(`\${DatabaseWorkerFunction.Arn}`);
    }
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

  test.each([
    ['vpc', NAMES.filter((name) => name !== 'WithoutEgress')],
    ['none', NAMES],
  ] as const)('with all parameters, and the egress %s', (egress, names) => {
    const expected = inEnvironment(
      {
        record: { bucket: 'company-telemetry', kmsKey: KEY },
        fleet: false,
        alarmTopic: TOPIC,
        networks: { main: { subnets: [SUBNET], vpc: 'vpc-0a1b2c3d', egress } },
      },
      {
        levelWhenUnset: 'off',
        kmsKey: KEY,
        configure: { secret: ADMINISTRATOR, kmsKey: KEY },
        network: 'main',
      },
    );
    expect(ofTemplate(names)).toEqual(comparable(expected));
  });
});

test('the AWS Solutions rules of cdk-nag find no problem in the construct with all conditions', () => {
  const app = createApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  createVariant(app, 'stack', new Set(NAMES));
  const { violations } = new AwsSolutionsChecks().validateScope(app);
  expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
});
