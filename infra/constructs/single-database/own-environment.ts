import { Stack } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DatabaseFunction } from '../../../lib/naming.ts';
import type { Database, Environment, RecordBucket } from '../../config/resolved-environment.ts';
import { retryNames } from '../../iam/policies.ts';
import type { OwnResources, Queue } from '../../naming.ts';
import { unresolvedIn } from '../tokens.ts';
import { type CheckedProps, NETWORK } from './check-props.ts';
import type { Network } from './network.ts';
import type { RecordProps, SingleDatabaseTelemetryProps } from './props.ts';
import { toReference } from './secret.ts';

/** The constructs that the functions of a single database refer to. */
export interface OwnConstructs {
  readonly network: Network | undefined;
  readonly scheduleGroup: IScheduleGroup;
  readonly queues: Readonly<Record<Queue, IQueue>>;
  readonly logGroups: ReadonlyMap<DatabaseFunction, ILogGroup>;
}

/** Returns the database with the values of the properties, which may be tokens, instead of placeholders. */
function databaseOf(
  scope: Construct,
  props: SingleDatabaseTelemetryProps,
  { database }: CheckedProps,
): Database {
  const { name, host, port, database: dbname, levelWhenUnset, tls, delivery, configure } = props;
  const { endpoint, latestVersion } = delivery ?? {};
  return {
    ...database,
    name,
    secret: toReference(scope, props),
    ...(configure !== undefined && { configure: toReference(scope, configure) }),
    overrides: {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(dbname !== undefined && { database: dbname }),
    },
    choices: { ...database.choices, ...(levelWhenUnset !== undefined && { levelWhenUnset }) },
    ...(tls?.serverName !== undefined && { serverName: tls.serverName }),
    delivery: {
      ...database.delivery,
      ...(endpoint !== undefined && { endpoint }),
      ...(latestVersion !== undefined && { latestVersion }),
    },
  };
}

function recordOf({ bucket, prefix }: RecordProps): RecordBucket {
  const { bucketName: name, encryptionKey } = bucket;
  return {
    name,
    isCreated: false,
    ...(prefix !== undefined && { prefix }),
    ...(encryptionKey !== undefined && { keyArn: encryptionKey.keyArn }),
  };
}

/** The names of retries are a hash of the names, which is not known of tokens; a group of its own then contains nothing else. */
function retriesOf({ environment, name }: SingleDatabaseTelemetryProps): string {
  return unresolvedIn([environment, name]).length === 0 ? retryNames(environment, name) : '*';
}

/** An environment with one database. */
export interface OwnEnvironment extends Environment {
  readonly databases: readonly [Database];
}

/** Returns the environment that the constructs of an environment's databases expect, with this database alone. */
export function ownEnvironment(
  scope: Construct,
  props: SingleDatabaseTelemetryProps,
  checked: CheckedProps,
  { network, scheduleGroup, queues, logGroups }: OwnConstructs,
  resources: Pick<OwnResources, 'functionArn' | 'schedulerRoleArn'>,
): OwnEnvironment {
  const stack = Stack.of(scope);
  const { alarmTopic, record } = props;
  return {
    ...checked.environment,
    place: {
      environment: props.environment,
      account: stack.account,
      region: stack.region,
      own: {
        ...resources,
        partition: stack.partition,
        domainSuffix: stack.urlSuffix,
        scheduleGroup: scheduleGroup.scheduleGroupName,
        retryNames: retriesOf(props),
        queueArn: (queue) => queues[queue].queueArn,
        logGroupName: (purpose) => logGroups.get(purpose)?.logGroupName ?? '',
        toJson: (value) => stack.toJsonString(value),
      },
    },
    databases: [databaseOf(scope, props, checked)],
    ...(network !== undefined && {
      networks: new Map([
        [
          NETWORK,
          {
            subnets: network.subnets,
            securityGroups: network.securityGroups.map(({ securityGroupId }) => securityGroupId),
            databasePorts: [],
            egress: props.egress ?? 'vpc',
          },
        ],
      ]),
    }),
    ...(record !== undefined && { record: recordOf(record) }),
    ...(alarmTopic !== undefined && { alarmTopic: alarmTopic.topicArn }),
  };
}
