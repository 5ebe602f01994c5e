import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, inject, test } from 'vitest';
import { createRole } from '../../../infra/constructs/role.ts';
import { type Grant, trustOf } from '../../../infra/iam/policies.ts';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { functionName, PURPOSES, type Purpose } from '../../../lib/naming.ts';
import { retryPrefix, retrySchedule } from '../../../lib/schedule/plan-retry.ts';
import { type DeployedFunction, type Roles, rolesOf } from '../../support/aws/deployed-roles.ts';
import { allowedOf, canAssume, isAllowed, type Role } from '../../support/aws/policies.ts';
import { ALL_ACTIONS, reachOf } from '../../support/aws/reach.ts';
import {
  ACCOUNT,
  aDatabase,
  checked,
  REGION,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const OTHER_ACCOUNT = '210987654321';
const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const ADMINISTRATOR_KEY_ID = '1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

function at(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

const KEY = at('kms', `key/${KEY_ID}`);
const ADMINISTRATOR_KEY = at('kms', `key/${ADMINISTRATOR_KEY_ID}`);
const FOREIGN_KEY = `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/${KEY_ID}`;
const FOREIGN_SECRET = `arn:aws:secretsmanager:${REGION}:${OTHER_ACCOUNT}:secret:fleet/abroad-Qw3rTy`;

/** The ARN of a secret of that name, with the six characters that Secrets Manager has added. */
function secretArn(name: string): string {
  return at('secretsmanager', `secret:${name}-Qw3rTy`);
}

/** Names of databases and of secrets are the beginnings of others', and two databases share a key. */
const FLEET = synthesise(
  checked({
    stacks: 2,
    networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
    databases: [
      aDatabase('metrics', { secret: 'fleet/metrics' }),
      aDatabase('metrics-archive', { secret: 'fleet/metrics-archive', network: 'main' }),
      aDatabase('orders', {
        secret: at('secretsmanager', 'secret:fleet/orders-AbCdEf'),
        kmsKey: KEY_ID,
        network: 'main',
        configure: { secret: 'fleet/orders/administrator', kmsKey: ADMINISTRATOR_KEY_ID },
      }),
      aDatabase('ledger', { secret: at('secretsmanager', 'secret:fleet/ledger') }),
      aDatabase('vault', { secret: 'fleet/vault', kmsKey: KEY, network: 'main' }),
      aDatabase('abroad', { secret: FOREIGN_SECRET, kmsKey: FOREIGN_KEY }),
      aDatabase('events', {
        secret: 'fleet/events',
        configure: { secret: 'fleet/events/administrator' },
      }),
    ],
  }),
);
const PROD = await synthesiseFixture('prod');
const ENVIRONMENTS: readonly Synthesis[] = [FLEET, PROD];

const fleet = rolesOf(FLEET);
const prod = rolesOf(PROD);
const deployments: readonly Roles[] = [fleet, prod];
const functions = deployments.flatMap((roles) => roles.functions);
const roles = deployments.flatMap(({ all }) => all);

const metrics = fleet.of('metrics', 'send-report');
const archive = fleet.of('metrics-archive', 'send-report');
const orders = fleet.of('orders', 'send-report');

describe('the templates have no permissions but those that are judged here', () => {
  test.each(ENVIRONMENTS)('$environment.place.environment: every role is judged', (synthesis) => {
    const judged = rolesOf(synthesis).all.length;
    const used = rolesOf(synthesis).functions.length + synthesis.environment.stacks;
    expect(synthesis.resources('AWS::IAM::Role')).toHaveLength(judged);
    expect(judged).toBe(used);
  });

  test.each(ENVIRONMENTS)(
    '$environment.place.environment: a role has its inline policy and no other',
    (synthesis) => {
      const types = synthesis.resources().map(([, { Type }]) => Type);
      const permitting = types.filter((type) => /^AWS::IAM::|Permission$|Policy$/.test(type));
      expect(new Set(permitting)).toEqual(new Set(['AWS::IAM::Role', 'AWS::SQS::QueuePolicy']));
      for (const [, { Properties }] of synthesis.resources('AWS::IAM::Role')) {
        expect(Properties).not.toHaveProperty('ManagedPolicyArns');
      }
    },
  );
});

const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];
const KEYED = new Map<string, readonly string[]>([
  ['orders', PURPOSES],
  ['vault', PURPOSES],
  ['abroad', PURPOSES],
]);

/** All that a function may do to anything. */
function reachExpected({ database, purpose, inNetwork }: DeployedFunction): readonly string[] {
  return [
    ...LOG_ACTIONS,
    'secretsmanager:GetSecretValue',
    ...(KEYED.has(database) ? ['kms:Decrypt'] : []),
    ...(inNetwork ? NETWORK_ACTIONS : []),
    ...(purpose === 'get-report' ? [] : ['sqs:SendMessage']),
    ...(purpose === 'send-report' ? ['iam:PassRole', 'scheduler:CreateSchedule'] : []),
  ].toSorted();
}

/** The actions that are written in a policy to be allowed. */
function writtenOf({ statements }: Role): readonly string[] {
  const allows = statements.filter(({ Effect }) => Effect === 'Allow');
  return [...new Set(allows.flatMap(({ Action }) => Action))].toSorted();
}

describe('of all actions of AWS a role is allowed those that it needs, whatever the resource and the condition', () => {
  test('there are many to be denied', () => {
    expect(ALL_ACTIONS.length).toBeGreaterThan(20_000);
    expect(ALL_ACTIONS).toEqual(
      expect.arrayContaining(['iam:PassRole', 'lambda:InvokeFunction', ...NETWORK_ACTIONS]),
    );
  });

  test.each(functions)('$title', (one) => {
    expect(reachOf(one.role)).toEqual(reachExpected(one));
  });

  test.each(deployments.flatMap(({ schedulers }) => [...schedulers.values()]))(
    '$title: it invokes and reports what it could not deliver',
    (role) => {
      const isEmpty = role === prod.schedulers.get('timescaledb-telemetry-prod-4');
      expect(reachOf(role)).toEqual(
        isEmpty ? ['sqs:SendMessage'] : ['lambda:InvokeFunction', 'sqs:SendMessage'],
      );
    },
  );

  test.each(roles)('$title: each is written out, by its name', (role) => {
    expect(writtenOf(role)).toEqual(reachOf(role));
  });
});

const fleetReach = fleet.functions.map(({ title, role }) => ({ title, reach: reachOf(role) }));

test.each([
  ['invoke a function, or it could send or configure for others', /^lambda:/],
  ['change or list a secret', /^secretsmanager:(?!GetSecretValue$)/],
  ['encrypt with a key, or give it away', /^kms:(?!Decrypt$)/],
  ['change, remove or look at a schedule, its own neither', /^scheduler:(?!CreateSchedule$)/],
  ['touch IAM, but for handing over the scheduler’s role', /^iam:(?!PassRole$)/],
  ['take on another role', /^sts:/],
  ['delete, read or open up logs', /^logs:(?!CreateLogStream$|PutLogEvents$)/],
  ['read or remove what is in a queue', /^sqs:(?!SendMessage$)/],
  ['write metrics but through its logs', /^cloudwatch:/],
  ['reach a bucket, where code could be laid', /^s3:/],
  ['read or write a parameter', /^ssm:/],
  ['reach a table', /^dynamodb:/],
  ['reach the database but by its own login', /^rds/],
  ['tell anybody anything', /^(sns|ses|events|firehose|kinesis):/],
])('no function may %s', (_, forbidden) => {
  expect(ALL_ACTIONS.some((action) => forbidden.test(action))).toBe(true);
  for (const { title, reach } of fleetReach) {
    expect(
      reach.filter((action) => forbidden.test(action)),
      title,
    ).toEqual([]);
  }
});

/** Those that are there, and those that come close. */
const SECRETS = [
  ...[
    'fleet/metrics',
    'fleet/metrics-archive',
    'fleet/metrics-abcdef',
    'fleet/metrics/telemetry',
    'fleet/metrics2',
    'fleet/metric',
    'metrics',
    'fleet/orders',
    'fleet/orders/administrator',
    'fleet/ledger',
    'fleet/ledger-old',
    'fleet/ledger-master',
    'fleet/vault',
    'fleet/vault-of-others',
    'fleet/abroad',
    'fleet/events',
    'fleet/events/administrator',
  ].map(secretArn),
  at('secretsmanager', 'secret:fleet/orders-AbCdEf'),
  FOREIGN_SECRET,
];
const PROD_SECRETS = [
  'metrics/telemetry-Qw3rTy',
  'metrics/telemetry-old-Qw3rTy',
  'metrics-archive/telemetry-Qw3rTy',
  'orders/telemetry-Qw3rTy',
  'orders/telemetry-AbCdEf',
  'orders/administrator-Qw3rTy',
  'warehouse/telemetry-Qw3rTy',
  'vendor/telemetry-Qw3rTy',
].map(inProd);

function inProd(name: string): string {
  return `arn:aws:secretsmanager:${REGION}:333333333333:secret:prod/${name}`;
}

const READ = { action: 'secretsmanager:GetSecretValue' };

/** The secret that a function is told to read, as AWS names it. */
function secretOf({ target: { secretId }, role }: DeployedFunction): string {
  const named = secretId.startsWith('arn:') ? secretId : secretArn(secretId);
  const complete = /-\w{6}$/.test(named) ? named : `${named}-Qw3rTy`;
  return complete.replace(ACCOUNT, role.account);
}

describe('a function reads its own secret and no other', () => {
  test.each<readonly [string, Purpose, string, string]>([
    ['metrics', 'send-report', secretArn('fleet/metrics'), 'given by name'],
    ['metrics', 'get-report', secretArn('fleet/metrics'), 'given by name'],
    ['metrics-archive', 'send-report', secretArn('fleet/metrics-archive'), 'given by name'],
    [
      'orders',
      'send-report',
      at('secretsmanager', 'secret:fleet/orders-AbCdEf'),
      'given by its full ARN',
    ],
    [
      'orders',
      'get-report',
      at('secretsmanager', 'secret:fleet/orders-AbCdEf'),
      'given by its full ARN',
    ],
    ['orders', 'configure', secretArn('fleet/orders/administrator'), 'the administrator’s'],
    [
      'ledger',
      'send-report',
      secretArn('fleet/ledger'),
      'given by its ARN without the six characters',
    ],
    ['vault', 'send-report', secretArn('fleet/vault'), 'given by name, with a key'],
    ['abroad', 'send-report', FOREIGN_SECRET, 'in another account'],
    ['events', 'send-report', secretArn('fleet/events'), 'given by name'],
    ['events', 'configure', secretArn('fleet/events/administrator'), 'the administrator’s'],
  ])('%s, %s: %s alone, %s', async (database, purpose, own, _) => {
    const { role } = fleet.of(database, purpose);
    expect(await allowedOf(role, SECRETS, READ)).toEqual([own]);
  });

  test.each([
    ['metrics', 'send-report', inProd('metrics/telemetry-Qw3rTy')],
    ['metrics-archive', 'send-report', inProd('metrics-archive/telemetry-Qw3rTy')],
    ['orders', 'send-report', inProd('orders/telemetry-AbCdEf')],
    ['orders', 'get-report', inProd('orders/telemetry-AbCdEf')],
    ['orders', 'configure', inProd('orders/administrator-Qw3rTy')],
    ['warehouse', 'send-report', inProd('warehouse/telemetry-Qw3rTy')],
    ['vendor', 'get-report', inProd('vendor/telemetry-Qw3rTy')],
  ] as const)('production: %s, %s: %s alone', async (database, purpose, own) => {
    expect(await allowedOf(prod.of(database, purpose).role, PROD_SECRETS, READ)).toEqual([own]);
  });

  test.each([
    ['another database’s', metrics, secretArn('fleet/vault')],
    ['one whose name begins with its own', metrics, secretArn('fleet/metrics-archive')],
    ['one whose name is its own and six more', metrics, secretArn('fleet/metrics-abcdef')],
    ['one in a folder of its own’s name', metrics, secretArn('fleet/metrics/telemetry')],
    ['one whose name its own begins with', archive, secretArn('fleet/metrics')],
    ['one made anew under the name of a full ARN', orders, secretArn('fleet/orders')],
    ['the administrator’s of its database', orders, secretArn('fleet/orders/administrator')],
    [
      'one of the same name in another region',
      metrics,
      `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:fleet/metrics-Qw3rTy`,
    ],
    [
      'one of the same name in another account, though that would allow it',
      metrics,
      `arn:aws:secretsmanager:${REGION}:${OTHER_ACCOUNT}:secret:fleet/metrics-Qw3rTy`,
    ],
  ])('not %s', async (_, { role }, resource) => {
    expect(await isAllowed(role, { ...READ, resource })).toBe(false);
  });

  test.each(fleet.functions.filter(({ purpose }) => purpose === 'configure'))(
    '$title does not read what reports are read with',
    async ({ role, database }) => {
      const { variables } = fleet.of(database, 'send-report');
      const { secretId } = JSON.parse(variables['TARGET'] ?? '');
      const own = secretId.startsWith('arn:') ? secretId : secretArn(secretId);
      expect(await isAllowed(role, { ...READ, resource: own })).toBe(false);
    },
  );

  test.each([
    ['list secrets', 'secretsmanager:ListSecrets', '*'],
    ['read several at once', 'secretsmanager:BatchGetSecretValue', '*'],
    ['put a value in', 'secretsmanager:PutSecretValue', secretArn('fleet/metrics')],
    ['update it', 'secretsmanager:UpdateSecret', secretArn('fleet/metrics')],
    ['delete it', 'secretsmanager:DeleteSecret', secretArn('fleet/metrics')],
    ['rotate it', 'secretsmanager:RotateSecret', secretArn('fleet/metrics')],
    [
      'move a version’s stage',
      'secretsmanager:UpdateSecretVersionStage',
      secretArn('fleet/metrics'),
    ],
    ['let others read it', 'secretsmanager:PutResourcePolicy', secretArn('fleet/metrics')],
    ['describe it', 'secretsmanager:DescribeSecret', secretArn('fleet/metrics')],
  ])('it may not %s, its own neither', async (_, action, resource) => {
    expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
  });
});

const VIA_SECRETS_MANAGER = `secretsmanager.${REGION}.amazonaws.com`;

/** What Secrets Manager says when it has KMS decrypt a secret for somebody. */
function decrypting(secret: string, via = VIA_SECRETS_MANAGER) {
  return {
    action: 'kms:Decrypt',
    context: { 'kms:ViaService': via, 'kms:EncryptionContext:SecretARN': secret },
  };
}

const ORDERS_SECRET = at('secretsmanager', 'secret:fleet/orders-AbCdEf');
const KEYS = [KEY, ADMINISTRATOR_KEY, FOREIGN_KEY];

describe('a function decrypts its own secret with its key and nothing else', () => {
  test.each([
    ['orders', 'send-report', KEY, ORDERS_SECRET],
    ['orders', 'get-report', KEY, ORDERS_SECRET],
    ['orders', 'configure', ADMINISTRATOR_KEY, secretArn('fleet/orders/administrator')],
    ['vault', 'send-report', KEY, secretArn('fleet/vault')],
    ['vault', 'get-report', KEY, secretArn('fleet/vault')],
    ['abroad', 'send-report', FOREIGN_KEY, FOREIGN_SECRET],
  ] as const)('%s, %s: with %s only %s', async (database, purpose, key, own) => {
    const { role } = fleet.of(database, purpose);
    expect(await allowedOf(role, KEYS, decrypting(own))).toEqual([key]);
    const verdicts = SECRETS.map((secret) => allowedOf(role, KEYS, decrypting(secret)));
    const decrypted = (await Promise.all(verdicts)).map((keys) => keys.length > 0);
    expect(SECRETS.filter((_, index) => decrypted[index])).toEqual([own]);
  });

  test.each(fleet.functions.filter(({ database }) => !KEYED.has(database)))(
    '$title has no key, and decrypts nothing',
    async ({ role }) => {
      for (const secret of SECRETS) {
        expect(await allowedOf(role, KEYS, decrypting(secret))).toEqual([]);
      }
    },
  );

  test('production: the key of orders is for the secret of orders', async () => {
    const { role } = prod.of('orders', 'send-report');
    const key = `arn:aws:kms:${REGION}:333333333333:key/${KEY_ID}`;
    const own = inProd('orders/telemetry-AbCdEf');
    expect(await isAllowed(role, { ...decrypting(own), resource: key })).toBe(true);
    const other = inProd('orders/administrator-Qw3rTy');
    expect(await isAllowed(role, { ...decrypting(other), resource: key })).toBe(false);
  });

  const ofOrders = { 'kms:EncryptionContext:SecretARN': ORDERS_SECRET };
  test.each([
    ['by itself, without Secrets Manager', ofOrders],
    ['through S3', decrypting(ORDERS_SECRET, `s3.${REGION}.amazonaws.com`).context],
    [
      'through Secrets Manager of another region',
      decrypting(ORDERS_SECRET, 'secretsmanager.us-east-1.amazonaws.com').context,
    ],
    ['another database’s secret under the same key', decrypting(secretArn('fleet/vault')).context],
    ['a secret that was made anew', decrypting(secretArn('fleet/orders')).context],
    ['what is no secret', { 'kms:ViaService': VIA_SECRETS_MANAGER }],
    ['just so', {}],
  ])('not %s', async (_, context) => {
    const request = { action: 'kms:Decrypt', resource: KEY, context };
    expect(await isAllowed(orders.role, request)).toBe(false);
  });

  test.each([
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:ReEncryptFrom',
    'kms:CreateGrant',
    'kms:DescribeKey',
    'kms:PutKeyPolicy',
    'kms:ScheduleKeyDeletion',
  ])('not %s, since reading needs none of it', async (action) => {
    const context = { 'kms:ViaService': VIA_SECRETS_MANAGER };
    expect(await isAllowed(orders.role, { action, resource: KEY, context })).toBe(false);
  });
});

const TICK = '2026-11-22T04:05:00Z';

/** The retry that a function would schedule, by its own variables. */
function retryOf({ arn, variables }: DeployedFunction) {
  const { target, retry } = parseSettings(variables);
  if (retry === undefined) throw new Error('It has no retries');
  return retrySchedule({ attempt: 1, at: '2026-11-22T05:05:00Z' }, TICK, target, retry, arn);
}

function scheduleArn(group: string, name: string): string {
  return at('scheduler', `schedule/${group}/${name}`);
}

const GROUP = 'timescaledb-telemetry-test';
const CREATE = { action: 'scheduler:CreateSchedule' };
const senders = functions.filter(({ purpose }) => purpose === 'send-report');

describe('send-report schedules its own retries', () => {
  test.each(senders)('$title may make the one that it would make', async (sender) => {
    const { group, name } = retryOf(sender);
    const resource = scheduleArn(group, name).replace(ACCOUNT, sender.role.account);
    expect(await isAllowed(sender.role, { ...CREATE, resource })).toBe(true);
  });

  test('no other database’s, whosever name is the beginning of whose', async () => {
    const databases = fleet.functions.filter(({ purpose }) => purpose === 'send-report');
    const retries = databases.map((sender) => scheduleArn(GROUP, retryOf(sender).name));
    for (const [index, { role, title }] of databases.entries()) {
      expect(await allowedOf(role, retries, CREATE), title).toEqual([retries[index]]);
    }
  });

  const { name } = retryOf(metrics);
  const prefix = retryPrefix({ environment: 'test', name: 'metrics' });
  const elsewhere = retryPrefix({ environment: 'test-2', name: 'metrics' });
  test.each([
    ['in the default group', scheduleArn('default', name)],
    ['in the group of an environment whose name begins alike', scheduleArn(`${GROUP}-2`, name)],
    ['in the group of production', scheduleArn('timescaledb-telemetry-prod', name)],
    [
      'for the database of that name elsewhere',
      scheduleArn(GROUP, name.replace(prefix, elsewhere)),
    ],
    ['with a prefix that only begins with its own', scheduleArn(GROUP, `${prefix}0-1`)],
    ['with a prefix that its own begins with', scheduleArn(GROUP, `${prefix.slice(0, 23)}-1`)],
    ['with its own prefix alone', scheduleArn(GROUP, prefix)],
    ['with its own prefix somewhere within', scheduleArn(GROUP, `a-${prefix}-1`)],
    ['of the name that its ticks have', scheduleArn(GROUP, 'metrics')],
    ['in another region', `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/${GROUP}/${name}`],
  ])('none %s', async (_, resource) => {
    expect(await isAllowed(metrics.role, { ...CREATE, resource })).toBe(false);
  });

  test.each([
    ['update', 'scheduler:UpdateSchedule', scheduleArn(GROUP, name)],
    ['delete', 'scheduler:DeleteSchedule', scheduleArn(GROUP, name)],
    ['look at', 'scheduler:GetSchedule', scheduleArn(GROUP, name)],
    ['stop the ticks by updating', 'scheduler:UpdateSchedule', scheduleArn(GROUP, 'metrics')],
    ['stop the ticks by deleting', 'scheduler:DeleteSchedule', scheduleArn(GROUP, 'metrics')],
    ['list', 'scheduler:ListSchedules', '*'],
  ])('it may not %s schedules, its own neither', async (_, action, resource) => {
    expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
  });

  test.each(['scheduler:DeleteScheduleGroup', 'scheduler:CreateScheduleGroup'])(
    'it may not %s',
    async (action) => {
      const resource = at('scheduler', `schedule-group/${GROUP}`);
      expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
    },
  );

  test.each(functions.filter(({ purpose }) => purpose !== 'send-report'))(
    '$title makes no schedule, since a person waits for it',
    async ({ role }) => {
      const resource = scheduleArn(GROUP, name).replace(ACCOUNT, role.account);
      expect(await isAllowed(role, { ...CREATE, resource })).toBe(false);
    },
  );
});

const PASS = {
  action: 'iam:PassRole',
  context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
};

describe('send-report hands over the scheduler’s role of its stack, and to EventBridge Scheduler', () => {
  const everyRole = [
    ...roles.map(({ arn }) => arn),
    `arn:aws:iam::${ACCOUNT}:role/administrator`,
    `arn:aws:iam::${ACCOUNT}:role/telemetry-test-${REGION}-1-scheduler-2`,
    `arn:aws:iam::${ACCOUNT}:role/telemetry-test-${REGION}-3-scheduler`,
  ];

  test.each(senders)('$title: that role of all roles', async (sender) => {
    const { roleArn } = retryOf(sender);
    expect(everyRole).toContain(roleArn);
    expect(await allowedOf(sender.role, everyRole, PASS)).toEqual([roleArn]);
  });

  const { roleArn } = retryOf(metrics);
  test.each([
    ['to Lambda, where code of one’s own would have it', 'lambda.amazonaws.com'],
    ['to EC2', 'ec2.amazonaws.com'],
    ['to EventBridge’s rules', 'events.amazonaws.com'],
    ['to EventBridge’s pipes', 'pipes.amazonaws.com'],
  ])('not %s', async (_, service) => {
    const context = { 'iam:PassedToService': service };
    expect(await isAllowed(metrics.role, { ...PASS, resource: roleArn, context })).toBe(false);
  });

  test('not to nobody knows whom', async () => {
    const request = { action: 'iam:PassRole', resource: roleArn };
    expect(await isAllowed(metrics.role, request)).toBe(false);
  });

  test.each(functions.filter(({ purpose }) => purpose !== 'send-report'))(
    '$title hands over none',
    async ({ role }) => {
      expect(await allowedOf(role, everyRole, PASS)).toEqual([]);
    },
  );
});

/** The log streams that a function's execution environments may make for themselves. */
function streamOf(logGroup: string, account = ACCOUNT): string {
  return `arn:aws:logs:${REGION}:${account}:log-group:${logGroup}:log-stream:2026/11/22/[$LATEST]0a1b`;
}

const LOG_GROUPS = [
  ...['test', 'prod', 'test-2'].flatMap((environment) =>
    PURPOSES.map((purpose) => `/timescaledb-telemetry/${environment}/${purpose}`),
  ),
  '/timescaledb-telemetry/test/send-report-2',
  '/timescaledb-telemetry/test/send-report/more',
  '/timescaledb-telemetry/test/',
  '/aws/lambda/somebody-else',
];

describe('a function writes its own log', () => {
  test.each(functions)('$title: to the log group of its environment and purpose', async (one) => {
    const {
      purpose,
      role,
      target: { environment },
    } = one;
    const streams = LOG_GROUPS.map((group) => streamOf(group, role.account));
    const own = streamOf(`/timescaledb-telemetry/${environment}/${purpose}`, role.account);
    for (const action of LOG_ACTIONS) {
      expect(await allowedOf(role, streams, { action })).toEqual([own]);
    }
  });

  const group = at('logs', 'log-group:/timescaledb-telemetry/test/send-report');
  const stream = streamOf('/timescaledb-telemetry/test/send-report');
  test.each([
    ['remove what it wrote', 'logs:DeleteLogStream', stream],
    ['remove the log group, the record of what was sent', 'logs:DeleteLogGroup', group],
    ['shorten how long it is kept', 'logs:PutRetentionPolicy', group],
    ['take it somewhere else', 'logs:PutSubscriptionFilter', group],
    ['make another log group', 'logs:CreateLogGroup', group],
    ['read other databases’ lines', 'logs:GetLogEvents', stream],
    ['search them', 'logs:FilterLogEvents', group],
  ])('it may not %s', async (_, action, resource) => {
    expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
  });
});

/**
 * Requests with which Lambda creates and removes the interface of a function. An interface has no id before it exists, and
 * Lambda checks the other actions against all resources.
 */
const INTERFACE_REQUESTS = [
  ['ec2:CreateNetworkInterface', at('ec2', 'network-interface/*')],
  ['ec2:CreateNetworkInterface', at('ec2', 'subnet/*')],
  ['ec2:CreateNetworkInterface', at('ec2', 'security-group/*')],
  ['ec2:CreateNetworkInterface', `arn:aws:ec2:${REGION}:${OTHER_ACCOUNT}:subnet/*`],
  ['ec2:CreateNetworkInterface', '*'],
  ['ec2:DeleteNetworkInterface', '*'],
  ['ec2:DeleteNetworkInterface', at('ec2', 'network-interface/eni-0a1b2c3d')],
  ['ec2:AssignPrivateIpAddresses', '*'],
  ['ec2:UnassignPrivateIpAddresses', '*'],
  ['ec2:DescribeNetworkInterfaces', '*'],
  ['ec2:DescribeSubnets', '*'],
] as const;

describe('the network interface of a function is in Lambda’s hands', () => {
  const inside = fleet.functions.filter(({ inNetwork }) => inNetwork);

  test('the requests have all actions of it', () => {
    const actions = new Set(INTERFACE_REQUESTS.map(([action]) => action));
    expect([...actions].toSorted()).toEqual(NETWORK_ACTIONS);
  });

  test.each(INTERFACE_REQUESTS)(
    'in a VPC, when Lambda calls: %s on %s',
    async (action, resource) => {
      for (const { role, title } of inside) {
        expect(await isAllowed(role, { action, resource }), title).toBe(true);
      }
    },
  );

  test.each(INTERFACE_REQUESTS)(
    'in a VPC, when the function’s own code calls, not: %s on %s',
    async (action, resource) => {
      for (const { role, title, arn } of inside) {
        const context = { 'lambda:SourceFunctionArn': arn };
        expect(await isAllowed(role, { action, resource, context }), title).toBe(false);
      }
    },
  );

  test.each(INTERFACE_REQUESTS)('outside of any VPC not: %s on %s', async (action, resource) => {
    for (const { role, title, inNetwork } of fleet.functions) {
      expect(await isAllowed(role, { action, resource }), title).toBe(inNetwork);
    }
  });

  test.each([
    ['to attach it to a machine', 'ec2:AttachNetworkInterface', at('ec2', 'network-interface/*')],
    ['to open its ports', 'ec2:AuthorizeSecurityGroupIngress', at('ec2', 'security-group/*')],
    ['to start a machine', 'ec2:RunInstances', at('ec2', 'instance/*')],
  ])('not %s', async (_, action, resource) => {
    for (const { role } of inside) {
      expect(await isAllowed(role, { action, resource })).toBe(false);
    }
  });

  test('the function’s own code still reads its secret and writes its log', async () => {
    const context = { 'lambda:SourceFunctionArn': archive.arn };
    const resource = secretArn('fleet/metrics-archive');
    expect(await isAllowed(archive.role, { ...READ, resource, context })).toBe(true);
    expect(
      await isAllowed(archive.role, {
        action: 'logs:PutLogEvents',
        resource: streamOf('/timescaledb-telemetry/test/send-report'),
        context,
      }),
    ).toBe(true);
  });
});

const QUEUES = [
  'timescaledb-telemetry-test-failed-runs',
  'timescaledb-telemetry-test-undelivered',
  'timescaledb-telemetry-test-failed-runs-2',
  'timescaledb-telemetry-test-2-failed-runs',
  'timescaledb-telemetry-test-2-undelivered',
  'timescaledb-telemetry-prod-failed-runs',
  'timescaledb-telemetry-prod-undelivered',
  'orders',
].map((name) => at('sqs', name));
const [FAILED_RUNS = '', UNDELIVERED = ''] = QUEUES;
const SEND = { action: 'sqs:SendMessage' };

describe('what failed comes into the queue for it', () => {
  test.each(fleet.functions)('$title', async ({ role, purpose, onFailure }) => {
    const own = purpose === 'get-report' ? [] : [FAILED_RUNS];
    expect(await allowedOf(role, QUEUES, SEND)).toEqual(own);
    expect([onFailure ?? []].flat()).toEqual(own);
  });

  test.each([...fleet.schedulers.values()])('$title', async (role) => {
    expect(await allowedOf(role, QUEUES, SEND)).toEqual([UNDELIVERED]);
  });

  test.each(ENVIRONMENTS)(
    '$environment.place.environment: a queue takes nothing in plain text',
    async (synthesis) => {
      const policies = synthesis.resources('AWS::SQS::QueuePolicy');
      const senders = rolesOf(synthesis).all;
      expect(policies).toHaveLength(2);
      for (const [, { Properties }] of policies) {
        const resourcePolicy = Object(Properties['PolicyDocument']);
        const [{ Resource: resource }] = resourcePolicy.Statement;
        const sendersOver = async (isSecure: boolean) => {
          const context = { 'aws:SecureTransport': String(isSecure) };
          const request = { ...SEND, resource, resourcePolicy, context };
          const verdicts = await Promise.all(senders.map((role) => isAllowed(role, request)));
          return verdicts.filter((isSent) => isSent).length;
        };
        expect(await sendersOver(true)).toBeGreaterThan(0);
        expect(await sendersOver(false)).toBe(0);
      }
    },
  );
});

/** All functions, of both environments, and of one whose name begins like the first one's. */
const EVERY_FUNCTION = [
  ...functions.map(({ arn }) => arn),
  ...['metrics', 'orders'].flatMap((database) =>
    PURPOSES.map((purpose) =>
      at('lambda', `function:${functionName('test-2', database, purpose)}`),
    ),
  ),
  at('lambda', 'function:somebody-else'),
];
const INVOKE = { action: 'lambda:InvokeFunction' };

/** The stacks of both environments, with the role of each, and with the functions that are in it. */
const STACKS = deployments.flatMap(({ schedulers, functions: deployed }) =>
  [...schedulers].map(([stack, role]) => ({
    stack,
    role,
    within: deployed.filter((one) => one.stack === stack),
  })),
);

describe('the scheduler invokes send-report of its stack', () => {
  test.each(STACKS)(
    '$stack: these of all functions, no get-report, no configure, none of another stack',
    async ({ role, within }) => {
      const own = within.filter(({ purpose }) => purpose === 'send-report').map(({ arn }) => arn);
      expect(await allowedOf(role, EVERY_FUNCTION, INVOKE)).toEqual(own);
    },
  );

  test('there are stacks with more than one database, and one with none', () => {
    const counts = STACKS.map(({ within }) => within.length);
    expect(Math.max(...counts)).toBeGreaterThan(3);
    expect(Math.min(...counts)).toBe(0);
  });

  const scheduler = fleet.schedulerOf(metrics.stack);
  test.each([
    ['an older version of it', 'lambda:InvokeFunction', `${metrics.arn}:1`],
    ['its code', 'lambda:UpdateFunctionCode', metrics.arn],
    ['its environment', 'lambda:UpdateFunctionConfiguration', metrics.arn],
    ['who else may invoke it', 'lambda:AddPermission', metrics.arn],
    ['it by a URL', 'lambda:InvokeFunctionUrl', metrics.arn],
  ])('not %s', async (_, action, resource) => {
    expect(await isAllowed(scheduler, { action, resource })).toBe(false);
  });

  test('it reads no secret', async () => {
    expect(await allowedOf(scheduler, SECRETS, READ)).toEqual([]);
  });

  test.each(functions)('$title invokes nothing, itself neither', async ({ role }) => {
    expect(await allowedOf(role, EVERY_FUNCTION, INVOKE)).toEqual([]);
  });
});

describe('a role is taken on by the service that it is for', () => {
  const group = at('scheduler', `schedule-group/${GROUP}`);
  const fromGroup = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': group };

  test.each(functions)('$title: Lambda alone', async ({ role }) => {
    expect(await canAssume(role, 'lambda.amazonaws.com')).toBe(true);
    for (const principal of [
      'scheduler.amazonaws.com',
      'ec2.amazonaws.com',
      'edgelambda.amazonaws.com',
      `arn:aws:iam::${role.account}:role/administrator`,
      `arn:aws:iam::${OTHER_ACCOUNT}:role/administrator`,
    ]) {
      expect(await canAssume(role, principal, fromGroup), principal).toBe(false);
    }
  });

  test.each(STACKS)(
    '$stack: EventBridge Scheduler, for the environment’s group',
    async ({ stack, role }) => {
      const name = stack.replace(/-\d+$/, '');
      const own = at('scheduler', `schedule-group/${name}`).replace(ACCOUNT, role.account);
      const context = { 'aws:SourceAccount': role.account, 'aws:SourceArn': own };
      expect(await canAssume(role, 'scheduler.amazonaws.com', context)).toBe(true);
    },
  );

  const scheduler = fleet.schedulerOf(metrics.stack);
  test.each([
    ['another account’s schedules', { ...fromGroup, 'aws:SourceAccount': OTHER_ACCOUNT }],
    [
      'another account’s schedules in a group of the same name',
      {
        'aws:SourceAccount': OTHER_ACCOUNT,
        'aws:SourceArn': group.replace(ACCOUNT, OTHER_ACCOUNT),
      },
    ],
    [
      'the default group’s schedules',
      { ...fromGroup, 'aws:SourceArn': at('scheduler', 'schedule-group/default') },
    ],
    [
      'the schedules of a group whose name begins alike',
      { ...fromGroup, 'aws:SourceArn': `${group}-2` },
    ],
    [
      'the schedules of a group in another region',
      { ...fromGroup, 'aws:SourceArn': group.replace(REGION, 'us-east-1') },
    ],
    [
      'a schedule that is said to be in the group, since the service names the group',
      { ...fromGroup, 'aws:SourceArn': scheduleArn(GROUP, 'metrics') },
    ],
    ['schedules of nobody knows what group', { 'aws:SourceAccount': ACCOUNT }],
    ['schedules of nobody knows what account', { 'aws:SourceArn': group }],
    ['nobody knows what', {}],
  ])('the scheduler’s role is not for %s', async (_, context) => {
    expect(await canAssume(scheduler, 'scheduler.amazonaws.com', context)).toBe(false);
  });

  test.each([
    ['Lambda', 'lambda.amazonaws.com'],
    ['EventBridge’s rules', 'events.amazonaws.com'],
    ['EventBridge’s pipes', 'pipes.amazonaws.com'],
    ['a function that could hand it over', metrics.role.arn],
    ['an administrator', `arn:aws:iam::${ACCOUNT}:role/administrator`],
  ])('the scheduler’s role is not for %s', async (_, principal) => {
    expect(await canAssume(scheduler, principal, fromGroup)).toBe(false);
  });
});

interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly DeadLetterConfig: { readonly Arn: string };
}

