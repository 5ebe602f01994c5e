import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import type { NetworkProps } from '../../../infra/constructs/single-database/props.ts';
import { SingleDatabaseTelemetry } from '../../../infra/constructs/single-database-telemetry.ts';
import { createApp, templatesOf } from '../../support/aws/apps.ts';
import {
  createSingle,
  resourcesOf,
  type SingleDatabase,
} from '../../support/aws/single-database.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const DEPLOYED = { account: ACCOUNT, region: REGION };

/** Returns the warnings of this project; CDK has its own about subnets of imported VPCs. */
function warningsOf({ stack }: SingleDatabase): readonly string[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => String(entry.data))
    .filter((text) => text.includes('[ack: timescaledb-telemetry:'));
}

describe('the network of a single database', () => {
  function vpcIn(stack: Stack) {
    return Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['a'],
      privateSubnetIds: ['subnet-0a1b2c3d'],
      isolatedSubnetIds: ['subnet-9a1b2c3d'],
    });
  }

  test('lets the functions out to the database, 443 and the proxy, and nothing in', () => {
    const single = createSingle((stack) => ({
      vpc: vpcIn(stack),
      port: 6_432,
      proxy: 'http://proxy.example.com:3128',
    }));
    const rules = resourcesOf(single, 'EC2::SecurityGroup').map(({ properties }) => {
      expect(properties['SecurityGroupIngress']).toBeUndefined();
      const egress = properties['SecurityGroupEgress'];
      return (egress as { FromPort: number; CidrIp?: string; CidrIpv6?: string }[]).map(
        ({ FromPort: port, CidrIp: ipv4, CidrIpv6: ipv6 }) => `${ipv4 ?? ipv6} ${port}`,
      );
    });
    const expected = [[6_432], [443, 3_128]].map((ports) =>
      ports.flatMap((port) => [`0.0.0.0/0 ${port}`, `::/0 ${port}`]),
    );
    expect(rules).toEqual(expected);
    for (const { properties } of resourcesOf(single, 'Lambda::Function')) {
      expect(Object(properties['VpcConfig']).SecurityGroupIds).toHaveLength(2);
    }
  });

  test('opens the database for the functions on its port, and no port of other databases', () => {
    const single = createSingle((stack) => ({
      vpc: vpcIn(stack),
      connectTo: SecurityGroup.fromSecurityGroupId(stack, 'Database', 'sg-0a1b2c3d'),
    }));
    expect(JSON.stringify(resourcesOf(single, 'EC2::SecurityGroup'))).not.toContain('5432');
    expect(resourcesOf(single, 'EC2::SecurityGroupIngress')[0]?.properties).toMatchObject({
      GroupId: 'sg-0a1b2c3d',
      SourceSecurityGroupId: 'GroupId-of-TelemetrySecurityGroup3E497398',
      FromPort: 5_432,
      ToPort: 5_432,
    });
    expect(resourcesOf(single, 'EC2::SecurityGroupEgress')[0]?.properties).toMatchObject({
      DestinationSecurityGroupId: 'sg-0a1b2c3d',
      FromPort: 5_432,
    });
  });

  test('contains only the worker with egress none, which reaches nothing but the database', () => {
    const single = createSingle((stack) => ({
      vpc: vpcIn(stack),
      egress: 'none',
    }));
    const [group] = resourcesOf(single, 'EC2::SecurityGroup');
    const egress = JSON.stringify(group?.properties['SecurityGroupEgress']);
    expect(egress).toContain('"ToPort":5432');
    expect(egress).not.toContain('"ToPort":443');
    const inVpc = resourcesOf(single, 'Lambda::Function').filter(
      ({ properties }) => properties['VpcConfig'] !== undefined,
    );
    expect(inVpc.map(({ id }) => id)).toEqual([expect.stringMatching(/DatabaseWorkerFunction/)]);
    const [worker] = inVpc;
    expect(Object(worker?.properties['VpcConfig']).SecurityGroupIds).toEqual([
      `GroupId-of-${group?.id}`,
    ]);
    const { functions, connections } = single.telemetry;
    expect(functions.get('database-worker')?.connections.securityGroups).toEqual(
      connections.securityGroups,
    );
    expect(functions.get('send-report')?.isBoundToVpc).toBe(false);
  });

  const ISOLATED = { subnetType: SubnetType.PRIVATE_ISOLATED };
  const PRIVATE = { subnetType: SubnetType.PRIVATE_WITH_EGRESS };

  test.each<[title: string, props: Partial<NetworkProps>, subnet: string, warning?: string]>([
    ['isolated subnets with egress none', { egress: 'none' }, '9a1b'],
    ['subnets with a way out by default', {}, '0a1b'],
    [
      'subnets with a way out for a worker, with a warning',
      { egress: 'none', vpcSubnets: PRIVATE },
      '0a1b',
      'vpcSubnets: have a route out of the VPC, although egress has the value none; select isolated subnets',
    ],
    [
      'isolated subnets for all functions, with a warning',
      { vpcSubnets: ISOLATED },
      '9a1b',
      'vpcSubnets: are isolated, although egress has the value vpc; create endpoints',
    ],
  ])('has %s', (_, props, subnet, warning) => {
    const single = createSingle((stack) => ({ vpc: vpcIn(stack), ...props }));
    const configurations = resourcesOf(single, 'Lambda::Function').flatMap(
      ({ properties }) => properties['VpcConfig'] ?? [],
    );
    expect(configurations).not.toEqual([]);
    for (const { SubnetIds } of configurations as { SubnetIds: string[] }[]) {
      expect(SubnetIds).toEqual([`subnet-${subnet}2c3d`]);
    }
    expect(warningsOf(single)).toEqual(
      warning === undefined ? [] : [expect.stringContaining(warning)],
    );
  });

  test('warns of a worker in a VPC that has no isolated subnets', () => {
    const single = createSingle((stack) => ({
      vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-0a1b2c3d',
        availabilityZones: ['a'],
        privateSubnetIds: ['subnet-0a1b2c3d'],
      }),
      egress: 'none',
    }));
    expect(warningsOf(single)).toEqual([expect.stringContaining('have a route out of the VPC')]);
  });

  test('can be selected subnets and security groups of the operator', () => {
    const single = createSingle((stack) => ({
      vpc: vpcIn(stack),
      vpcSubnets: { subnets: vpcIn(new Stack()).isolatedSubnets },
      securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Own', 'sg-1a1b2c3d')],
      connectTo: SecurityGroup.fromSecurityGroupId(stack, 'Database', 'sg-0a1b2c3d'),
    }));
    expect(resourcesOf(single, 'EC2::SecurityGroup')).toEqual([]);
    for (const { properties } of resourcesOf(single, 'Lambda::Function')) {
      expect(properties['VpcConfig']).toEqual({
        SubnetIds: ['subnet-9a1b2c3d'],
        SecurityGroupIds: ['sg-1a1b2c3d'],
      });
    }
    expect(resourcesOf(single, 'EC2::SecurityGroupIngress')[0]?.properties).toMatchObject({
      GroupId: 'sg-0a1b2c3d',
      SourceSecurityGroupId: 'sg-1a1b2c3d',
    });
  });

  test('is complete before the functions: they depend on the routes to the internet', () => {
    const app = createApp();
    const stack = new Stack(app, 'stack', { env: DEPLOYED });
    const vpc = new Vpc(stack, 'Vpc', { maxAzs: 1 });
    new SingleDatabaseTelemetry(stack, 'Telemetry', {
      environment: 'test',
      name: 'metrics',
      secret: Secret.fromSecretNameV2(stack, 'Secret', 'test/metrics'),
      ...(Object({ vpc }) as object),
    });
    const functions = Object.values(templatesOf(app)['stack']?.Resources ?? {}).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    expect(functions).toHaveLength(2);
    for (const lambda of functions) {
      expect(JSON.stringify(Reflect.get(lambda, 'DependsOn'))).toMatch(/DefaultRoute/);
    }
  });
});
