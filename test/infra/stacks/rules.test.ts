import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { figuresOf } from '../../../infra/config/quotas.ts';
import {
  BY_DATABASE,
  LAST_SUCCESS,
  OUTDATED,
  SAVED_QUERIES,
} from '../../../infra/constructs/log-queries.ts';
import { variablesOf } from '../../../infra/function-environment.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { parseTarget } from '../../../lib/config/target.ts';
import { METRICS, METRICS_NAMESPACE, PURPOSES } from '../../../lib/naming.ts';
import { retryPrefix } from '../../../lib/schedule/plan-retry.ts';
import {
  aDatabase,
  checked,
  type Resource,
  type Synthesis,
  sharedCode,
  statementsOf,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

let prod: Synthesis;

beforeAll(async () => {
  prod = await synthesiseFixture('prod');
});

type Located = readonly (readonly [where: string, resource: Resource])[];

/** Which of them is not as it has to be, by its place. */
function breaking(resources: Located, rule: (resource: Resource) => boolean): readonly string[] {
  expect(resources.length).toBeGreaterThan(0);
  return resources.filter(([, resource]) => !rule(resource)).map(([where]) => where);
}

function property<T>({ Properties }: Resource, name: string): T {
  return Properties[name] as T;
}

/** The function of a database and purpose, or something beside it. */
function of({ resources }: Synthesis, database: string, construct: string): Resource {
  const end = new RegExp(`/Database-${database}/${construct}$`);
  const [found] = resources().filter(([, resource]) => {
    const { Metadata = {} } = resource as { readonly Metadata?: Record<string, string> };
    return end.test(Metadata['aws:cdk:path'] ?? '');
  });
  if (found === undefined) throw new Error(`${database} has no ${construct}`);
  return found[1];
}

describe('every function', () => {
  test('is arm64 on nodejs24.x, which is what the bundle is made for and costs least', () => {
    const functions = prod.resources('AWS::Lambda::Function');
    expect(functions).toHaveLength(11);
    expect(
      breaking(functions, (resource) => {
        const architectures = property<string[]>(resource, 'Architectures');
        return property(resource, 'Runtime') === 'nodejs24.x' && architectures.join() === 'arm64';
      }),
    ).toEqual([]);
  });

  test('begins where the bundle does', async () => {
    const functions = prod.resources('AWS::Lambda::Function');
    expect(breaking(functions, (one) => property(one, 'Handler') === 'index.handler')).toEqual([]);
    for (const { file } of Object.values(inject('bundles'))) {
      expect(basename(file)).toBe('index.mjs');
      // Minified, so that the name is all that is left of it.
      expect(readFileSync(file, 'utf8')).toMatch(/export\s*\{[^}]*\bas handler\b[^}]*\}/);
    }
  });

  test('has the memory that was measured, with as much again for large reports', () => {
    const functions = prod.resources('AWS::Lambda::Function');
    expect(breaking(functions, (one) => property(one, 'MemorySize') === 256)).toEqual([]);
  });

  test('has more time than the job’s 100 s, or Lambda would end it before it can say why', () => {
    const functions = prod.resources('AWS::Lambda::Function');
    // 7 s to schedule the retry, and as much again for the start and for the line.
    expect(breaking(functions, (resource) => property<number>(resource, 'Timeout') >= 115)).toEqual(
      [],
    );
  });

  test('logs JSON to the one group of its kind, which forgets after a while', () => {
    const groups = new Map(
      prod
        .resources('AWS::Logs::LogGroup')
        .map(([, resource]) => [
          property<string>(resource, 'LogGroupName'),
          property<number>(resource, 'RetentionInDays'),
        ]),
    );
    expect([...groups.keys()]).toEqual(
      PURPOSES.map((purpose) => `/timescaledb-telemetry/prod/${purpose}`),
    );
    expect(
      breaking(prod.resources('AWS::Lambda::Function'), (resource) => {
        const { LogFormat, LogGroup } = property<Record<string, string>>(resource, 'LoggingConfig');
        const purpose = PURPOSES.find((one) =>
          property<string>(resource, 'FunctionName').endsWith(one),
        );
        const isItsOwn = LogGroup === `/timescaledb-telemetry/prod/${purpose}`;
        return LogFormat === 'JSON' && isItsOwn && groups.get(LogGroup) === 400;
      }),
    ).toEqual([]);
  });

  test('keeps its log when the environment is removed: it is the record of what was sent', () => {
    expect(
      breaking(
        prod.resources('AWS::Logs::LogGroup'),
        ({ DeletionPolicy, UpdateReplacePolicy }) =>
          DeletionPolicy === 'RetainExceptOnCreate' && UpdateReplacePolicy === 'Retain',
      ),
    ).toEqual([]);
  });

  test('is not run again by Lambda, since the job’s own retries are the one layer', () => {
    const configs = prod.resources('AWS::Lambda::EventInvokeConfig');
    expect(configs).toHaveLength(prod.resources('AWS::Lambda::Function').length);
    expect(
      breaking(
        configs,
        (resource) =>
          property(resource, 'MaximumRetryAttempts') === 0 &&
          // What the schedule and a person invoke.
          property(resource, 'Qualifier') === '$LATEST',
      ),
    ).toEqual([]);
    // What cannot begin for an hour is lost, since the next tick may be an hour away.
    expect(
      breaking(configs, (resource) => property(resource, 'MaximumEventAgeInSeconds') === 3_600),
    ).toEqual([]);
  });

  test('that nobody waits for leaves a failed event in a queue', () => {
    const queue = 'arn:aws:sqs:eu-central-1:333333333333:timescaledb-telemetry-prod-failed-runs';
    for (const construct of ['SendReport/Invocation', 'Configure/Invocation']) {
      expect(property(of(prod, 'orders', construct), 'DestinationConfig')).toEqual({
        OnFailure: { Destination: queue },
      });
    }
    expect(of(prod, 'orders', 'GetReport/Invocation').Properties).not.toHaveProperty(
      'DestinationConfig',
    );
  });

  test('has an environment that the function itself accepts', () => {
    const { environment } = prod;
    for (const database of environment.databases) {
      const sent = variablesOf('send-report', environment, database);
      expect(parseSettings(sent)).toMatchObject({
        target: { name: database.name, environment: 'prod', tickHours: database.tickHours },
        delivery: { endpoint: 'https://telemetry.timescale.com/v1/metrics' },
        retry: { scheduleGroup: 'timescaledb-telemetry-prod' },
      });
      const shown = parseTarget(variablesOf('get-report', environment, database));
      expect(shown).toEqual(parseSettings(sent).target);
    }
  });

  test('is told everything that its database’s settings say', () => {
    const environment = checked({
      delivery: { endpoint: 'https://collector.example.com/' },
      stacks: 3,
      databases: [
        aDatabase('metrics', {
          proxy: 'http://proxy:3128',
          host: 'db.example.com',
          port: 5_433,
          database: 'app',
          tls: { mode: 'verify-ca', serverName: 'db.internal' },
          levelWhenUnset: 'no_functions',
          reportSource: 'function',
          sizes: 'exact',
          tickHours: 6,
        }),
      ],
    });
    const [database] = environment.databases;
    if (database === undefined) throw new Error('there is no database');
    const variables = variablesOf('send-report', environment, database);
    expect(parseSettings(variables)).toEqual({
      target: {
        name: 'metrics',
        environment: 'test',
        secretId: 'test/metrics/telemetry',
        host: 'db.example.com',
        port: 5_433,
        database: 'app',
        tls: { mode: 'verify-ca', serverName: 'db.internal' },
        levelWhenUnset: 'no_functions',
        reportSource: 'function',
        sizes: 'exact',
        tickHours: 6,
      },
      delivery: { endpoint: 'https://collector.example.com/' },
      retry: {
        scheduleGroup: 'timescaledb-telemetry-test',
        roleArn: `arn:aws:iam::123456789012:role/timescaledb-telemetry/telemetry-test-eu-central-1-${database.stack}-scheduler`,
        deadLetterQueueArn:
          'arn:aws:sqs:eu-central-1:123456789012:timescaledb-telemetry-test-undelivered',
      },
    });
    expect(variables).toMatchObject({ HTTPS_PROXY: 'http://proxy:3128', NODE_USE_ENV_PROXY: '1' });
  });

  test('that may send or show withholds consent where the environment does', () => {
    const environment = checked({ defaults: { doNotTrack: true } });
    const [database] = environment.databases;
    if (database === undefined) throw new Error('there is no database');
    for (const purpose of ['send-report', 'get-report'] as const) {
      expect(variablesOf(purpose, environment, database)).toMatchObject({ DO_NOT_TRACK: '1' });
    }
  });

  test('logs errors as others word them only where that is asked for', () => {
    const levelOf = (synthesis: Synthesis): unknown =>
      property<Record<string, string>>(
        of(synthesis, 'metrics', 'SendReport/Function'),
        'LoggingConfig',
      )['ApplicationLogLevel'];
    expect(levelOf(prod)).toBe('INFO');
    expect(levelOf(synthesise(checked({ logLevel: 'DEBUG' })))).toBe('DEBUG');
  });

  test('but send-report is told no endpoint, no proxy and nothing about retries', () => {
    const delivery = { endpoint: 'https://collector.example.com/' };
    const proxy = 'http://proxy:3128';
    const configure = { secret: 'test/metrics/administrator' };
    const synthesis = synthesise(
      checked({
        delivery,
        databases: [aDatabase('metrics', { configure, proxy, doNotTrack: true })],
      }),
    );
    const variables = (construct: string): Record<string, string> =>
      property<{ readonly Variables: Record<string, string> }>(
        of(synthesis, 'metrics', `${construct}/Function`),
        'Environment',
      ).Variables;
    expect(Object.keys(variables('SendReport'))).toEqual([
      'TARGET',
      'DO_NOT_TRACK',
      'DELIVERY',
      'HTTPS_PROXY',
      'NODE_USE_ENV_PROXY',
      'RETRY',
    ]);
    expect(Object.keys(variables('GetReport'))).toEqual(['TARGET', 'DO_NOT_TRACK']);
    expect(Object.keys(variables('Configure'))).toEqual(['TARGET']);
    expect(JSON.parse(variables('Configure')['TARGET'] ?? '').secretId).toBe(configure.secret);
  });
});

