import { dashboardProblems } from './dashboard-body.ts';
import { isLate, isObject, type Json } from './intrinsics.ts';
import {
  atMost,
  type Check,
  cron,
  DAY,
  each,
  evaluation,
  lengthWithoutSpace,
  oneOf,
  parameterName,
  period,
  policies,
  rulesPerFamily,
  text,
  variables,
  whole,
} from './limit-checks.ts';
import { resourcesOf } from './resource-schema.ts';

/** A limit in a service's documentation that the resource schema does not contain. */
interface Limit {
  readonly type: string;
  /** Path of the property. */
  readonly property: string;
  readonly check: Check;
  readonly source: string;
}

const DOCS = 'https://docs.aws.amazon.com';
const LAMBDA = `${DOCS}/lambda/latest/api/API_CreateFunction.html`;
const LAMBDA_VPC = `${DOCS}/lambda/latest/api/API_VpcConfig.html`;
const LAMBDA_VARIABLES = `${DOCS}/lambda/latest/dg/configuration-envvars.html`;
const LAMBDA_INVOKE = `${DOCS}/lambda/latest/api/API_PutFunctionEventInvokeConfig.html`;
const ROLE = `${DOCS}/IAM/latest/APIReference/API_CreateRole.html`;
const ROLE_POLICY = `${DOCS}/IAM/latest/APIReference/API_PutRolePolicy.html`;
const IAM_QUOTAS = `${DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html`;
const SCHEDULE = `${DOCS}/scheduler/latest/APIReference/API_CreateSchedule.html`;
const SCHEDULE_GROUP = `${DOCS}/scheduler/latest/APIReference/API_CreateScheduleGroup.html`;
const SCHEDULE_WINDOW = `${DOCS}/scheduler/latest/APIReference/API_FlexibleTimeWindow.html`;
const SCHEDULE_RETRY = `${DOCS}/scheduler/latest/APIReference/API_RetryPolicy.html`;
const SCHEDULE_TARGET = `${DOCS}/scheduler/latest/APIReference/API_Target.html`;
const SCHEDULE_TYPES = `${DOCS}/scheduler/latest/UserGuide/schedule-types.html`;
const ALARM = `${DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html`;
const DIMENSION = `${DOCS}/AmazonCloudWatch/latest/APIReference/API_Dimension.html`;
const DASHBOARD = `${DOCS}/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html`;
const QUEUE = `${DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html`;
const LOG_GROUP = `${DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html`;
const RETENTION = `${DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html`;
const QUERY = `${DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html`;
const PARAMETER = `${DOCS}/systems-manager/latest/APIReference/API_PutParameter.html`;
const SECURITY_GROUP = `${DOCS}/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html`;
const BUCKET = `${DOCS}/AmazonS3/latest/userguide/bucketnamingrules.html`;
const BUCKET_LIFECYCLE = `${DOCS}/AmazonS3/latest/API/API_LifecycleRule.html`;
const BUCKET_POLICY = `${DOCS}/AmazonS3/latest/userguide/bucket-policies.html`;
const CATALOG = `${DOCS}/glue/latest/webapi/API_DatabaseInput.html`;
const CATALOG_TABLE = `${DOCS}/glue/latest/webapi/API_TableInput.html`;
const CATALOG_COLUMN = `${DOCS}/glue/latest/webapi/API_Column.html`;
const WORK_GROUP = `${DOCS}/athena/latest/APIReference/API_WorkGroup.html`;
const NAMED_QUERY = `${DOCS}/athena/latest/APIReference/API_CreateNamedQuery.html`;
const VPC_QUOTAS = `${DOCS}/vpc/latest/userguide/amazon-vpc-limits.html`;

function limitsOf(
  type: string,
  properties: Readonly<Record<string, readonly [check: Check, source: string]>>,
): readonly Limit[] {
  return Object.entries(properties).map(([property, [check, source]]) => ({
    type: `AWS::${type}`,
    property,
    check,
    source,
  }));
}

