import { Lazy, Token, Tokenization } from 'aws-cdk-lib';
import { CfnPolicy, type CfnRole } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { DatabaseFunction } from '../../../lib/naming.ts';
import { findBundles } from '../../bundle/bundles-folder.ts';
import { copyCode } from '../../bundle/code-assets.ts';
import type { Environment } from '../../config/resolved-environment.ts';
import { tickExpression } from '../../cron.ts';
import { invokeSenders, policyOf, schedulerGrants, schedulerTrust } from '../../iam/policies.ts';
import { DatabaseTelemetry } from '../database-telemetry.ts';
import { createRole } from '../role.ts';
import type { FunctionCode } from '../telemetry-function.ts';
import type { CheckedProps } from './check-props.ts';
import { type OwnConstructs, ownEnvironment } from './own-environment.ts';
import type { CodeArchives, SingleDatabaseTelemetryProps } from './props.ts';

type CodeOf = (purpose: DatabaseFunction) => FunctionCode;

function codeOfArchives({ bucket, prefix }: CodeArchives): CodeOf {
  return (purpose) => ({ s3Bucket: bucket.bucketName, s3Key: `${prefix}${purpose}.zip` });
}

function codeOfFolders(scope: Construct, folderOf: (purpose: DatabaseFunction) => string): CodeOf {
  return (purpose) => {
    const asset = new Asset(scope, `Code-${purpose}`, { path: folderOf(purpose) });
    return { s3Bucket: asset.s3BucketName, s3Key: asset.s3ObjectKey };
  };
}

/** Returns the time of the schedule, if the properties set it. */
function scheduleOf({
  environment,
  name,
  tickHours = 24,
  tickAt,
}: SingleDatabaseTelemetryProps): string | undefined {
  if (tickAt === undefined) return undefined;
  const { hour, minute } = tickAt;
  if (!Token.isUnresolved(hour) && !Token.isUnresolved(minute)) {
    return tickExpression({ environment, name, tickHours }, tickAt);
  }
  const [hours, minutes] = [hour, minute].map((one) => Tokenization.stringifyNumber(one));
  return `cron(${minutes} ${hours} * * ? *)`;
}

interface Created {
  schedulerRole?: CfnRole;
  telemetry?: DatabaseTelemetry;
}

/** Creates the role of the schedule. A policy of its own allows invoking `send-report`, which refers to the role for its retries. */
function createSchedulerRole(scope: Construct, environment: Environment, created: Created) {
  created.schedulerRole = createRole(scope, 'SchedulerRole', {
    description: 'Assumed by EventBridge Scheduler: invokes send-report',
    trust: schedulerTrust(environment),
    grants: schedulerGrants(environment, []),
  });
  return new CfnPolicy(scope, 'InvokePolicy', {
    policyName: 'invoke',
    roles: [created.schedulerRole.ref],
    policyDocument: policyOf([invokeSenders(environment.place, environment.databases)]),
  });
}

function createWithCode(
  scope: Construct,
  props: SingleDatabaseTelemetryProps,
  checked: CheckedProps,
  constructs: OwnConstructs,
  codeOf: CodeOf,
): DatabaseTelemetry {
  // They refer to each other: references are resolved after all of them exist.
  const created: Created = {};
  const environment = ownEnvironment(scope, props, checked, constructs, {
    schedulerRoleArn: Lazy.string({ produce: () => created.schedulerRole?.attrArn }),
    functionArn: (purpose) =>
      Lazy.string({ produce: () => created.telemetry?.functions.get(purpose)?.function.attrArn }),
  });
  const [database] = environment.databases;
  const scheduleExpression = scheduleOf(props);
  const telemetry = new DatabaseTelemetry(scope, 'Database', {
    environment,
    database,
    codeOf,
    schedulerRole: createSchedulerRole(scope, environment, created),
    hasAlarm: props.alarms ?? true,
    ...(scheduleExpression !== undefined && { scheduleExpression }),
  });
  created.telemetry = telemetry;
  const routes = constructs.network?.routes;
  if (routes === undefined) return telemetry;
  for (const { function: lambda } of telemetry.functions.values()) {
    lambda.node.addDependency(routes);
  }
  return telemetry;
}

/** Creates functions, schedule and roles of a single database. */
export function createDatabase(
  scope: Construct,
  props: SingleDatabaseTelemetryProps,
  checked: CheckedProps,
  constructs: OwnConstructs,
): DatabaseTelemetry {
  const create = (codeOf: CodeOf) => createWithCode(scope, props, checked, constructs, codeOf);
  if (props.code !== undefined) return create(codeOfArchives(props.code));
  using code = copyCode(findBundles(scope), checked.environment);
  return create(codeOfFolders(scope, (purpose) => code.folderOf(purpose, checked.database)));
}