describe('the proxy', () => {
  const networks = { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } };
  const synthesis = synthesise(
    checked({
      networks,
      delivery: { proxy: 'http://proxy.example.com:3128' },
      databases: [
        aDatabase('inside', { network: 'main' }),
        aDatabase('direct', { network: 'main', proxy: null }),
        aDatabase('own', { network: 'main', proxy: 'http://other.example.com:3129' }),
        aDatabase('outside', { proxy: null }),
      ],
    }),
  );

  test.each([
    ['of the environment', 'inside', 'http://proxy.example.com:3128'],
    ['of none, where a database wants none', 'direct', undefined],
    ['of its own', 'own', 'http://other.example.com:3129'],
    ['of none, outside of every network', 'outside', undefined],
  ])('%s is what %s has', (_whose, database, proxy) => {
    const { Variables } = property<{ readonly Variables: Record<string, string> }>(
      of(synthesis, database, 'SendReport/Function'),
      'Environment',
    );
    expect(Variables['HTTPS_PROXY']).toBe(proxy);
    expect(Variables['NODE_USE_ENV_PROXY']).toBe(proxy === undefined ? undefined : '1');
  });
});

test('an environment with a bootstrap of its own takes its code and its roles from there', () => {
  const { texts } = synthesise(checked({ bootstrapQualifier: 'tsdbtel' }));
  const text = texts['timescaledb-telemetry-test-1'] ?? '';
  expect(text).toContain('cdk-tsdbtel-assets-');
  expect(text).toContain('/cdk-bootstrap/tsdbtel/version');
  expect(text).not.toContain('hnb659fds');
});