const SCHEDULE_NAME = text(64, /^[0-9A-Za-z_.-]+$/);
const LOG_GROUP_NAME = text(512, /^[.\-_/#A-Za-z0-9]+$/);
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922,
  3_288, 3_653,
];

export const LIMITS: readonly Limit[] = [
  ...limitsOf('Lambda::Function', {
    FunctionName: [text(64, /^[a-zA-Z0-9_-]+$/), LAMBDA],
    Description: [text(256), LAMBDA],
    Handler: [text(128, /^\S+$/), LAMBDA],
    Timeout: [whole(1, 900), LAMBDA],
    MemorySize: [whole(128, 10_240), LAMBDA],
    Architectures: [each(oneOf('arm64', 'x86_64')), LAMBDA],
    'Environment.Variables': [variables, LAMBDA_VARIABLES],
    'LoggingConfig.LogGroup': [LOG_GROUP_NAME, LAMBDA],
    'VpcConfig.SubnetIds': [atMost(16), LAMBDA_VPC],
    'VpcConfig.SecurityGroupIds': [atMost(5), LAMBDA_VPC],
  }),
  ...limitsOf('Lambda::EventInvokeConfig', {
    MaximumRetryAttempts: [whole(0, 2), LAMBDA_INVOKE],
    MaximumEventAgeInSeconds: [whole(60, 21_600), LAMBDA_INVOKE],
    Qualifier: [text(128, /^(\$LATEST|[a-zA-Z0-9_-]+)$/), LAMBDA_INVOKE],
  }),
  ...limitsOf('IAM::Role', {
    RoleName: [text(64, /^[\w+=,.@-]+$/), ROLE],
    Description: [text(1_000, /^[\t\n\r -~\u00a1-\u00ff]*$/), ROLE],
    Policies: [policies(10_240), IAM_QUOTAS],
    'Policies[].PolicyName': [text(128, /^[\w+=,.@-]+$/), ROLE_POLICY],
    AssumeRolePolicyDocument: [
      (value) => (lengthWithoutSpace(value) <= 2_048 ? undefined : '2048 characters'),
      IAM_QUOTAS,
    ],
  }),
  ...limitsOf('Scheduler::Schedule', {
    Name: [SCHEDULE_NAME, SCHEDULE],
    GroupName: [SCHEDULE_NAME, SCHEDULE],
    Description: [text(512), SCHEDULE],
    ScheduleExpression: [cron, SCHEDULE_TYPES],
    ScheduleExpressionTimezone: [text(50), SCHEDULE],
    'FlexibleTimeWindow.MaximumWindowInMinutes': [whole(1, 1_440), SCHEDULE_WINDOW],
    'Target.Arn': [text(1_600, /^arn:/), SCHEDULE_TARGET],
    'Target.RoleArn': [
      text(1_600, /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
      SCHEDULE_TARGET,
    ],
    'Target.RetryPolicy.MaximumRetryAttempts': [whole(0, 185), SCHEDULE_RETRY],
    'Target.RetryPolicy.MaximumEventAgeInSeconds': [whole(60, 86_400), SCHEDULE_RETRY],
  }),
  ...limitsOf('Scheduler::ScheduleGroup', { Name: [SCHEDULE_NAME, SCHEDULE_GROUP] }),
  ...limitsOf('CloudWatch::Alarm', {
    AlarmName: [text(255), ALARM],
    AlarmDescription: [text(1_024), ALARM],
    Period: [period, ALARM],
    EvaluationPeriods: [evaluation, ALARM],
    Namespace: [text(255, /^[^:].*$/), ALARM],
    MetricName: [text(255), ALARM],
    Dimensions: [atMost(30), ALARM],
    'Dimensions[].Name': [text(255, /^[!-9;-~][ -~]*$/), DIMENSION],
    'Dimensions[].Value': [text(1_024, /^[ -~]*[!-~][ -~]*$/), DIMENSION],
    Statistic: [oneOf('SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'), ALARM],
    ComparisonOperator: [
      oneOf(
        'GreaterThanOrEqualToThreshold',
        'GreaterThanThreshold',
        'LessThanThreshold',
        'LessThanOrEqualToThreshold',
      ),
      ALARM,
    ],
    TreatMissingData: [oneOf('breaching', 'notBreaching', 'ignore', 'missing'), ALARM],
    AlarmActions: [atMost(5), ALARM],
    OKActions: [atMost(5), ALARM],
  }),
  ...limitsOf('CloudWatch::Dashboard', {
    DashboardName: [text(255, /^[A-Za-z0-9_-]+$/), DASHBOARD],
    DashboardBody: [(value) => dashboardProblems(value)[0], DASHBOARD],
  }),
  ...limitsOf('SQS::Queue', {
    QueueName: [text(80, /^[A-Za-z0-9_-]+$/), QUEUE],
    MessageRetentionPeriod: [whole(60, 14 * DAY), QUEUE],
  }),
  ...limitsOf('Logs::LogGroup', {
    LogGroupName: [LOG_GROUP_NAME, LOG_GROUP],
    RetentionInDays: [oneOf(...RETENTION_DAYS), RETENTION],
  }),
  ...limitsOf('Logs::QueryDefinition', {
    Name: [text(255), QUERY],
    QueryString: [text(10_000), QUERY],
    LogGroupNames: [each(LOG_GROUP_NAME), QUERY],
  }),
  ...limitsOf('SSM::Parameter', {
    Name: [parameterName, PARAMETER],
    Description: [text(1_024), PARAMETER],
    Value: [text(4_096), PARAMETER],
  }),
  ...limitsOf('EC2::SecurityGroup', {
    GroupDescription: [text(255, /^[a-zA-Z0-9 ._:/()#,@[\]+=&;{}!$*-]+$/), SECURITY_GROUP],
    SecurityGroupEgress: [rulesPerFamily, VPC_QUOTAS],
  }),
  ...limitsOf('S3::Bucket', {
    BucketName: [text(63, /^[a-z0-9][a-z0-9.-]+[a-z0-9]$/), BUCKET],
    'LifecycleConfiguration.Rules[].Id': [text(255), BUCKET_LIFECYCLE],
    'LifecycleConfiguration.Rules[].ExpirationInDays': [whole(1, 2_147_483_647), BUCKET_LIFECYCLE],
  }),
  ...limitsOf('S3::BucketPolicy', {
    PolicyDocument: [
      (value) => (lengthWithoutSpace(value) <= 20_480 ? undefined : '20480 bytes'),
      BUCKET_POLICY,
    ],
  }),
  ...limitsOf('Glue::Database', { 'DatabaseInput.Name': [text(255, /^[a-z0-9_]+$/), CATALOG] }),
  ...limitsOf('Glue::Table', {
    'TableInput.Name': [text(255, /^[a-z0-9_]+$/), CATALOG_TABLE],
    'TableInput.StorageDescriptor.Columns[].Type': [text(131_072), CATALOG_COLUMN],
  }),
  ...limitsOf('Athena::WorkGroup', { Name: [text(128, /^[a-zA-Z0-9._-]+$/), WORK_GROUP] }),
  ...limitsOf('Athena::NamedQuery', {
    Name: [text(128), NAMED_QUERY],
    Description: [text(1_024), NAMED_QUERY],
    QueryString: [text(262_144), NAMED_QUERY],
  }),
];

/** Returns the values at a path, in which `[]` stands for every element of a list. */
export function valuesAt(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (name === undefined) return [value];
  if (!isObject(value)) return [];
  const key = name.replace('[]', '');
  const next = value[key];
  if (next === undefined) return [];
  const all = name === key ? [next] : [next].flat();
  return all.flatMap((one) => valuesAt(one, rest));
}

function limitProblems(id: string, resource: Json): readonly string[] {
  const properties = isObject(resource['Properties']) ? resource['Properties'] : {};
  return LIMITS.filter(({ type }) => type === resource['Type']).flatMap(({ property, check }) =>
    valuesAt(properties, property.split('.')).flatMap((value) => {
      const isChecked = property === 'DashboardBody' || !isLate(value);
      const expected = isChecked ? check(value, properties) : undefined;
      return expected === undefined ? [] : [`${id}.${property}: must be ${expected}`];
    }),
  );
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST_TEMPLATE_BYTES = 1_000_000;
const MOST_RESOURCES = 500;
const MOST_DESCRIPTION_BYTES = 1_024;
const LOGICAL_ID = /^[A-Za-z0-9]{1,255}$/;
/** Limit of this project, so that later releases can add resources. */
const MOST_OWN_RESOURCES = 450;

function atMostProblem(what: string, is: number, most: number): readonly string[] {
  return is <= most ? [] : [`the template: has ${is} ${what}, more than ${most}`];
}

/** Returns the properties of a template that a service would reject when it is deployed. */
export function serviceProblems(template: Json): readonly string[] {
  const resources = Object.entries(resourcesOf(template));
  const description = Buffer.byteLength(String(template['Description'] ?? ''));
  const most = Math.min(MOST_RESOURCES, MOST_OWN_RESOURCES);
  return [
    ...resources.flatMap(([id, resource]) => limitProblems(id, resource)),
    ...resources
      .filter(([id]) => !LOGICAL_ID.test(id))
      .map(([id]) => `${id}: must be letters and digits`),
    ...atMostProblem('resources', resources.length, most),
    ...atMostProblem('bytes', Buffer.byteLength(JSON.stringify(template)), MOST_TEMPLATE_BYTES),
    ...atMostProblem('bytes of description', description, MOST_DESCRIPTION_BYTES),
  ];
}
