import { type CfnElement, CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { SingleDatabaseTelemetryProps } from '../../constructs/single-database/props.ts';
import { SingleDatabaseTelemetry } from '../../constructs/single-database-telemetry.ts';
import { type ParameterIn, type ParameterName, parametersIn } from './parameters.ts';

/** Stands for the list of subnets, whose length CDK would have to know. */
export const SUBNET = 'subnet-00000000000000000';

/** Something that a deployment has if a parameter is not empty, or has a certain value. */
export interface Option {
  /** Name of the condition in the template. */
  readonly condition: string;
  readonly parameter: ParameterName;
  /** The value of the parameter; without it, any but the empty one. */
  readonly value?: string;
  /** The option that it requires, and whose properties it replaces. */
  readonly within?: string;
  /** An option that creates resources which this one changes. Those of the first one are changed by most. */
  readonly changes?: string;
  /** Changes of the construct's properties. Parameters are given by their names. */
  readonly props?: (
    stack: Stack,
    text: (parameter: ParameterName) => string,
  ) => Partial<SingleDatabaseTelemetryProps>;
}

/** Returns the VPC, whose routes only the user of the template knows. */
function vpcIn(
  stack: Stack,
  text: (parameter: ParameterName) => string,
  subnets: 'privateSubnetIds' | 'isolatedSubnetIds',
): IVpc {
  return Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: text('VpcId'),
    availabilityZones: [''],
    [subnets]: [SUBNET],
  });
}

/** The first one creates a function, which most of the others change, too. */
export const OPTIONS: readonly [Option, ...Option[]] = [
  {
    condition: 'HasConfigure',
    parameter: 'AdministratorSecretArn',
    props: (stack, text) => ({
      configure: {
        secret: Secret.fromSecretCompleteArn(
          stack,
          'Administrator',
          text('AdministratorSecretArn'),
        ),
      },
    }),
  },
  {
    condition: 'HasAdministratorKey',
    parameter: 'AdministratorSecretKeyArn',
    within: 'HasConfigure',
    props: (stack, text) => ({
      configure: {
        secret: Secret.fromSecretCompleteArn(
          stack,
          'Administrator',
          text('AdministratorSecretArn'),
        ),
        secretKey: Key.fromKeyArn(stack, 'AdministratorKey', text('AdministratorSecretKeyArn')),
      },
    }),
  },
  {
    condition: 'HasSecretKey',
    parameter: 'SecretKeyArn',
    props: (stack, text) => ({ secretKey: Key.fromKeyArn(stack, 'Key', text('SecretKeyArn')) }),
  },
  {
    condition: 'InVpc',
    parameter: 'VpcId',
    props: (stack, text) => ({ vpc: vpcIn(stack, text, 'privateSubnetIds') }),
  },
  {
    condition: 'WithoutEgress',
    parameter: 'Egress',
    value: 'none',
    within: 'InVpc',
    props: (stack, text) => ({ vpc: vpcIn(stack, text, 'isolatedSubnetIds'), egress: 'none' }),
  },
  {
    condition: 'HasAlarmTopic',
    parameter: 'AlarmTopicArn',
    props: (stack, text) => ({
      alarmTopic: Topic.fromTopicArn(stack, 'Topic', text('AlarmTopicArn')),
    }),
  },
  {
    condition: 'HasRecord',
    parameter: 'RecordBucket',
    props: (stack, text) => ({
      record: { bucket: Bucket.fromBucketName(stack, 'Record', text('RecordBucket')) },
    }),
  },
  {
    condition: 'HasRecordKey',
    parameter: 'RecordKeyArn',
    within: 'HasRecord',
    props: (stack, text) => ({
      record: {
        bucket: Bucket.fromBucketAttributes(stack, 'Record', {
          bucketName: text('RecordBucket'),
          encryptionKey: Key.fromKeyArn(stack, 'RecordKey', text('RecordKeyArn')),
        }),
      },
    }),
  },
  {
    condition: 'HasBoundary',
    parameter: 'PermissionsBoundaryArn',
    changes: 'WithoutEgress',
  },
];

/** A stack with the parameters of the template, whose logical ids a person can read. */
class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { analyticsReporting: false });
    Validations.of(this).acknowledge({
      id: 'CloudFormation-Validate::W2509',
      reason: 'The parameters with Secret in their names are ARNs, and no secrets.',
    });
  }

  protected override allocateLogicalId({ node }: CfnElement): string {
    const [first = '', ...inner] = node.path.split('/').slice(1);
    const names = inner.filter((name) => !['Database', 'Resource'].includes(name));
    return (names.length === 0 ? first : names.join('-'))
      .replaceAll(/(?:^|[^A-Za-z0-9]+)([a-z])/g, (_, letter: string) => letter.toUpperCase())
      .replaceAll(/[^A-Za-z0-9]/g, '');
  }
}

/** Returns the properties of the construct with the options whose conditions hold. */
function propsIn(
  stack: Stack,
  parameter: ParameterIn,
  conditions: ReadonlySet<string>,
): SingleDatabaseTelemetryProps {
  const text = (name: ParameterName) => parameter(name).valueAsString;
  const number = (name: ParameterName) => parameter(name).valueAsNumber;
  const chosen = OPTIONS.filter(({ condition }) => conditions.has(condition));
  const replaced = chosen.map(({ within }) => within);
  return Object.assign(
    {
      environment: text('Environment'),
      name: text('Database'),
      secret: Secret.fromSecretCompleteArn(stack, 'Reporter', text('SecretArn')),
      levelWhenUnset: text('LevelWhenUnset'),
      tickAt: { hour: number('TickHour'), minute: number('TickMinute') },
      logRetention: number('LogRetentionDays'),
      code: {
        bucket: Bucket.fromBucketName(stack, 'Archives', text('CodeBucket')),
        prefix: text('CodePrefix'),
      },
    },
    ...chosen
      .filter(({ condition }) => !replaced.includes(condition))
      .map(({ props }) => props?.(stack, text)),
  );
}

/** Creates the stack of the template as it is if these conditions hold, and no others. */
export function createVariant(
  scope: Construct,
  id: string,
  conditions: ReadonlySet<string>,
): Stack {
  const stack = new ExampleStack(scope, id);
  const parameter = parametersIn(stack);
  const props = propsIn(stack, parameter, conditions);
  const telemetry = new SingleDatabaseTelemetry(stack, 'Telemetry', props);
  if (conditions.has('HasBoundary')) {
    const boundary = parameter('PermissionsBoundaryArn').valueAsString;
    PermissionsBoundary.of(stack).apply(
      ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', boundary),
    );
  }
  for (const [purpose, { functionName }] of telemetry.functions) {
    new CfnOutput(stack, `Name-${purpose}`, {
      description: `Name of the function ${purpose}`,
      value: functionName,
    });
  }
  if (conditions.has('InVpc')) {
    new CfnOutput(stack, 'SecurityGroupId', {
      description: 'The security group to allow in that of the database',
      value: telemetry.connections.securityGroups[0]?.securityGroupId ?? '',
    });
  }
  return stack;
}
