import { describe, expect, test } from 'vitest';
import { retryPrefix } from '../../../lib/schedule/plan-retry.ts';
import { constructOf, property } from '../../support/aws/constructs.ts';
import { LOG_ACTIONS, NETWORK_ACTIONS } from '../../support/aws/requests.ts';
import {
  aDatabase,
  checked,
  type Resource,
  type Synthesis,
  statementsOf,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

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

  test('allows actions by name and never by wildcard', () => {
    const wild = grantsIn(prod).filter(([, { Action }]) => [Action].flat().join().includes('*'));
    expect(wild).toEqual([]);
  });

  test('has no resource * except for network interfaces, as Lambda requires', () => {
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

  test('reads only the secret of its database and purpose', () => {
    const secretsOf = (construct: string) =>
      statementsOf(constructOf(prod, 'orders', construct))
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

  test('reads only the secret whose ARN is set without suffix', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/metrics';
    const resourcesOf = (secret: string): unknown =>
      checked({ databases: [aDatabase('metrics', { secret })] }).databases[0]?.secret.resources;
    expect(resourcesOf('test/metrics')).toEqual([`${arn}-??????`]);
    expect(resourcesOf(arn)).toEqual([`${arn}-??????`]);
    expect(resourcesOf(`${arn}-abcde`)).toEqual([`${arn}-abcde-??????`]);
    expect(resourcesOf(`${arn}-AbCdEf`)).toEqual([`${arn}-AbCdEf`, `${arn}-AbCdEf-??????`]);
  });

  const SECRET = ['secretsmanager:GetSecretValue'];
  const RETRY = ['iam:PassRole', 'scheduler:CreateSchedule'];

  test.each([
    [
      'get-report without VPC to read its secret and to log',
      'vendor',
      'GetReport',
      [...LOG_ACTIONS, ...SECRET],
    ],
    [
      'get-report in a VPC to manage its network interface, too',
      'metrics',
      'GetReport',
      [...NETWORK_ACTIONS, ...LOG_ACTIONS, ...SECRET],
    ],
    [
      'get-report with a key to decrypt, too',
      'orders',
      'GetReport',
      [...NETWORK_ACTIONS, 'kms:Decrypt', ...LOG_ACTIONS, ...SECRET],
    ],
    [
      'send-report to schedule retries, to record runs and to send failed events to the queue',
      'vendor',
      'SendReport',
      [...LOG_ACTIONS, ...RETRY, ...SECRET, 's3:PutObject', 'sqs:SendMessage'],
    ],
    [
      'configure to send failed events to the queue',
      'orders',
      'Configure',
      [...NETWORK_ACTIONS, 'kms:Decrypt', ...LOG_ACTIONS, ...SECRET, 'sqs:SendMessage'],
    ],
  ])('allows %s, and nothing else', (_what, database, construct, expected) => {
    expect(actions(constructOf(prod, database, `${construct}/Role`))).toEqual(expected.toSorted());
  });

  test('cannot create schedules for a database with a longer name', () => {
    const schedulesOf = (database: string): string => {
      const [statement] = statementsOf(constructOf(prod, database, 'SendReport/Role')).filter(
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

  test('of a scheduler can be assumed only for schedules of its environment', () => {
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

  test('of a scheduler can invoke exactly the functions send-report of its stack', () => {
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