describe('an environment that sends nothing', () => {
  const deliveryOf = (delivery: object, construct = 'SendReport'): unknown => {
    const synthesis = synthesise(checked({ delivery }));
    return property<{ readonly Variables: Record<string, unknown> }>(
      of(synthesis, 'metrics', `${construct}/Function`),
      'Environment',
    ).Variables['DELIVERY'];
  };

  test('tells send-report the newest version, and no endpoint', () => {
    expect(deliveryOf({ latestVersion: '2.30.1', versionCheckWhenOff: true })).toBe(
      '{"latestVersion":"2.30.1","versionCheckWhenOff":true}',
    );
    expect(deliveryOf({ latestVersion: '2.30.1' }, 'GetReport')).toBeUndefined();
  });

  test('or has it from a parameter, which CloudFormation reads at each deployment', () => {
    const parameter = '/timescaledb-telemetry/latest-version';
    const synthesis = synthesise(checked({ delivery: { latestVersionParameter: parameter } }));
    const template = synthesis.templates['timescaledb-telemetry-test-1'];
    expect(template).toMatchObject({
      Parameters: {
        LatestVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: parameter },
      },
    });
    expect(deliveryOf({ latestVersionParameter: parameter })).toEqual({
      'Fn::Join': ['', ['{"latestVersion":"', { Ref: 'LatestVersion' }, '"}']],
    });
  });
});

