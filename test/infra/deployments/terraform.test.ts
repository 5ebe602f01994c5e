import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { archiveFiles } from '../../../infra/archives/write-archives.ts';
import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { functionName, PURPOSES } from '../../../lib/naming.ts';
import { comparableResources } from '../../support/aws/compare/compare-resources.ts';
import { synthesise } from '../../support/aws/synthesis.ts';
import { templateProblems } from '../../support/aws/template-drafts.ts';
import {
  type Plan,
  parseModule,
  planModule,
  type TerraformModule,
} from '../../support/terraform/plan.ts';
import { blockProblems, PROVIDER } from '../../support/terraform/provider.ts';
import { toTemplate } from '../../support/terraform/to-cloudformation.ts';
import type { ObjectValue } from '../../support/terraform/values.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'terraform');
const ARCHIVES = join(inject('folder'), 'archives-of-terraform');
const PLACE = { account: '123456789012', region: 'eu-central-1', environment: 'prod' };
const DATA = {
  aws_caller_identity: { current: { account_id: PLACE.account } },
  aws_partition: { current: { partition: 'aws', dns_suffix: 'amazonaws.com' } },
  aws_region: { current: { region: PLACE.region } },
};

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${PLACE.region}:${PLACE.account}:${resource}`;
}

const SECRET = arn('secretsmanager', 'secret:prod/metrics-AbCdEf');
const ADMINISTRATOR = arn('secretsmanager', 'secret:prod/administrator-AbCdEf');
const KEY = arn('kms', 'key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
const OTHER_KEY = arn('kms', 'key/1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
const TOPIC = arn('sns', 'alarms');

let example: TerraformModule;

beforeAll(async () => {
  mkdirSync(ARCHIVES);
  const bundles = join(inject('bundles')['send-report'].file, '..', '..');
  for (const [name, content] of await archiveFiles(bundles)) {
    writeFileSync(join(ARCHIVES, name), content);
  }
  example = await parseModule(EXAMPLE);
});

function planWith(changes: ObjectValue = {}): Plan {
  const required = {
    archives: ARCHIVES,
    environment: 'prod',
    database: 'metrics',
    secret_arn: SECRET,
  };
  return planModule(example, { ...required, ...changes }, DATA);
}

/** Inputs of the example, and the same settings of an environment for CDK. */
interface Case {
  readonly title: string;
  readonly inputs: ObjectValue;
  readonly database?: Partial<DatabaseSettings>;
  readonly environment?: Partial<EnvironmentSettings>;
}

const NETWORK = { subnets: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'] };

const CASES: readonly Case[] = [
  { title: 'only the required inputs', inputs: {} },
  {
    title: 'every input',
    inputs: {
      secret_key_arn: KEY,
      configure: { secret_arn: ADMINISTRATOR, secret_key_arn: OTHER_KEY },
      target: {
        host: 'database.example.com',
        port: 6_543,
        database: 'metrics',
        levelWhenUnset: 'basic',
        sizes: 'estimated',
        tls: { mode: 'verify-ca', serverName: 'database.internal' },
      },
      delivery: { endpoint: 'https://collector.example.com/' },
      proxy: 'http://proxy.example.com:3128',
      do_not_track: true,
      tick_hours: 6,
      network: {
        vpc_id: 'vpc-0a1b2c3d',
        subnet_ids: NETWORK.subnets,
        database_ports: [5_432, 6_432],
      },
      record: { bucket: 'company-telemetry', prefix: 'telemetry/prod', key_arn: KEY },
      alarm_topic_arn: TOPIC,
      permissions_boundary: 'company-boundary',
      log_retention_days: 30,
      log_level: 'DEBUG',
    },
    database: {
      kmsKey: KEY,
      configure: { secret: ADMINISTRATOR, kmsKey: OTHER_KEY },
      host: 'database.example.com',
      port: 6_543,
      database: 'metrics',
      levelWhenUnset: 'basic',
      sizes: 'estimated',
      tls: { mode: 'verify-ca', serverName: 'database.internal' },
      doNotTrack: true,
      tickHours: 6,
      network: 'main',
    },
    environment: {
      delivery: {
        endpoint: 'https://collector.example.com/',
        proxy: 'http://proxy.example.com:3128',
      },
      networks: { main: { ...NETWORK, vpc: 'vpc-0a1b2c3d', databasePorts: [5_432, 6_432] } },
      record: { bucket: 'company-telemetry', prefix: 'telemetry/prod', kmsKey: KEY },
      fleet: false,
      alarmTopic: TOPIC,
      permissionsBoundary: 'company-boundary',
      logRetentionDays: 30,
      logLevel: 'DEBUG',
    },
  },
  {
    title: 'security groups of yours, a record without folder and key, and nothing sent',
    inputs: {
      delivery: { latestVersion: '2.30.1', versionCheckWhenOff: true },
      network: { security_group_ids: ['sg-0a1b2c3d'], subnet_ids: NETWORK.subnets },
      record: { bucket: 'company-telemetry' },
      permissions_boundary: null,
      tick_hours: 1,
    },
    database: { network: 'main', tickHours: 1 },
    environment: {
      delivery: { latestVersion: '2.30.1', versionCheckWhenOff: true },
      networks: { main: { ...NETWORK, securityGroups: ['sg-0a1b2c3d'] } },
      record: { bucket: 'company-telemetry' },
      fleet: false,
      permissionsBoundary: null,
    },
  },
];

/** Resources of an environment that the example does not deploy. It has no worker, and `egress` of its network cannot change. */
const WITHOUT = /^AWS::SSM::Parameter |fleet-report|database-worker| that leave main: /;
const REFERS_TO_LEFT_OUT = /^GroupId of .* that leave main: /;

/** Leaves the second security group of a network out of the functions' configurations. */
function withoutSecondGroup(_key: string, value: unknown): unknown {
  return Array.isArray(value)
    ? value.filter((one) => !REFERS_TO_LEFT_OUT.test(String(one)))
    : value;
}

describe.each(CASES)('with $title', ({ inputs, database, environment }) => {
  test('the example creates what CDK creates', () => {
    const { account, region } = PLACE;
    const settings: EnvironmentSettings = {
      account,
      region,
      record: false,
      databases: [{ name: 'metrics', secret: SECRET, ...database }],
      ...environment,
    };
    const { templates } = synthesise(checkEnvironment('prod', settings, Date.now()));
    const expected = comparableResources(Object.values(templates), account);
    // An environment has the log group of configure in any case.
    const isLeftOut = (name: string) =>
      WITHOUT.test(name) || (database?.configure === undefined && name.endsWith('/configure'));
    const compared = Object.entries(expected)
      .filter(([name]) => !isLeftOut(name))
      .map(([name, one]) => [name, JSON.parse(JSON.stringify(one), withoutSecondGroup)]);
    const created = comparableResources([toTemplate(planWith(inputs).resources)], account);
    expect(created).toStrictEqual(Object.fromEntries(compared));
  });

  test('the provider knows each argument, and each has its type', () => {
    const { resources } = planWith(inputs);
    const problems = resources.flatMap(({ address, type, arguments: given }) =>
      blockProblems(address, given, PROVIDER.resources[type] ?? {}),
    );
    expect(problems).toEqual([]);
  });

  test('the resources match the schemas of CloudFormation and the limits of the services', () => {
    expect(templateProblems(toTemplate(planWith(inputs).resources))).toEqual([]);
  });

  test('every resource that can have tags has those of the environment', () => {
    const taggable = planWith(inputs).resources.filter(
      ({ type }) => PROVIDER.resources[type]?.['tags'] !== undefined,
    );
    const tags = { environment: 'prod', project: 'timescaledb-telemetry' };
    expect(taggable.length).toBeGreaterThan(10);
    expect(
      taggable.filter(({ arguments: given }) => !isDeepStrictEqual(given['tags'], tags)),
    ).toEqual([]);
  });
});

test('the code of each function is its archive, with the checksum of the archive', () => {
  const sums = readFileSync(join(ARCHIVES, 'SHA256SUMS'), 'utf8');
  const functions = planWith({ configure: { secret_arn: ADMINISTRATOR } }).resources.filter(
    ({ type }) => type === 'aws_lambda_function',
  );
  expect(functions).toHaveLength(PURPOSES.length);
  for (const { arguments: given } of functions) {
    const hash = Buffer.from(String(given['source_code_hash']), 'base64').toString('hex');
    expect(sums).toContain(`${hash}  ${basename(String(given['filename']))}\n`);
  }
});

test('the outputs are the names of the functions and the id of the created security group', () => {
  const network = { vpc_id: 'vpc-0a1b2c3d', subnet_ids: NETWORK.subnets };
  expect(planWith({ network }).outputs).toEqual({
    functions: {
      'get-report': functionName('prod', 'metrics', 'get-report'),
      'send-report': functionName('prod', 'metrics', 'send-report'),
    },
    security_group_id: `\${aws_security_group.functions[0].id}`,
  });
  expect(planWith().outputs).toMatchObject({ security_group_id: null });
});

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
  ['a prefix with a slash', { record: { bucket: 'b', prefix: 'a/' } }, 'slash'],
  ['an unknown log level', { log_level: 'TRACE' }, 'INFO or DEBUG'],
])('the example rejects %s', (_, inputs, message) => {
  expect(() => planWith(inputs)).toThrow(message);
});

test('every variable and every output has a description, and only four variables are required', () => {
  const { variables, outputs } = example;
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
