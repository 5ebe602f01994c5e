import { type App, Stack, type StackProps } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { SingleDatabaseTelemetryProps } from '../../../infra/constructs/single-database/props.ts';
import { SingleDatabaseTelemetry } from '../../../infra/constructs/single-database-telemetry.ts';
import { createApp, templatesOf } from './apps.ts';
import { type DeployedResource, resolveTemplate } from './compare/resolve-template.ts';
import { ACCOUNT, REGION } from './synthesis.ts';

/** A stack with one database. */
export interface SingleDatabase {
  readonly app: App;
  readonly stack: Stack;
  readonly telemetry: SingleDatabaseTelemetry;
}

type Props = Partial<SingleDatabaseTelemetryProps>;

/** Creates a stack with a database, by default `metrics` of `test` with a secret of that name. */
export function createSingle(
  propsIn: (stack: Stack) => Props = () => ({}),
  stackProps: StackProps = { env: { account: ACCOUNT, region: REGION } },
): SingleDatabase {
  const app = createApp();
  const stack = new Stack(app, 'stack', stackProps);
  const telemetry = new SingleDatabaseTelemetry(stack, 'Telemetry', {
    environment: 'test',
    name: 'metrics',
    secret: Secret.fromSecretNameV2(stack, 'Secret', 'test/metrics/telemetry'),
    ...propsIn(stack),
  });
  return { app, stack, telemetry };
}

/** Returns the template of a stack with a database. */
export function templateOf({ app, stack }: SingleDatabase) {
  const template = templatesOf(app)[stack.stackName];
  if (template === undefined) throw new Error('The stack has no template.');
  return template;
}

/** Returns all constructs that a database can be given, with names and ARNs. */
export function importedInputs(stack: Stack) {
  const arn = (service: string, resource: string) =>
    `arn:${stack.partition}:${service}:${stack.region}:${stack.account}:${resource}`;
  const encryptionKey = Key.fromKeyArn(
    stack,
    'Key',
    arn('kms', 'key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'),
  );
  return {
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
    }),
    connectTo: SecurityGroup.fromSecurityGroupId(stack, 'Database', 'sg-0a1b2c3d'),
    secret: Secret.fromSecretNameV2(stack, 'Reporter', 'fleet/reporter'),
    secretKey: encryptionKey,
    configure: { secret: Secret.fromSecretNameV2(stack, 'Administrator', 'fleet/administrator') },
    alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn('sns', 'database-alarms')),
    record: {
      bucket: Bucket.fromBucketAttributes(stack, 'Bucket', {
        bucketName: 'company-telemetry',
        encryptionKey,
      }),
      prefix: 'telemetry',
    },
  };
}

/** Returns the resources of one type, such as `SQS::Queue`, as they are deployed. */
export function resourcesOf(single: SingleDatabase, type: string): readonly DeployedResource[] {
  const deployed = { account: ACCOUNT, region: REGION };
  return resolveTemplate(templateOf(single), deployed).filter((one) => one.type === `AWS::${type}`);
}