describe('every role', () => {
  function grantsIn({ resources }: Synthesis) {
    return resources('AWS::IAM::Role').flatMap(([where, role]) =>
      statementsOf(role)
        .filter(({ Effect }) => Effect === 'Allow')
        .map((statement) => [where, statement] as const),
    );
  }

  function actions(role: Resource): readonly string[] {
    return statementsOf(role)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => Action)
      .toSorted();
  }

  test('is allowed actions by name, never by wildcard', () => {
    const wild = grantsIn(prod).filter(([, { Action }]) => [Action].flat().join().includes('*'));
    expect(wild).toEqual([]);
  });

  test('has no * for a resource but for the network interface, whose actions Lambda checks against it', () => {
    const all = grantsIn(prod).filter(([, { Resource }]) => [Resource].flat().includes('*'));
    expect(new Set(all.flatMap(([, { Action }]) => Action))).toEqual(
      new Set([
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ]),
    );
  });

  test('reads one secret, that of its database and purpose', () => {
    const secretsOf = (construct: string) =>
      statementsOf(of(prod, 'orders', construct))
        .filter(({ Action }) => Action === 'secretsmanager:GetSecretValue')
        .map(({ Resource }) => Resource);
    const reporting =
      'arn:aws:secretsmanager:eu-central-1:333333333333:secret:prod/orders/telemetry-AbCdEf';
    const readings = [reporting, `${reporting}-??????`];
    expect(secretsOf('SendReport/Role')).toEqual([readings]);
    expect(secretsOf('GetReport/Role')).toEqual([readings]);
    expect(secretsOf('Configure/Role')).toEqual([
      'arn:aws:secretsmanager:eu-central-1:333333333333:secret:prod/orders/administrator-??????',
    ]);
  });

  test('reads a secret that is given without the suffix of its ARN, and no other', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/metrics';
    const resourcesOf = (secret: string): unknown =>
      checked({ databases: [aDatabase('metrics', { secret })] }).databases[0]?.secret.resources;
    expect(resourcesOf('test/metrics')).toEqual([`${arn}-??????`]);
    expect(resourcesOf(arn)).toEqual([`${arn}-??????`]);
    expect(resourcesOf(`${arn}-abcde`)).toEqual([`${arn}-abcde-??????`]);
    expect(resourcesOf(`${arn}-AbCdEf`)).toEqual([`${arn}-AbCdEf`, `${arn}-AbCdEf-??????`]);
  });

  const LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  const SECRET = ['secretsmanager:GetSecretValue'];
  const NETWORK = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const RETRY = ['iam:PassRole', 'scheduler:CreateSchedule'];

  test.each([
    [
      'get-report, in no VPC, reads its secret and logs',
      'vendor',
      'GetReport',
      [...LOGS, ...SECRET],
    ],
    [
      'get-report, in a VPC, holds its network interface too',
      'metrics',
      'GetReport',
      [...NETWORK, ...LOGS, ...SECRET],
    ],
    [
      'get-report, with a key, decrypts too',
      'orders',
      'GetReport',
      [...NETWORK, 'kms:Decrypt', ...LOGS, ...SECRET],
    ],
    [
      'send-report makes its retries, and leaves what failed in the queue',
      'vendor',
      'SendReport',
      [...LOGS, ...RETRY, ...SECRET, 'sqs:SendMessage'],
    ],
    [
      'configure leaves what failed in the queue',
      'orders',
      'Configure',
      [...NETWORK, 'kms:Decrypt', ...LOGS, ...SECRET, 'sqs:SendMessage'],
    ],
  ])('of %s, and nothing more', (_what, database, construct, expected) => {
    expect(actions(of(prod, database, `${construct}/Role`))).toEqual(expected.toSorted());
  });

  test('of a target whose name begins another’s cannot reach the other’s schedules', () => {
    const schedulesOf = (database: string): string => {
      const [statement] = statementsOf(of(prod, database, 'SendReport/Role')).filter(
        ({ Action }) => Action === 'scheduler:CreateSchedule',
      );
      return String(statement?.Resource);
    };
    const group =
      'arn:aws:scheduler:eu-central-1:333333333333:schedule/timescaledb-telemetry-prod/';
    for (const name of ['metrics', 'metrics-archive']) {
      expect(schedulesOf(name)).toBe(`${group}${retryPrefix({ environment: 'prod', name })}-*`);
    }
    const prefixes = ['metrics', 'metrics-archive'].map((name) =>
      retryPrefix({ environment: 'prod', name }),
    );
    expect(prefixes.map(({ length }) => length)).toEqual([24, 24]);
    expect(new Set(prefixes).size).toBe(2);
  });

  test('of EventBridge Scheduler can be taken on for this environment’s schedules alone', () => {
    const roles = prod
      .resources('AWS::IAM::Role')
      .filter(([where]) => where.endsWith('SchedulerRole'));
    expect(roles).toHaveLength(4);
    for (const [, role] of roles) {
      expect(property(role, 'AssumeRolePolicyDocument')).toMatchObject({
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: {
                'aws:SourceAccount': '333333333333',
                'aws:SourceArn':
                  'arn:aws:scheduler:eu-central-1:333333333333:schedule-group/timescaledb-telemetry-prod',
              },
            },
          },
        ],
      });
    }
  });

  test('of EventBridge Scheduler invokes the send-report functions of its stack, all and no others', () => {
    for (const [stack, { Resources }] of Object.entries(prod.templates)) {
      const all = Object.values(Resources);
      const role = Resources['SchedulerRole'];
      if (role === undefined) continue;
      const own = all
        .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
        .map((schedule) => property<{ readonly Arn: string }>(schedule, 'Target').Arn);
      const invoked = statementsOf(role)
        .filter(({ Action }) => Action === 'lambda:InvokeFunction')
        .flatMap(({ Resource }) => Resource);
      expect([stack, invoked]).toEqual([stack, own]);
      expect(own.every((arn) => arn.endsWith('-send-report'))).toBe(true);
    }
  });
});

