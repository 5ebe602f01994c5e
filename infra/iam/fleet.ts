import { fleetPrefix } from '../../lib/fleet-report/reading/keys.ts';
import { FLEET_REPORT } from '../../lib/naming.ts';
import { dayPrefix } from '../../lib/record/record-key.ts';
import type { Environment, RecordBucket } from '../config/resolved-environment.ts';
import { arn, bucketArn, type DeployPlace, domainSuffix, fleetFunctionArn } from '../naming.ts';
import { type Grant, sendTo, writeLogs } from './policies.ts';

const KEYS =
  'The keys of runs and results have the environment at a fixed position before the wildcard.';

/** Returns the common beginning of the keys of an environment's runs. */
function runsPrefix({ environment }: DeployPlace, { prefix }: RecordBucket): string {
  return dayPrefix(environment, '', prefix).replace(/date=\/$/, '');
}

/** Allows reading the runs of one environment, and reading and replacing its results; nothing may be deleted. */
function useBucket(place: DeployPlace, record: RecordBucket): readonly Grant[] {
  const runs = `${runsPrefix(place, record)}*`;
  const results = `${fleetPrefix(place.environment, record.prefix)}*`;
  const objects = (keys: string) => bucketArn(place, record.name, keys);
  // A bucket of that name in another account would receive the page.
  const StringEquals = { 'aws:ResourceAccount': place.account };
  return [
    {
      statement: {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: bucketArn(place, record.name),
        Condition: { StringEquals, StringLike: { 's3:prefix': [runs, results] } },
      },
    },
    {
      statement: {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [objects(runs), objects(results)],
        Condition: { StringEquals },
      },
      whyWildcard: KEYS,
    },
    {
      statement: {
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: objects(results),
        Condition: { StringEquals },
      },
      whyWildcard: KEYS,
    },
  ];
}

/** Allows decrypting and encrypting the objects of the bucket. */
function useBucketKey(place: DeployPlace, { name, keyArn }: RecordBucket): readonly Grant[] {
  if (keyArn === undefined) return [];
  return [
    {
      statement: {
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: keyArn,
        Condition: {
          StringEquals: { 'kms:ViaService': `s3.${place.region}.${domainSuffix(place)}` },
          // With an S3 Bucket Key the context is the bucket, otherwise the object.
          StringLike: {
            'kms:EncryptionContext:aws:s3:arn': [
              bucketArn(place, name),
              bucketArn(place, name, '*'),
            ],
          },
        },
      },
    },
  ];
}

/** Allows publishing to the topic, and using its key if it is encrypted. */
function publishTo(place: DeployPlace, topic: string): readonly Grant[] {
  return [
    { statement: { Effect: 'Allow', Action: 'sns:Publish', Resource: topic } },
    {
      statement: {
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: arn(place, 'kms', 'key/*'),
        Condition: {
          StringEquals: {
            'kms:ViaService': `sns.${place.region}.${domainSuffix(place)}`,
            'kms:EncryptionContext:aws:sns:topicArn': topic,
          },
        },
      },
      whyWildcard:
        'Only the topic knows its key; the condition allows its use for messages of this topic alone.',
    },
  ];
}

/** Returns all permissions of the function that reports on the fleet. */
export function fleetGrants(
  { place, alarmTopic }: Environment,
  record: RecordBucket,
): readonly Grant[] {
  return [
    writeLogs(place, FLEET_REPORT),
    ...useBucket(place, record),
    ...useBucketKey(place, record),
    ...(alarmTopic === undefined ? [] : publishTo(place, alarmTopic)),
    sendTo(place, 'failed-runs'),
  ];
}

/** Returns all permissions of the role of its schedule. */
export function fleetSchedulerGrants(place: DeployPlace): readonly Grant[] {
  const invoke = {
    Effect: 'Allow',
    Action: 'lambda:InvokeFunction',
    Resource: fleetFunctionArn(place),
  } as const;
  return [{ statement: invoke }, sendTo(place, 'undelivered')];
}