describe('what is deployed to be done, may be done', () => {
  const schedulers = new Map(STACKS.map(({ role }) => [role.arn, role]));

  async function expectDelivery(roleArn: string, functionArn: string, queueArn: string) {
    const role = schedulers.get(roleArn);
    if (role === undefined) throw new Error(`There is no role ${roleArn}`);
    expect(await isAllowed(role, { ...INVOKE, resource: functionArn })).toBe(true);
    expect(await isAllowed(role, { ...SEND, resource: queueArn })).toBe(true);
  }

  const schedules = ENVIRONMENTS.flatMap(({ resources }) => resources('AWS::Scheduler::Schedule'));
  test.each(schedules)('the tick %s reaches its function or the queue', async (_, schedule) => {
    const { Arn, RoleArn, DeadLetterConfig } = schedule.Properties['Target'] as ScheduleTarget;
    await expectDelivery(RoleArn, Arn, DeadLetterConfig.Arn);
  });

  test.each(senders)('a retry by $title reaches it or the queue', async (sender) => {
    const { functionArn, roleArn, deadLetterQueueArn = '' } = retryOf(sender);
    await expectDelivery(roleArn, functionArn, deadLetterQueueArn);
  });

  test.each(functions)('$title reads the secret that its variables name', async (one) => {
    expect(await isAllowed(one.role, { ...READ, resource: secretOf(one) })).toBe(true);
  });
});