describe('every schedule', () => {
  test('is a UTC cron with a flexible window, few retries, and a dead-letter queue', () => {
    const schedules = prod.resources('AWS::Scheduler::Schedule');
    expect(schedules).toHaveLength(5);
    for (const [, { Properties }] of schedules) {
      expect(Properties).toMatchObject({
        GroupName: 'timescaledb-telemetry-prod',
        ScheduleExpression: expect.stringMatching(/^cron\(/),
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
        Target: {
          DeadLetterConfig: {
            Arn: 'arn:aws:sqs:eu-central-1:333333333333:timescaledb-telemetry-prod-undelivered',
          },
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 },
        },
      });
    }
  });

  test('hands over its nominal time, in an event that the function understands', () => {
    const { Input } = property<{ readonly Input: string }>(
      of(prod, 'orders', 'Schedule'),
      'Target',
    );
    expect(JSON.parse(Input)).toEqual({ scheduledTime: '<aws.scheduler.scheduled-time>' });
  });

  test('comes after its function and the role that may invoke it', () => {
    const names = of(prod, 'orders', 'Schedule').DependsOn?.map((id) =>
      id.replace(/[0-9A-F]{8}$/, ''),
    );
    expect(names).toEqual(
      expect.arrayContaining(['DatabaseordersSendReportFunction', 'SchedulerRole']),
    );
  });
});

describe('every template', () => {
  test('has no secret value, no password and no host, as long as nobody overrides the secret', () => {
    for (const text of Object.values(prod.texts)) {
      expect(text).not.toMatch(/password|postgres:\/\/|BEGIN [A-Z ]+/i);
      const hosts = text.match(/\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|internal|local)\b/g) ?? [];
      expect(hosts.filter((host) => !host.endsWith('amazonaws.com'))).toEqual([]);
    }
  });

  test('exports nothing and imports nothing, so that stacks can be changed one by one', () => {
    for (const { Outputs } of Object.values(prod.templates)) expect(Outputs).toBeUndefined();
    for (const text of Object.values(prod.texts)) expect(text).not.toContain('ImportValue');
  });

  test('names no machine that it was made on', () => {
    const home = join(import.meta.dirname, '..', '..', '..');
    for (const text of Object.values(prod.texts)) expect(text).not.toContain(home);
  });

  test.each([
    ['metrics', 8],
    ['orders', 11],
  ])('has exactly so many resources for %s: %i', (database, count) => {
    const mine = prod
      .resources()
      .filter(([, resource]) => JSON.stringify(resource).includes(`/Database-${database}/`));
    expect(mine).toHaveLength(count);
  });
});

