import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { describe, expect, inject, test } from 'vitest';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { breaking, constructOf, property } from '../../support/aws/constructs.ts';
import {
  aDatabase,
  checked,
  type Synthesis,
  sharedCode,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

describe('the shared stack', () => {
  test('has queues that are encrypted and reject plain text', () => {
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

  test('keeps failed events for 14 days, the maximum of SQS', () => {
    expect(
      breaking(
        prod.resources('AWS::SQS::Queue'),
        (queue) => property(queue, 'MessageRetentionPeriod') === 14 * 86_400,
      ),
    ).toEqual([]);
  });

  test('publishes the id of the security group that it created', () => {
    const shared = prod.templates['timescaledb-telemetry-prod']?.Resources ?? {};
    const [groupId] = Object.entries(shared)
      .filter(([, { Type }]) => Type === 'AWS::EC2::SecurityGroup')
      .map(([id]) => id);
    const [[, parameter] = []] = prod.resources('AWS::SSM::Parameter');
    const name = '/timescaledb-telemetry/prod/main/security-group';
    expect(parameter?.Properties).toMatchObject({
      Name: name,
      Value: { 'Fn::GetAtt': [groupId, 'GroupId'] },
    });
    expect(property(constructOf(prod, 'metrics', 'GetReport/Function'), 'VpcConfig')).toMatchObject(
      { SubnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'] },
    );
    expect(JSON.stringify(prod.templates)).toContain(`{{resolve:ssm:${name}}}`);
  });

  test.each([
    ['http://proxy.example.com', [80, 443, 5_432]],
    ['https://proxy.example.com', [443, 5_432]],
    ['http://proxy.example.com:8080', [443, 5_432, 8_080]],
  ])('allows outbound connections to the proxy %s, over IPv4 and IPv6', (proxy, ports) => {
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

  test('has saved queries and dashboard tables for the log group of send-report', () => {
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

  test('allows outbound connections to databases, 443 and the proxy, and no inbound ones', () => {
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
    // The second one is for functions that leave the network.
    expect(groups).toHaveLength(2);
    const [, group = { Type: '', Properties: {} }] = groups[0] ?? [];
    expect(group.Properties).not.toHaveProperty('SecurityGroupIngress');
    // The same text as in the previous release: EC2 cannot change the description of a group.
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
        constructOf(synthesis, database, 'SendReport/Function'),
        'VpcConfig',
      )['SecurityGroupIds'];
    expect(groupsOf('metrics')).toEqual([
      '{{resolve:ssm:/timescaledb-telemetry/test/main/security-group}}',
      '{{resolve:ssm:/timescaledb-telemetry/test/main/egress-security-group}}',
    ]);
    expect(groupsOf('elsewhere')).toEqual(['sg-0a1b2c3d']);
  });

  test('creates two security groups for each network, also when names are similar', () => {
    const network = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] };
    const names = ['main', 'main-Parameter', 'mainEgress', 'a-b', 'a_b', 'ab', 'constructor'];
    const networks = Object.fromEntries(names.map((name) => [name, network]));
    const { resources } = synthesise(checked({ networks }));
    expect(resources('AWS::EC2::SecurityGroup')).toHaveLength(2 * names.length);
    expect(
      resources('AWS::SSM::Parameter').map(([, { Properties }]) => Properties['Name']),
    ).toEqual(
      names.flatMap((name) =>
        ['security-group', 'egress-security-group'].map(
          (group) => `/timescaledb-telemetry/test/${name}/${group}`,
        ),
      ),
    );
  });

  test('contains the shared resources, and all other stacks depend on it', () => {
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

test('two environments of one account and region have no name in common', () => {
  const prod = synthesise(checked({ databases: [aDatabase('eu-metrics')] }, 'prod'));
  const prodEu = synthesise(checked({ databases: [aDatabase('metrics')] }, 'prod-eu'));
  const namesOf = ({ templates, resources }: Synthesis): readonly string[] => [
    ...Object.keys(templates),
    ...resources().flatMap(([, { Type, Properties }]) =>
      Object.entries(Properties)
        .filter(([key]) => key === 'Name' || key === `${Type.split('::').at(-1)}Name`)
        // The name of a schedule is unique in its group only.
        // Likewise that of a saved query of Athena.
        .map(
          ([, name]) =>
            `${Type} ${Properties['GroupName'] ?? Properties['WorkGroup'] ?? ''} ${name}`,
        ),
    ),
  ];
  const [some, others] = [namesOf(prod), namesOf(prodEu)];
  expect(some.filter((name) => name.startsWith('AWS::CloudWatch::Alarm'))).toHaveLength(6);
  expect(some.filter((name) => others.includes(name))).toEqual([]);
});

test('the named roles of two regions have different names, because roles are global', () => {
  const namesOf = ({ resources }: Synthesis): readonly unknown[] =>
    resources('AWS::IAM::Role').flatMap(([, { Properties }]) => Properties['RoleName'] ?? []);
  const there = namesOf(synthesise(checked({ region: 'us-east-1' })));
  expect(there).toHaveLength(2);
  expect(namesOf(synthesise(checked())).filter((name) => there.includes(name))).toEqual([]);
});
