import { type App, Aspects, CfnResource, Stack, Tags, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { SingleDatabaseTelemetry } from '../../../infra/constructs/single-database-telemetry.ts';
import { TelemetryEnvironment } from '../../../infra/constructs/telemetry-environment.ts';
import { createApp, templatesOf } from '../../support/aws/apps.ts';
import { importedInputs } from '../../support/aws/single-database.ts';
import { ACCOUNT, anEnvironment, REGION } from '../../support/aws/synthesis.ts';

const LIMIT = 'arn:aws:iam::123456789012:policy/limit';
const env = { account: ACCOUNT, region: REGION };

function single(app: App): IConstruct {
  const stack = new Stack(app, 'stack', { env });
  const names = { environment: 'test', name: 'metrics' };
  return new SingleDatabaseTelemetry(stack, 'Telemetry', { ...names, ...importedInputs(stack) });
}

function environment(app: App): IConstruct {
  return new TelemetryEnvironment(app, 'test', anEnvironment({ permissionsBoundary: null }));
}

/** Returns all resources of an app. */
function resourcesOf(app: App) {
  return Object.values(templatesOf(app)).flatMap(({ Resources }) => Object.values(Resources));
}

describe.each([
  ['SingleDatabaseTelemetry', single],
  ['TelemetryEnvironment', environment],
])('aspects of %s', (_, create) => {
  test('set a permissions boundary on every role', () => {
    const app = createApp();
    const created = create(app);
    const limit = ManagedPolicy.fromManagedPolicyArn(created, 'Limit', LIMIT);
    PermissionsBoundary.of(created).apply(limit);
    const roles = resourcesOf(app).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(2);
    for (const { Properties } of roles) {
      expect(Properties).toHaveProperty('PermissionsBoundary', LIMIT);
    }
  });

  test('set tags on functions, roles, queues and logs', () => {
    const app = createApp();
    Tags.of(create(app)).add('cost-center', '4711');
    const tagged = resourcesOf(app)
      .filter(({ Properties }) => JSON.stringify(Properties)?.includes('"cost-center"'))
      .map(({ Type }) => Type);
    expect(tagged).toEqual(
      expect.arrayContaining([
        ...['AWS::Lambda::Function', 'AWS::IAM::Role', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup'],
        ...['AWS::Scheduler::ScheduleGroup', 'AWS::CloudWatch::Alarm'],
      ]),
    );
  });

  test('change resources, such as the memory of functions', () => {
    const app = createApp();
    Aspects.of(create(app)).add({
      visit(node) {
        if (CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::Lambda::Function') {
          node.addPropertyOverride('MemorySize', 512);
        }
      },
    });
    const functions = resourcesOf(app).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    expect(functions.map(({ Properties }) => Reflect.get(Properties, 'MemorySize'))).toEqual(
      functions.map(() => 512),
    );
  });

  test('of cdk-nag find nothing in the AWS Solutions rules', () => {
    const app = createApp();
    const created = create(app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(new AwsSolutionsChecks().validateScope(created).violations).toEqual([]);
    expect(() => app.synth()).not.toThrow();
  });
});

test('cdk-nag finds nothing in a database with a bucket and a schedule group of other stacks', () => {
  const app = createApp();
  const other = new Stack(app, 'other', { env });
  const stack = new Stack(app, 'stack', { env });
  const bucket = new Bucket(other, 'Bucket', { enforceSSL: true });
  Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'A bucket of the test.' });
  new SingleDatabaseTelemetry(stack, 'Telemetry', {
    environment: 'test',
    name: 'metrics',
    secret: Secret.fromSecretNameV2(stack, 'Secret', 'test/metrics'),
    scheduleGroup: new ScheduleGroup(other, 'Group'),
    record: { bucket: bucket as IBucket },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});
