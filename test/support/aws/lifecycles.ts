import type { Resource } from './synthesis.ts';

/** The account and region of the environment prod, in which CloudFormation creates the resources. */
export const DEPLOYER_ACCOUNT = '333333333333';
const REGION = 'eu-central-1';

export function deployerArn(service: string, resource: string, region = REGION): string {
  return `arn:aws:${service}:${region}:${DEPLOYER_ACCOUNT}:${resource}`;
}

function named(name: string): (resource: Resource) => string {
  return ({ Properties }) => String(Properties[name]);
}

/** A name that CloudFormation generates for a role without a name. */
export const GENERATED_ROLE = 'timescaledb-telemetry-pr-DatabasemetricsSendReportRo-AbCdEf123456';

/** Actions that IAM checks against the boundary of the role, or against the boundary in the request. */
export const BOUNDED_ACTIONS = [
  'iam:CreateRole',
  'iam:PutRolePermissionsBoundary',
  'iam:PutRolePolicy',
  'iam:UpdateAssumeRolePolicy',
];

interface Lifecycle {
  /** Returns the ARN that the resource will have. */
  readonly arn: (resource: Resource) => string;
  /** The actions that create, update and delete it. */
  readonly actions: readonly string[];
}

/** The actions of CloudFormation by type of resource. Source: the handlers of the types, and the services' API references. */
export const LIFECYCLES: Readonly<Record<string, Lifecycle>> = {
  'AWS::Lambda::Function': {
    arn: (resource) => deployerArn('lambda', `function:${named('FunctionName')(resource)}`),
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
    arn: () => deployerArn('lambda', 'function:telemetry-prod-metrics-a3bd29f1aa-send-report'),
    actions: [
      'lambda:PutFunctionEventInvokeConfig',
      'lambda:GetFunctionEventInvokeConfig',
      'lambda:UpdateFunctionEventInvokeConfig',
      'lambda:DeleteFunctionEventInvokeConfig',
    ],
  },
  'AWS::IAM::Role': {
    arn: ({ Properties: { Path, RoleName } }) =>
      deployerArn('iam', `role${String(Path)}${String(RoleName ?? GENERATED_ROLE)}`, ''),
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
    arn: (resource) => deployerArn('scheduler', `schedule-group/${named('Name')(resource)}`),
    actions: [
      'scheduler:CreateScheduleGroup',
      'scheduler:GetScheduleGroup',
      'scheduler:TagResource',
      'scheduler:DeleteScheduleGroup',
    ],
  },
  'AWS::Scheduler::Schedule': {
    arn: (resource) =>
      deployerArn(
        'scheduler',
        `schedule/${named('GroupName')(resource)}/${named('Name')(resource)}`,
      ),
    actions: [
      'scheduler:CreateSchedule',
      'scheduler:GetSchedule',
      'scheduler:UpdateSchedule',
      'scheduler:DeleteSchedule',
    ],
  },
  'AWS::Logs::LogGroup': {
    arn: (resource) => deployerArn('logs', `log-group:${named('LogGroupName')(resource)}`),
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
    arn: (resource) => deployerArn('sqs', named('QueueName')(resource)),
    actions: [
      'sqs:CreateQueue',
      'sqs:GetQueueAttributes',
      'sqs:SetQueueAttributes',
      'sqs:TagQueue',
      'sqs:DeleteQueue',
    ],
  },
  'AWS::SQS::QueuePolicy': {
    arn: () => deployerArn('sqs', 'timescaledb-telemetry-prod-undelivered'),
    actions: ['sqs:SetQueueAttributes'],
  },
  'AWS::CloudWatch::Alarm': {
    arn: (resource) => deployerArn('cloudwatch', `alarm:${named('AlarmName')(resource)}`),
    actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource', 'cloudwatch:DeleteAlarms'],
  },
  'AWS::CloudWatch::Dashboard': {
    arn: (resource) =>
      deployerArn('cloudwatch', `dashboard/${named('DashboardName')(resource)}`, ''),
    actions: ['cloudwatch:PutDashboard', 'cloudwatch:GetDashboard', 'cloudwatch:DeleteDashboards'],
  },
  'AWS::SSM::Parameter': {
    arn: (resource) => deployerArn('ssm', `parameter${named('Name')(resource)}`),
    actions: [
      'ssm:PutParameter',
      'ssm:GetParameters',
      'ssm:AddTagsToResource',
      'ssm:DeleteParameter',
    ],
  },
  'AWS::S3::Bucket': {
    arn: (resource) => `arn:aws:s3:::${named('BucketName')(resource)}`,
    actions: [
      's3:CreateBucket',
      's3:PutBucketTagging',
      's3:PutEncryptionConfiguration',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketOwnershipControls',
      's3:PutLifecycleConfiguration',
      // CloudFormation reads every property of a bucket that it imports.
      's3:GetAccelerateConfiguration',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketTagging',
      's3:GetBucketVersioning',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetReplicationConfiguration',
      's3:DeleteBucket',
    ],
  },
  'AWS::S3::BucketPolicy': {
    arn: () => 'arn:aws:s3:::timescaledb-telemetry-prod-0a1b2c3d4e5f',
    actions: ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
  },
  'AWS::Glue::Database': {
    arn: ({ Properties: { DatabaseInput } }) =>
      deployerArn('glue', `database/${Object(DatabaseInput).Name}`),
    actions: [
      'glue:CreateDatabase',
      'glue:GetDatabase',
      'glue:UpdateDatabase',
      'glue:DeleteDatabase',
    ],
  },
  'AWS::Glue::Table': {
    arn: ({ Properties: { DatabaseName, TableInput } }) =>
      deployerArn('glue', `table/${DatabaseName}/${Object(TableInput).Name}`),
    actions: ['glue:CreateTable', 'glue:GetTable', 'glue:UpdateTable', 'glue:DeleteTable'],
  },
  'AWS::Athena::WorkGroup': {
    arn: (resource) => deployerArn('athena', `workgroup/${named('Name')(resource)}`),
    actions: [
      'athena:CreateWorkGroup',
      'athena:GetWorkGroup',
      'athena:TagResource',
      'athena:UpdateWorkGroup',
      'athena:DeleteWorkGroup',
    ],
  },
  'AWS::Athena::NamedQuery': {
    arn: (resource) => deployerArn('athena', `workgroup/${named('WorkGroup')(resource)}`),
    actions: ['athena:CreateNamedQuery', 'athena:GetNamedQuery', 'athena:DeleteNamedQuery'],
  },
  'AWS::EC2::SecurityGroup': {
    arn: () => deployerArn('ec2', 'security-group/*'),
    actions: [
      'ec2:CreateSecurityGroup',
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:RevokeSecurityGroupEgress',
      'ec2:CreateTags',
      'ec2:DeleteSecurityGroup',
    ],
  },
};