describe.each([
  { region: 'cn-north-1', partition: 'aws-cn', domain: 'amazonaws.com.cn' },
  { region: 'us-gov-west-1', partition: 'aws-us-gov', domain: 'amazonaws.com' },
])('the partition $partition has other ARNs', ({ region, partition, domain }) => {
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${ACCOUNT}:${resource}`;
  const { functions: there, schedulers } = rolesOf(
    synthesise(
      checked({
        region,
        networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
        databases: [
          aDatabase('metrics', {
            secret: 'fleet/metrics',
            kmsKey: KEY_ID,
            network: 'main',
            configure: { secret: 'fleet/administrator', kmsKey: KEY_ID },
          }),
        ],
      }),
    ),
  );

  test('there are all functions, each role under the boundary', () => {
    expect(there.map(({ purpose }) => purpose)).toEqual(PURPOSES);
    for (const role of [...there.map((one) => one.role), ...schedulers.values()]) {
      expect(role.boundary, role.title).toBeDefined();
    }
  });

  test('send-report schedules its retry with the scheduler’s role, which invokes it', async () => {
    const [sender] = there;
    const [scheduler] = schedulers.values();
    if (sender === undefined || scheduler === undefined) throw new Error('there is none');
    const { name, group, roleArn, deadLetterQueueArn = '' } = retryOf(sender);
    const resource = arn('scheduler', `schedule/${group}/${name}`);
    expect(roleArn).toBe(scheduler.arn);
    expect(await isAllowed(sender.role, { ...CREATE, resource })).toBe(true);
    expect(await isAllowed(sender.role, { ...PASS, resource: roleArn })).toBe(true);
    expect(await isAllowed(scheduler, { ...INVOKE, resource: sender.arn })).toBe(true);
    expect(await isAllowed(scheduler, { ...SEND, resource: deadLetterQueueArn })).toBe(true);
    const queue = sender.onFailure ?? '';
    expect(await isAllowed(sender.role, { ...SEND, resource: queue })).toBe(true);
  });

  test.each(there)(
    '$title reads, decrypts and logs there, and holds its interface',
    async ({ role, purpose, arn: own, target: { secretId } }) => {
      const secret = arn('secretsmanager', `secret:${secretId}-Qw3rTy`);
      const decrypt = decrypting(secret, `secretsmanager.${region}.${domain}`);
      const create = {
        action: 'ec2:CreateNetworkInterface',
        resource: arn('ec2', 'network-interface/*'),
      };
      const log = `log-group:/timescaledb-telemetry/test/${purpose}:log-stream:one`;
      const may = (request: Parameters<typeof isAllowed>[1]) => isAllowed(role, request);
      expect(await may({ ...READ, resource: secret })).toBe(true);
      expect(await may({ ...decrypt, resource: arn('kms', `key/${KEY_ID}`) })).toBe(true);
      expect(await may({ action: 'logs:PutLogEvents', resource: arn('logs', log) })).toBe(true);
      expect(await may(create)).toBe(true);
      expect(await may({ ...create, context: { 'lambda:SourceFunctionArn': own } })).toBe(false);
    },
  );
});

describe('a wildcard among the resources of a role needs a reason', () => {
  function synthesiseRole(grant: Partial<Grant>) {
    const app = new App({ outdir: join(inject('folder'), 'role'), analyticsReporting: false });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' } as const;
    createRole(new Stack(app, 'stack'), 'Role', {
      description: 'reads',
      trust: trustOf('lambda.amazonaws.com'),
      grants: [{ statement, ...grant }],
    });
    return app.synth();
  }

  test('with one it is synthesised', () => {
    expect(() => synthesiseRole({ whyWildcard: 'S3 has no other.' })).not.toThrow();
  });

  test('without one it is not', () => {
    expect(() => synthesiseRole({})).toThrow(/IAM5|alidation/);
  });
});
