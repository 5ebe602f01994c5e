import { describe, expect, test } from 'vitest';
import { ADMINISTRATOR, arn, loadExample, SECRET } from '../../support/terraform/example.ts';
import { blockProblems, PROVIDER } from '../../support/terraform/provider.ts';
import type { ObjectValue } from '../../support/terraform/values.ts';

const { module, plan } = await loadExample();

test.each<[title: string, inputs: ObjectValue, message: string]>([
  ['a folder without archives', { archives: '/nowhere' }, 'must contain SHA256SUMS'],
  ['an environment with capitals', { environment: 'Prod' }, 'lower-case letters'],
  ['an environment that ends like a stack', { environment: 'prod-2' }, 'hyphen and a number'],
  ['a database with a slash', { database: 'a/b' }, 'Use 1 to 63 letters'],
  ['a partial ARN of a secret', { secret_arn: arn('secretsmanager', 'secret:a') }, 'complete ARN'],
  ['the value of a secret', { secret_arn: 'postgres://role@host/db' }, 'Never write the value'],
  ['an alias of a key', { secret_key_arn: 'alias/key' }, 'no alias'],
  [
    "the reporting role's secret for configure",
    { configure: { secret_arn: SECRET } },
    'of its own',
  ],
  ['an unknown level', { target: { levelWhenUnset: 'full' } }, 'off, no_functions or basic'],
  [
    'a connection without TLS',
    { target: { tls: { mode: 'disable' } } },
    'verify-full or verify-ca',
  ],
  ['plain HTTP', { delivery: { endpoint: 'http://example.com' } }, 'https:// URL'],
  [
    'an endpoint where nothing is sent',
    { delivery: { endpoint: 'https://e.com', latestVersion: '2.30.1' } },
    'sends nothing',
  ],
  ['a proxy with credentials', { proxy: 'http://me:secret@proxy:3128' }, 'without credentials'],
  ['an interval that is no part of a day', { tick_hours: 5 }, 'Use 1, 2, 3, 4'],
  [
    'a network without security group',
    { network: { subnet_ids: ['subnet-0a1b2c3d'] } },
    'either vpc_id',
  ],
  [
    'an unknown egress',
    { network: { vpc_id: 'vpc-0a1b2c3d', subnet_ids: ['subnet-0a1b2c3d'], egress: 'proxy' } },
    'egress vpc or none',
  ],
  [
    'a wildcard in the ARN of a secret',
    { secret_arn: arn('secretsmanager', 'secret:*-AbCdEf') },
    'complete ARN',
  ],
  [
    "a wildcard in the ARN of an administrator's secret",
    { configure: { secret_arn: arn('secretsmanager', 'secret:*-AbCdEf') } },
    'complete ARN of an administrator',
  ],
  [
    "an alias of the key of an administrator's secret",
    { configure: { secret_arn: ADMINISTRATOR, secret_key_arn: 'alias/key' } },
    'no alias',
  ],
  ['a bucket with a wildcard', { record: { bucket: 'company-*' } }, 'name of a bucket'],
  ['a bucket with a folder', { record: { bucket: 'company/prod' } }, 'name of a bucket'],
  ['a prefix with a slash', { record: { bucket: 'company', prefix: 'a/' } }, 'slash'],
  ['a prefix with a wildcard', { record: { bucket: 'company', prefix: 'a*' } }, 'letters'],
  ['a prefix with an empty folder', { record: { bucket: 'company', prefix: 'a//b' } }, 'folder'],
  ['a prefix of dots', { record: { bucket: 'company', prefix: '../b' } }, 'folder'],
  [
    'an alias of the key of a bucket',
    { record: { bucket: 'company', key_arn: 'alias/key' } },
    'no alias',
  ],
  ['an unknown log level', { log_level: 'TRACE' }, 'INFO or DEBUG'],
])('the example rejects %s', (_, inputs, message) => {
  expect(() => plan(inputs)).toThrow(message);
});

test('every variable and every output has a description, and only four variables are required', () => {
  const { variables, outputs } = module;
  const blocks = [...Object.values(variables), ...Object.values(outputs)].map(([one]) => one);
  expect(blocks.filter(({ description }) => description === undefined)).toEqual([]);
  const required = Object.entries(variables).filter(([, [one]]) => one.default === undefined);
  expect(required.map(([name]) => name).toSorted()).toEqual([
    'archives',
    'database',
    'environment',
    'secret_arn',
  ]);
});

describe('the check of arguments', () => {
  const known = PROVIDER.resources['aws_scheduler_schedule'] ?? {};
  const target = { arn: 'a', role_arn: 'r' };
  const valid = { schedule_expression: 'cron(…)', target: [target] };

  test.each<[title: string, given: ObjectValue, problems: readonly string[]]>([
    ['accepts a valid resource', valid, []],
    ['finds an unknown argument', { ...valid, memory: 1 }, ['a has no argument memory']],
    ['finds another type', { ...valid, name: 1 }, ['a.name must be of the type string']],
    ['finds a missing argument', { target: [target] }, ['a.schedule_expression is required']],
    [
      'finds problems in blocks',
      { ...valid, target: [{ arn: 'a' }] },
      ['a.target.role_arn is required'],
    ],
    [
      'finds an argument in place of a block',
      { ...valid, target: 'a' },
      ['a.target is a block, not an argument'],
    ],
  ])('%s', (_, given, problems) => {
    expect(blockProblems('a', given, known)).toEqual(problems);
  });
});
