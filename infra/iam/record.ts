import { dayPrefix } from '../../lib/record/record-key.ts';
import type { Environment, RecordBucket } from '../config/resolved-environment.ts';
import { bucketArn, type DeployPlace, domainSuffix } from '../naming.ts';
import type { Grant, PolicyStatement } from './policies.ts';

/** Any date, with a fixed length: an asterisk would also match slashes, and with them the names of other databases. */
const ANY_DATE = '????-??-??';

function allObjectsOf(
  { environment }: DeployPlace,
  { prefix }: RecordBucket,
  database: string,
): string {
  return `${dayPrefix(environment, ANY_DATE, prefix)}database=${database}/*`;
}

function encryptObjects(place: DeployPlace, bucket: string, objects: string, key: string): Grant {
  return {
    statement: {
      Effect: 'Allow',
      Action: 'kms:GenerateDataKey',
      Resource: key,
      Condition: {
        StringEquals: { 'kms:ViaService': `s3.${place.region}.${domainSuffix(place)}` },
        // With an S3 Bucket Key the context is the bucket, otherwise the object.
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucket, objects] },
      },
    },
  };
}

/** Allows creating the objects of one database in the record, and neither replacing, reading, listing nor deleting them. */
export function createRecord({ place, record }: Environment, database: string): readonly Grant[] {
  if (record === undefined) return [];
  const objects = bucketArn(place, record.name, allObjectsOf(place, record, database));
  const create: Grant = {
    statement: {
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: objects,
      Condition: {
        // S3 accepts no value but *, which means that the object must not exist.
        Null: { 's3:if-none-match': 'false' },
        // A bucket of that name in another account would receive the reports.
        StringEquals: { 'aws:ResourceAccount': place.account },
      },
    },
    whyWildcard:
      'The key of a run contains its date, tick and attempt; the environment and the database are at fixed positions of the key.',
  };
  const { keyArn } = record;
  if (keyArn === undefined) return [create];
  return [create, encryptObjects(place, bucketArn(place, record.name), objects, keyArn)];
}

interface BucketStatement extends PolicyStatement {
  readonly Sid: string;
  readonly Principal: '*';
}

/** Returns the statements of the bucket's policy. They deny, also for principals that other policies allow everything. */
export function bucketStatements(place: DeployPlace, bucket: string): readonly BucketStatement[] {
  return [
    {
      Sid: 'OnlyTls',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [bucketArn(place, bucket), bucketArn(place, bucket, '*')],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: 'NoReplacedRuns',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: bucketArn(place, bucket, 'runs/*'),
      Condition: { Null: { 's3:if-none-match': 'true' } },
    },
  ];
}
