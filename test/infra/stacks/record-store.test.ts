import { describe, expect, test } from 'vitest';
import { parseRecordKey, recordKey } from '../../../lib/record/record-key.ts';
import { breaking, property } from '../../support/aws/constructs.ts';
import {
  checked,
  type Resource,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

function onlyOne({ resources }: Pick<Synthesis, 'resources'>, type: string): Resource {
  const found = resources(type);
  expect(found).toHaveLength(1);
  const [[, resource] = []] = found;
  if (resource === undefined) throw new Error(`There is no ${type}.`);
  return resource;
}

describe('the bucket of the record', () => {
  test('is private, encrypted and unversioned, and belongs to the account with all its objects', () => {
    const { Properties } = onlyOne(prod, 'AWS::S3::Bucket');
    expect(Properties).toMatchObject({
      BucketName: prod.environment.record?.name,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
    });
    expect(Properties).not.toHaveProperty('VersioningConfiguration');
  });

  test('is encrypted with the key of the environment, if it has one', () => {
    const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
    const bucket = onlyOne(synthesise(checked({ record: { kmsKey } })), 'AWS::S3::Bucket');
    expect(property(bucket, 'BucketEncryption')).toEqual({
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: kmsKey },
        },
      ],
    });
  });

  test.each([
    [30, 30],
    // A page that is written every day must not expire before the next one, nor the state in a fortnight without reports.
    [1, 14],
  ])(
    'with recordDays %d deletes runs, %d days after the last report its results, and the results of queries after a week',
    (recordDays, fleetDays) => {
      const bucket = onlyOne(synthesise(checked({ recordDays })), 'AWS::S3::Bucket');
      const multipart = { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } };
      const rule = (Id: string, ExpirationInDays: number) => ({
        Id,
        Status: 'Enabled',
        Prefix: `${Id}/`,
        ExpirationInDays,
        ...multipart,
      });
      expect(property(bucket, 'LifecycleConfiguration')).toEqual({
        Rules: [
          rule('runs', recordDays),
          rule('fleet', fleetDays),
          {
            Id: 'query-results',
            Status: 'Enabled',
            Prefix: 'query-results/',
            ExpirationInDays: 7,
            ...multipart,
          },
        ],
      });
    },
  );

  test('is kept with its policy when the environment is destroyed, or a change would replace it', () => {
    expect(onlyOne(prod, 'AWS::S3::BucketPolicy').Properties).toMatchObject({
      Bucket: prod.environment.record?.name,
    });
    expect(
      breaking(
        [...prod.resources('AWS::S3::Bucket'), ...prod.resources('AWS::S3::BucketPolicy')],
        ({ DeletionPolicy, UpdateReplacePolicy }) =>
          DeletionPolicy === 'RetainExceptOnCreate' && UpdateReplacePolicy === 'Retain',
      ),
    ).toEqual([]);
  });

  test.each([
    ['is not created with record: false, nor are the tables', false, /S3|Glue|Athena/],
    ['is not created beside a bucket of the operator', { bucket: 'company' }, /S3/],
  ])('%s', (_what, record, types) => {
    const { resources } = synthesise(checked({ record }));
    expect(resources().filter(([, { Type }]) => types.test(Type))).toEqual([]);
  });

  test('adds 9 resources to the shared stack, and none per database', () => {
    const count = (record: boolean) =>
      synthesise(checked({ record, fleet: false })).resources().length;
    expect(count(true) - count(false)).toBe(9);
  });
});

describe('the tables', () => {
  const synthesis = synthesise(
    checked({ record: { bucket: 'company', prefix: 'telemetry' }, recordDays: 30 }, 'prod-eu'),
  );

  interface TableInput {
    readonly Name: string;
    readonly Parameters: Readonly<Record<string, string>>;
    readonly PartitionKeys: readonly { readonly Name: string; readonly Type: string }[];
    readonly StorageDescriptor: {
      readonly Location: string;
      readonly SerdeInfo: { readonly SerializationLibrary: string };
    };
  }

  const tables = synthesis
    .resources('AWS::Glue::Table')
    .map(([, resource]) => property<TableInput>(resource, 'TableInput'));

  test('belong to a database of the environment', () => {
    const database = onlyOne(synthesis, 'AWS::Glue::Database');
    expect(property(database, 'DatabaseInput')).toMatchObject({
      Name: 'timescaledb_telemetry_prod_eu',
    });
    for (const [, table] of synthesis.resources('AWS::Glue::Table')) {
      expect(property(table, 'DatabaseName')).toBe('timescaledb_telemetry_prod_eu');
    }
  });

  test.each([
    ['runs', ['day']],
    ['runs_of_database', ['day', 'database']],
  ])('%s has the partitions %j, whose folders contain the keys of runs', (name, partitions) => {
    const [table] = tables.filter((one) => one.Name === name);
    expect(table?.PartitionKeys.map((key) => key.Name)).toEqual(partitions);
    const { Parameters = {}, StorageDescriptor } = table ?? {};
    for (const partition of partitions) {
      expect(Parameters).toHaveProperty([`projection.${partition}.type`]);
    }
    expect(Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.day.type': 'date',
      'projection.day.range': 'NOW-30DAYS,NOW',
    });
    const run = { environment: 'prod-eu', database: 'metrics', time: 0, attempt: 0 };
    const key = recordKey(run, 'telemetry');
    expect(parseRecordKey(key, 'telemetry')).toEqual(run);
    const folder = (Parameters['storage.location.template'] ?? '')
      .replace(`\${day}`, '1970-01-01')
      .replace(`\${database}`, 'metrics');
    expect(`s3://company/${key}`.startsWith(folder)).toBe(true);
    expect(folder).toMatch(/\/$/);
    expect(folder).not.toContain('$');
    expect(folder.startsWith(StorageDescriptor?.Location ?? '?')).toBe(true);
  });

  test('read a database only by its name, so that 10,000 databases need no list of names', () => {
    const [, ofDatabase] = tables;
    expect(ofDatabase?.Parameters['projection.database.type']).toBe('injected');
  });

  test('are queried in a workgroup, whose results are stored beside the runs', () => {
    const workGroup = onlyOne(synthesis, 'AWS::Athena::WorkGroup');
    expect(workGroup.Properties).toMatchObject({
      Name: 'timescaledb-telemetry-prod-eu',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        ResultConfiguration: {
          OutputLocation: 's3://company/telemetry/query-results/',
          ExpectedBucketOwner: '123456789012',
        },
      },
    });
    const queries = synthesis.resources('AWS::Athena::NamedQuery');
    expect(
      breaking(queries, (query) => property(query, 'WorkGroup') === property(workGroup, 'Name')),
    ).toEqual([]);
  });
});
