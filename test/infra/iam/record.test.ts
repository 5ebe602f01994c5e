import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { recordKey } from '../../../lib/record/record-key.ts';
import { type DeployedFunction, rolesOf } from '../../support/aws/deployed-roles.ts';
import { allowedOf, aPerson, isAllowed } from '../../support/aws/policies.ts';
import {
  at,
  fleet,
  KEY,
  KEY_ID,
  OTHER_ACCOUNT,
  prod,
  senders,
} from '../../support/aws/role-fixtures.ts';
import {
  ACCOUNT,
  checked,
  REGION,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

/** 2026-11-28, 04:05 UTC. */
const TICK = Date.UTC(2026, 10, 28, 4, 5);

interface Bucket {
  readonly bucket: string;
  readonly prefix?: string;
}

/** Returns the bucket that a function writes to, from its own variables. */
function bucketOf({ variables }: DeployedFunction): Bucket {
  return JSON.parse(variables['RECORD'] ?? '{}');
}

function keyOf(environment: string, database: string, prefix?: string): string {
  return recordKey({ environment, database, time: TICK, attempt: 0 }, prefix);
}

/** Returns the request that creates an object, and never replaces one. */
function creating(account: string) {
  return {
    action: 's3:PutObject',
    context: { 's3:if-none-match': '*', 'aws:ResourceAccount': account },
  };
}

describe.each(senders)('$title', (sender) => {
  const { role, database, variables } = sender;
  const { target } = parseSettings(variables);
  const { bucket } = bucketOf(sender);
  const own = `arn:aws:s3:::${bucket}/${keyOf(target.environment, database)}`;

  test('may create the objects of its own runs', async () => {
    expect(await isAllowed(role, { ...creating(role.account), resource: own })).toBe(true);
  });

  test.each(['s3:GetObject', 's3:DeleteObject', 's3:PutObjectAcl', 's3:PutObjectTagging'])(
    'may not use %s on its own objects',
    async (action) => {
      expect(await isAllowed(role, { action, resource: own })).toBe(false);
    },
  );

  test('may not replace its own objects', async () => {
    const context = { 'aws:ResourceAccount': role.account };
    const request = { action: 's3:PutObject', resource: own, context };
    expect(await isAllowed(role, request)).toBe(false);
  });

  test('may not list the bucket', async () => {
    const resource = `arn:aws:s3:::${bucket}`;
    expect(await isAllowed(role, { action: 's3:ListBucket', resource })).toBe(false);
  });

  test('may not write to a bucket of that name in another account', async () => {
    expect(await isAllowed(role, { ...creating(OTHER_ACCOUNT), resource: own })).toBe(false);
  });
});

describe('a function may create objects only under the prefix of its database:', () => {
  const { role, title } = fleet.of('metrics', 'send-report');
  const { bucket } = bucketOf(fleet.of('metrics', 'send-report'));
  const own = keyOf('test', 'metrics');

  test.each([
    ['a database whose name begins alike', keyOf('test', 'metrics-archive')],
    ['a database whose name ends alike', keyOf('test', 'old-metrics')],
    ['a database whose name is a part of it', keyOf('test', 'metric')],
    ['a database with another case', keyOf('test', 'Metrics')],
    ['another environment', keyOf('prod', 'metrics')],
    ['an environment whose name begins alike', keyOf('test-2', 'metrics')],
    [
      'another database, with its own name in a folder',
      `${keyOf('test', 'orders')}/database=metrics/x`,
    ],
    [
      'another database in the place of a date',
      'runs/environment=test/date=2026-11-28/database=orders/date=2026-11-28/database=metrics/x',
    ],
    ['a date with slashes', `runs/environment=test/date=2026-11-28/x/database=metrics/x`],
    ['a longer date', own.replace('date=2026', 'date=12026')],
    ['a shorter date', own.replace('-28/', '-2/')],
    ['another folder', `other/${own}`],
    ['no folder of runs', own.replace('runs/', '')],
    ['a file beside the folder', own.replace('database=metrics/', 'database=metrics')],
    ['the results of queries', 'query-results/x.csv'],
  ])('not those of %s', async (_what, key) => {
    const resources = [key, own].map((one) => `arn:aws:s3:::${bucket}/${one}`);
    expect(await allowedOf(role, resources, creating(ACCOUNT)), title).toEqual([resources[1]]);
  });

  test('of all keys of all databases, each function may create its own', async () => {
    const all = fleet.functions.filter(({ purpose }) => purpose === 'send-report');
    const arns = all.map(({ database }) => `arn:aws:s3:::${bucket}/${keyOf('test', database)}`);
    for (const [index, sender] of all.entries()) {
      expect(await allowedOf(sender.role, arns, creating(ACCOUNT))).toEqual([arns[index]]);
    }
  });

  test('not in other buckets', async () => {
    const buckets = [bucket, `${bucket}-2`, bucketOf(prod.of('orders', 'send-report')).bucket];
    const resources = buckets.map((name) => `arn:aws:s3:::${name}/${own}`);
    expect(await allowedOf(role, resources, creating(ACCOUNT))).toEqual([resources[0]]);
  });
});

test.each(
  [...fleet.functions, ...prod.functions].filter(({ purpose }) => purpose !== 'send-report'),
)(
  '$title does not know the bucket, and may create nothing in it',
  async ({ role, database, target, variables }) => {
    const { bucket } = bucketOf(fleet.of('metrics', 'send-report'));
    const resource = `arn:aws:s3:::${bucket}/${keyOf(target.environment, database)}`;
    expect(variables).not.toHaveProperty('RECORD');
    expect(await isAllowed(role, { ...creating(role.account), resource })).toBe(false);
  },
);

describe('with a bucket, a prefix and a key of the operator, send-report', () => {
  const record = { bucket: 'company.telemetry', prefix: 'telemetry/prod', kmsKey: KEY_ID };
  const roles = rolesOf(synthesise(checked({ record })));
  const { role } = roles.of('metrics', 'send-report');
  const own = `arn:aws:s3:::company.telemetry/${keyOf('test', 'metrics', 'telemetry/prod')}`;
  const encrypting = (object: string, via = `s3.${REGION}.amazonaws.com`) => ({
    action: 'kms:GenerateDataKey',
    resource: KEY,
    context: { 'kms:ViaService': via, 'kms:EncryptionContext:aws:s3:arn': object },
  });

  test('gets the bucket and the prefix', () => {
    expect(bucketOf(roles.of('metrics', 'send-report'))).toEqual({
      bucket: 'company.telemetry',
      prefix: 'telemetry/prod',
    });
  });

  test('may create objects only under that prefix', async () => {
    const resources = [
      own,
      `arn:aws:s3:::company.telemetry/${keyOf('test', 'metrics')}`,
      `arn:aws:s3:::company.telemetry/${keyOf('test', 'metrics', 'telemetry')}`,
    ];
    expect(await allowedOf(role, resources, creating(ACCOUNT))).toEqual([own]);
  });

  test.each(['arn:aws:s3:::company.telemetry', own])('may encrypt for %s', async (object) => {
    expect(await isAllowed(role, encrypting(object))).toBe(true);
  });

  test.each([
    ['for another bucket', encrypting('arn:aws:s3:::payroll')],
    ['through Secrets Manager', encrypting(own, `secretsmanager.${REGION}.amazonaws.com`)],
    ['with another key', { ...encrypting(own), resource: at('kms', 'key/1') }],
    ['and not decrypt', { ...encrypting(own), action: 'kms:Decrypt' }],
  ])('may not encrypt %s', async (_what, request) => {
    expect(await isAllowed(role, request)).toBe(false);
  });

  test('may use no key without kmsKey', async () => {
    const { role: other } = rolesOf(synthesise(checked({ record: { bucket: 'company' } }))).of(
      'metrics',
      'send-report',
    );
    expect(await isAllowed(other, encrypting('arn:aws:s3:::company'))).toBe(false);
  });
});

test('with record: false, send-report may create nothing and has no variable RECORD', () => {
  const { role, variables } = rolesOf(synthesise(checked({ record: false }))).of(
    'metrics',
    'send-report',
  );
  expect(role.statements.flatMap(({ Action }) => Action).join()).not.toContain('s3:');
  expect(variables).not.toHaveProperty('RECORD');
});

describe('the policy of the bucket', async () => {
  const { resources } = await synthesiseFixture('prod');
  const [[, policy] = []] = resources('AWS::S3::BucketPolicy');
  const resourcePolicy = Object(policy?.Properties['PolicyDocument']);
  const bucket = String(policy?.Properties['Bucket']);
  const account = '333333333333';
  const administrator = aPerson('administrator', account, {
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    ...{ Version: '2012-10-17' },
  });
  const SECURE = { 'aws:SecureTransport': 'true' };
  const ask = (action: string, key: string, context: Readonly<Record<string, string>>) =>
    isAllowed(administrator, {
      action,
      resource: `arn:aws:s3:::${bucket}/${key}`,
      resourcePolicy,
      context,
    });
  const run = keyOf('prod', 'metrics');

  test('denies requests in plain text, also those of an administrator', async () => {
    expect(await ask('s3:GetObject', run, SECURE)).toBe(true);
    expect(await ask('s3:GetObject', run, { 'aws:SecureTransport': 'false' })).toBe(false);
    const list = { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, resourcePolicy };
    const may = (isSecure: string) =>
      isAllowed(administrator, { ...list, context: { 'aws:SecureTransport': isSecure } });
    expect(await may('true')).toBe(true);
    expect(await may('false')).toBe(false);
  });

  test('denies replacing a run, also to an administrator', async () => {
    expect(await ask('s3:PutObject', run, SECURE)).toBe(false);
    expect(await ask('s3:PutObject', run, { ...SECURE, 's3:if-none-match': '*' })).toBe(true);
    expect(await ask('s3:PutObject', 'query-results/x.csv', SECURE)).toBe(true);
  });

  test('only denies, and allows nothing', () => {
    const effects = resourcePolicy.Statement.map(({ Effect }: { Effect: string }) => Effect);
    expect(new Set(effects)).toEqual(new Set(['Deny']));
  });
});