describe('what is shared', () => {
  test('is encrypted, and refuses plain text', () => {
    const queues = prod.resources('AWS::SQS::Queue');
    expect(queues).toHaveLength(2);
    expect(breaking(queues, (queue) => property(queue, 'SqsManagedSseEnabled') === true)).toEqual(
      [],
    );
    const policies = prod
      .resources('AWS::SQS::QueuePolicy')
      .map(([, { Properties }]) => Properties);
    const policyOf = (id: string, name: string): object => ({
      Queues: [{ Ref: id }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 'sqs:*',
            Resource: `arn:aws:sqs:eu-central-1:333333333333:timescaledb-telemetry-prod-${name}`,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
    expect(policies).toEqual([
      policyOf('FailedRuns', 'failed-runs'),
      policyOf('Undelivered', 'undelivered'),
    ]);
  });

  test('keeps a failed event for as long as SQS does, so that somebody on holiday finds it', () => {
    expect(
      breaking(
        prod.resources('AWS::SQS::Queue'),
        (queue) => property(queue, 'MessageRetentionPeriod') === 14 * 86_400,
      ),
    ).toEqual([]);
  });

  test('tells the other stacks the group that it has made, and not another', () => {
    const shared = prod.templates['timescaledb-telemetry-prod']?.Resources ?? {};
    const [groupId] = Object.entries(shared)
      .filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroup')
      .map(([id]) => id);
    const [[, parameter] = []] = prod.resources('AWS::SSM::Parameter');
    expect(parameter?.Properties).toMatchObject({
      Name: '/timescaledb-telemetry/prod/main/security-group',
      Value: { 'Fn::GetAtt': [groupId, 'GroupId'] },
    });
    expect(property(of(prod, 'metrics', 'GetReport/Function'), 'VpcConfig')).toEqual({
      SubnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'],
      SecurityGroupIds: ['{{resolve:ssm:/timescaledb-telemetry/prod/main/security-group}}'],
    });
  });

  test.each([
    ['http://proxy.example.com', [80, 443, 5_432]],
    ['https://proxy.example.com', [443, 5_432]],
    ['http://proxy.example.com:8080', [443, 5_432, 8_080]],
  ])('lets out to the port of the proxy %s, by either family of addresses', (proxy, ports) => {
    const synthesis = synthesise(
      checked({
        delivery: { proxy },
        networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
        databases: [
          aDatabase('metrics', { network: 'main' }),
          aDatabase('out', { port: 5_434, proxy: 'http://elsewhere.example.com:3129' }),
        ],
      }),
    );
    const [[, group] = []] = synthesis.resources('AWS::EC2::SecurityGroup');
    expect(group?.Properties['SecurityGroupEgress']).toEqual(
      ports.flatMap((port) => [
        { IpProtocol: 'tcp', FromPort: port, ToPort: port, CidrIp: '0.0.0.0/0' },
        { IpProtocol: 'tcp', FromPort: port, ToPort: port, CidrIpv6: '::/0' },
      ]),
    );
  });

  test('asks the log of send-report, in queries and on the dashboard', () => {
    const log = '/timescaledb-telemetry/prod/send-report';
    expect(
      breaking(
        prod.resources('AWS::Logs::QueryDefinition'),
        (query) => property<string[]>(query, 'LogGroupNames').join() === log,
      ),
    ).toEqual([]);
    const [[, dashboard] = []] = prod.resources('AWS::CloudWatch::Dashboard');
    const sources = JSON.stringify(dashboard).match(/SOURCE '[^']+'/g) ?? [];
    expect(new Set(sources)).toEqual(new Set([`SOURCE '${log}'`]));
    expect(sources).toHaveLength(3);
  });

  test('lets functions of a VPC out to the databases, 443 and the proxy, and nobody in', () => {
    const synthesis = synthesise(
      checked({
        defaults: { proxy: 'http://proxy.example.com:3128' },
        networks: {
          main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'], databasePorts: [6_432] },
          own: { securityGroups: ['sg-0a1b2c3d'], subnets: ['subnet-0a1b2c3d'] },
        },
        databases: [
          aDatabase('metrics', { network: 'main', port: 5_433 }),
          aDatabase('elsewhere', { network: 'own', port: 5_434 }),
        ],
      }),
    );
    const groups = synthesis.resources('AWS::EC2::SecurityGroup');
    expect(groups).toHaveLength(1);
    const [, group = { Type: '', Properties: {} }] = groups[0] ?? [];
    expect(group.Properties).not.toHaveProperty('SecurityGroupIngress');
    // As in the last release: EC2 has no other description for a group that is there.
    expect(group.Properties).toMatchObject({
      GroupDescription:
        'Functions of timescaledb-telemetry-test in main: out to databases and 443, nothing in',
      VpcId: 'vpc-0a1b2c3d',
    });
    const rules = property<readonly { readonly FromPort: number; readonly ToPort: number }[]>(
      group,
      'SecurityGroupEgress',
    );
    expect(new Set(rules.map(({ FromPort, ToPort }) => `${FromPort}-${ToPort}`))).toEqual(
      new Set(['443-443', '3128-3128', '5433-5433', '6432-6432']),
    );
    const groupsOf = (database: string): unknown =>
      property<Record<string, unknown>>(
        of(synthesis, database, 'SendReport/Function'),
        'VpcConfig',
      )['SecurityGroupIds'];
    expect(groupsOf('metrics')).toEqual([
      '{{resolve:ssm:/timescaledb-telemetry/test/main/security-group}}',
    ]);
    expect(groupsOf('elsewhere')).toEqual(['sg-0a1b2c3d']);
  });

  test('of networks whose names read alike does not get into each other', () => {
    const network = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] };
    const names = ['main', 'main-Parameter', 'a-b', 'a_b', 'ab', 'constructor'];
    const networks = Object.fromEntries(names.map((name) => [name, network]));
    const { resources } = synthesise(checked({ networks }));
    expect(resources('AWS::EC2::SecurityGroup')).toHaveLength(names.length);
    expect(
      resources('AWS::SSM::Parameter').map(([, { Properties }]) => Properties['Name']),
    ).toEqual(names.map((name) => `/timescaledb-telemetry/test/${name}/security-group`));
  });

  test('is in one stack, which all others come after', () => {
    const outdir = join(inject('folder'), 'stacks-in-order');
    const app = new App({ outdir, analyticsReporting: false });
    createStacks(app, prod.environment, sharedCode());
    const shared = 'timescaledb-telemetry-prod';
    for (const { stackName, environment, tags, dependencies } of app.synth().stacks) {
      expect(environment).toMatchObject({ account: '333333333333', region: 'eu-central-1' });
      expect(tags).toEqual({ project: 'timescaledb-telemetry', environment: 'prod' });
      const before = dependencies.map(({ id }) => id).filter((id) => id === shared);
      expect([stackName, before]).toEqual([stackName, stackName === shared ? [] : [shared]]);
    }
    for (const type of ['AWS::SQS::Queue', 'AWS::Logs::LogGroup', 'AWS::CloudWatch::Dashboard']) {
      for (const [where] of prod.resources(type)) {
        expect(where).toMatch(/^timescaledb-telemetry-prod\//);
      }
    }
  });
});

test('no two environments of one account and region have anything of the same name', () => {
  const prod = synthesise(checked({ databases: [aDatabase('eu-metrics')] }, 'prod'));
  const prodEu = synthesise(checked({ databases: [aDatabase('metrics')] }, 'prod-eu'));
  const namesOf = ({ templates, resources }: Synthesis): readonly string[] => [
    ...Object.keys(templates),
    ...resources().flatMap(([, { Type, Properties }]) =>
      Object.entries(Properties)
        .filter(([key]) => key === 'Name' || key === `${Type.split('::').at(-1)}Name`)
        // A schedule's name is its group's.
        .map(([, name]) => `${Type} ${Properties['GroupName'] ?? ''} ${name}`),
    ),
  ];
  const [some, others] = [namesOf(prod), namesOf(prodEu)];
  expect(some.filter((name) => name.startsWith('AWS::CloudWatch::Alarm'))).toHaveLength(4);
  expect(some.filter((name) => others.includes(name))).toEqual([]);
});

test('no role that is named has the name of one in another region, since roles belong to the account', () => {
  const namesOf = ({ resources }: Synthesis): readonly unknown[] =>
    resources('AWS::IAM::Role').flatMap(([, { Properties }]) => Properties['RoleName'] ?? []);
  const there = namesOf(synthesise(checked({ region: 'us-east-1' })));
  expect(there).toHaveLength(1);
  expect(namesOf(synthesise(checked())).filter((name) => there.includes(name))).toEqual([]);
});

describe('the alarms', () => {
  test('of a database find two ticks without a lawful end, and count no data as none', () => {
    expect(of(prod, 'warehouse', 'Silence').Properties).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      Dimensions: [
        { Name: 'service', Value: 'timescaledb-telemetry' },
        { Name: 'environment', Value: 'prod' },
        { Name: 'database', Value: 'warehouse' },
      ],
      MetricName: 'Completed',
      Period: 3_600,
      EvaluationPeriods: 2,
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(of(prod, 'metrics', 'Silence').Properties).toMatchObject({ Period: 86_400 });
  });

  test('tell the topic of the environment, in both directions, or nobody where there is none', () => {
    const topic = ['arn:aws:sns:eu-central-1:333333333333:database-alarms'];
    const alarms = prod.resources('AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(8);
    for (const [, { Properties }] of alarms) {
      expect(Properties).toMatchObject({ AlarmActions: topic, OKActions: topic });
    }
    for (const [, { Properties }] of synthesise(checked()).resources('AWS::CloudWatch::Alarm')) {
      expect(Properties['AlarmActions'] ?? []).toEqual([]);
    }
  });

  test('watch what the functions write: metrics and dimensions that there are', () => {
    const own = prod
      .resources('AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) => Properties['Namespace'] === METRICS_NAMESPACE);
    expect(own).toHaveLength(6);
    for (const [, { Properties }] of own) {
      expect(METRICS).toContain(Properties['MetricName']);
      const names = (Properties['Dimensions'] as readonly { readonly Name: string }[]).map(
        ({ Name }) => Name,
      );
      expect(names.toSorted()).toEqual(
        names.length === 2 ? ['environment', 'service'] : ['database', 'environment', 'service'],
      );
    }
  });

  test('of the environment ring at the first thing that there is, and not for silence', () => {
    const alarms = new Map(
      prod
        .resources('AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => [String(Properties['AlarmName']), Properties]),
    );
    const atOnce = {
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    };
    expect(alarms.get('timescaledb-telemetry-prod-failed-for-good')).toMatchObject({
      ...atOnce,
      // One in half an hour: an idle queue's figures come late.
      EvaluationPeriods: 6,
      DatapointsToAlarm: 1,
      Namespace: 'AWS/SQS',
      MetricName: 'NumberOfMessagesSent',
      Dimensions: [{ Name: 'QueueName', Value: 'timescaledb-telemetry-prod-failed-runs' }],
      Statistic: 'Sum',
      Period: 300,
    });
    expect(alarms.get('timescaledb-telemetry-prod-undelivered')).toMatchObject({
      ...atOnce,
      EvaluationPeriods: 1,
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'timescaledb-telemetry-prod-undelivered' }],
      Statistic: 'Maximum',
      Period: 300,
    });
    expect(alarms.get('timescaledb-telemetry-prod-known-vulnerable')).toMatchObject({
      ...atOnce,
      // One in a week, since a job may be due that rarely.
      EvaluationPeriods: 7,
      DatapointsToAlarm: 1,
      Namespace: METRICS_NAMESPACE,
      MetricName: 'KnownVulnerable',
      Dimensions: [
        { Name: 'environment', Value: 'prod' },
        { Name: 'service', Value: 'timescaledb-telemetry' },
      ],
      Statistic: 'Maximum',
      // That of the longest tick, or it would ring and fall silent every day.
      Period: 86_400,
    });
  });

  test('of the environment are three: failed for good, undelivered, vulnerable', () => {
    const names = prod
      .resources('AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => String(Properties['AlarmName']))
      .filter((name) => !name.endsWith('-silent'));
    expect(names).toEqual([
      'timescaledb-telemetry-prod-failed-for-good',
      'timescaledb-telemetry-prod-undelivered',
      'timescaledb-telemetry-prod-known-vulnerable',
    ]);
  });
});

describe('the dashboard', () => {
  interface Widget {
    readonly properties: {
      readonly title?: string;
      readonly query?: string;
      readonly metrics?: readonly (readonly (string | { readonly label: string })[])[];
    };
  }

  function widgets(): readonly Widget[] {
    const [[, dashboard] = []] = prod.resources('AWS::CloudWatch::Dashboard');
    const body = dashboard?.Properties['DashboardBody'] as {
      readonly 'Fn::Join': readonly [string, readonly unknown[]];
    };
    const text = body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'here'));
    return JSON.parse(text.join('')).widgets;
  }

  test('has under each title what the title says', () => {
    const queries = widgets().flatMap(({ properties: { title, query } }) =>
      query === undefined ? [] : [[title, query.replace(/^SOURCE '[^']+' \| /, '')]],
    );
    expect(Object.fromEntries(queries)).toEqual({
      'Behind, and by what': OUTDATED,
      'Sent, skipped and failed, by database': BY_DATABASE,
      'Last success, the oldest first': LAST_SUCCESS,
    });
    expect(LAST_SUCCESS).toMatch(/\| sort last_success asc$/);
  });

  test('draws each figure under its own name', () => {
    const drawn = widgets().flatMap(({ properties: { metrics = [] } }) =>
      metrics.map((metric) => {
        const { label } = Object(metric.at(-1));
        return `${label}: ${metric[1]}`;
      }),
    );
    expect([...new Set(drawn)]).toEqual([
      'sent: Sent',
      'checked: Checked',
      'skipped: Skipped',
      'failed attempts: Failed',
      'failed for good: FinalFailures',
      'an outdated TimescaleDB: Outdated',
      'a known vulnerability: KnownVulnerable',
      'p50: Duration',
      'p99: Duration',
      'Maximum: Duration',
      'failed-runs: ApproximateNumberOfMessagesVisible',
      'undelivered: ApproximateNumberOfMessagesVisible',
    ]);
  });
});

test('one database under two targets is found as soon as there are two', () => {
  const [query] = SAVED_QUERIES.filter(({ name }) => name.includes('two targets'));
  expect(query?.query).toMatch(/count_distinct\(database\) as targets[^|]+\| filter targets > 1$/);
});

test('what counts against a quota is every function’s code, and every role', () => {
  expect(figuresOf(prod.environment, 10)).toEqual({
    databases: 5,
    functions: 11,
    stacks: 4,
    codeBytes: 110,
  });
});

test('every field that a saved query asks for is in docs/log-and-metrics.md', () => {
  const root = join(import.meta.dirname, '..', '..', '..');
  const page = readFileSync(join(root, 'docs', 'log-and-metrics.md'), 'utf8');
  const queries = prod
    .resources('AWS::Logs::QueryDefinition')
    .map(([, { Properties }]) => String(Properties['QueryString']));
  expect(queries).toHaveLength(6);
  const fields = new Set(
    queries.flatMap((query) =>
      [...query.matchAll(/\b(version|consent|report|receipt|error|retry)\.(\w+)/g)].map(
        ([, , field = '']) => field,
      ),
    ),
  );
  expect([...fields].filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});
