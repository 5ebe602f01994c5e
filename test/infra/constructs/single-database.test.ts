import { Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { SingleDatabaseTelemetry } from '../../../infra/constructs/single-database-telemetry.ts';
import { createApp, templatesOf } from '../../support/aws/apps.ts';
import {
  type DeployedResource,
  resolveTemplate,
} from '../../support/aws/compare/resolve-template.ts';
import { schemaProblems } from '../../support/aws/resource-schema.ts';
import { serviceProblems } from '../../support/aws/service-limits.ts';
import { createSingle, importedInputs, templateOf } from '../../support/aws/single-database.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const DEPLOYED = { account: ACCOUNT, region: REGION };

/** Returns the resources of one type as they are deployed. */
function resourcesOf(
  single: ReturnType<typeof createSingle>,
  type: string,
): readonly DeployedResource[] {
  return resolveTemplate(templateOf(single), DEPLOYED).filter((one) => one.type === `AWS::${type}`);
}

describe('the template of a single database', () => {
  const everything = createSingle(importedInputs);

  test('has no problems with the schemas of its resources and the limits of the services', () => {
    const template = templateOf(everything);
    const resolved = resolveTemplate(template, DEPLOYED).map(
      ({ id, type, properties }) => [id, { Type: type, Properties: properties }] as const,
    );
    expect(resolved.length).toBeGreaterThan(20);
    expect([...schemaProblems(template), ...serviceProblems(template)]).toEqual([]);
    const Resources = Object.fromEntries(resolved);
    expect([...schemaProblems({ Resources }), ...serviceProblems({ Resources })]).toEqual([]);
  });

  test('sets no name, so that it can be deployed more than once', () => {
    const names = Object.entries(templateOf(everything).Resources).flatMap(([id, { Properties }]) =>
      Object.keys(Properties ?? {})
        .filter((key) => /^(Name|\w*[a-z]Name)$/.test(key))
        .map((key) => `${id}.${key}`),
    );
    expect(names.map((name) => name.replace(/^\w+\./, '')).toSorted()).toEqual([
      // References to functions and to the group, names of metrics, and the name of a policy within its role.
      ...['FunctionName', 'FunctionName', 'FunctionName', 'GroupName'],
      ...Array.from({ length: 5 }, () => 'MetricName'),
      'PolicyName',
    ]);
  });

  test('keeps the logs, which prove what was sent', () => {
    const { Resources } = templateOf(everything);
    const logs = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Logs::LogGroup');
    expect(logs).toHaveLength(3);
    for (const log of logs) {
      expect(log).toMatchObject({
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });

  test('has two databases if the stack has', () => {
    const app = createApp();
    const stack = new Stack(app, 'stack', { env: DEPLOYED });
    for (const name of ['metrics', 'orders']) {
      const secret = Secret.fromSecretNameV2(stack, `Secret-${name}`, `test/${name}`);
      new SingleDatabaseTelemetry(stack, name, { environment: 'test', name, secret });
    }
    const template = templatesOf(app)['stack'];
    const deployed = resolveTemplate(template ?? {}, DEPLOYED);
    expect(deployed.filter(({ type }) => type === 'AWS::Scheduler::Schedule')).toHaveLength(2);
    expect(new Set(deployed.map(({ arn, id }) => arn ?? id)).size).toBe(deployed.length);
  });
});

describe('a schedule group', () => {
  test('that is given contains the schedule, and is the only one of the trust and of retries', () => {
    const single = createSingle((stack) => ({
      scheduleGroup: ScheduleGroup.fromDefaultScheduleGroup(stack, 'Default'),
    }));
    expect(resourcesOf(single, 'Scheduler::ScheduleGroup')).toEqual([]);
    const [schedule] = resourcesOf(single, 'Scheduler::Schedule');
    expect(schedule?.properties['GroupName']).toBe('default');
    const roles = JSON.stringify(resourcesOf(single, 'IAM::Role'));
    expect(roles).toContain(`arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/default`);
    expect(roles).toMatch(/:schedule\/default\/[0-9a-f]{24}-\*/);
    expect(single.telemetry.scheduleGroup.scheduleGroupName).toBe('default');
  });
});

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
    const [group] = resourcesOf(single, 'EC2::SecurityGroup');
    const { SecurityGroupEgress: egress, SecurityGroupIngress: ingress } = group?.properties ?? {};
    const rules = (egress as { FromPort: number; CidrIp?: string; CidrIpv6?: string }[]).map(
      ({ FromPort: port, CidrIp: ipv4, CidrIpv6: ipv6 }) => `${ipv4 ?? ipv6} ${port}`,
    );
    expect(rules).toEqual(
      [443, 6_432, 3_128].flatMap((port) => [`0.0.0.0/0 ${port}`, `::/0 ${port}`]),
    );
    expect(ingress).toBeUndefined();
  });

  test('opens the database for the functions on its port, and no port of other databases', () => {
    const single = createSingle((stack) => ({
      vpc: vpcIn(stack),
      connectTo: SecurityGroup.fromSecurityGroupId(stack, 'Database', 'sg-0a1b2c3d'),
    }));
    const [group] = resourcesOf(single, 'EC2::SecurityGroup');
    expect(JSON.stringify(group?.properties['SecurityGroupEgress'])).not.toContain('5432');
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

describe('the members of a single database', () => {
  const single = createSingle(importedInputs);
  const { telemetry, stack } = single;

  test('are its functions, which can be invoked and measured', () => {
    expect([...telemetry.functions.keys()]).toEqual(['send-report', 'get-report', 'configure']);
    const role = new Role(stack, 'Operator', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    });
    const getReport = telemetry.functions.get('get-report');
    getReport?.grantInvoke(role);
    const policies = resourcesOf(single, 'IAM::Policy').filter(({ id }) =>
      id.startsWith('Operator'),
    );
    const [lambda] = resourcesOf(single, 'Lambda::Function').filter(({ id }) =>
      /GetReport/.test(id),
    );
    expect(JSON.stringify(policies)).toContain(lambda?.arn);
    expect(stack.resolve(getReport?.metricErrors().dimensions)).toHaveProperty('FunctionName');
    expect(getReport?.connections.securityGroups).toEqual(telemetry.connections.securityGroups);
  });

  test('are its schedule, queues, logs and alarms', () => {
    const [schedule] = resourcesOf(single, 'Scheduler::Schedule');
    expect(stack.resolve(telemetry.schedule.scheduleArn)).toEqual({
      'Fn::GetAtt': [schedule?.id, 'Arn'],
    });
    expect(telemetry.schedule.scheduleRef.scheduleName).toBe(telemetry.schedule.scheduleName);
    expect([...telemetry.logGroups.keys()]).toEqual([...telemetry.functions.keys()]);
    expect([...telemetry.alarms.keys()]).toEqual([
      ...['missing-runs', 'final-failures', 'undelivered', 'known-vulnerable', 'jobs-broken'],
    ]);
    expect(telemetry.missingRunsAlarm).toBe(telemetry.alarms.get('missing-runs'));
    const queues = [telemetry.failedRunsQueue, telemetry.undeliveredQueue];
    expect(queues.map((queue) => stack.resolve(queue.queueArn))).toEqual(
      resourcesOf(single, 'SQS::Queue').map(({ id }) => ({ 'Fn::GetAtt': [id, 'Arn'] })),
    );
  });

  test('are metrics of its own runs', () => {
    expect(telemetry.metricSent().dimensions).toEqual({
      service: 'timescaledb-telemetry',
      environment: 'test',
      database: 'metrics',
    });
  });

  test('are no security groups without a VPC, and no alarms with alarms: false', () => {
    const plain = createSingle(() => ({ alarms: false }));
    expect(() => plain.telemetry.connections).toThrow('has no vpc');
    expect([...plain.telemetry.alarms]).toEqual([]);
    expect(resourcesOf(plain, 'CloudWatch::Alarm')).toEqual([]);
    const [sender] = resourcesOf(plain, 'Lambda::Function');
    expect(JSON.stringify(sender?.properties)).not.toContain('METRICS');
  });
});

test('every alarm of a single database publishes to its topic, about its own queues and runs', () => {
  const alarms = resourcesOf(createSingle(importedInputs), 'CloudWatch::Alarm');
  expect(alarms).toHaveLength(5);
  for (const { properties } of alarms) {
    const topic = [`arn:aws:sns:${REGION}:${ACCOUNT}:database-alarms`];
    expect(properties).toMatchObject({ AlarmActions: topic, OKActions: topic });
    expect(JSON.stringify(properties['Dimensions'])).toMatch(/"metrics"|FailedRuns|Undelivered/);
  }
});

test('the code comes from archives in a bucket, if they are given', () => {
  const single = createSingle((stack) => ({
    code: { bucket: Bucket.fromBucketName(stack, 'Archives', 'archives'), prefix: '1.0.0/' },
  }));
  const codes = resourcesOf(single, 'Lambda::Function').map(({ properties }) => properties['Code']);
  expect(codes).toEqual([
    { S3Bucket: 'archives', S3Key: '1.0.0/send-report.zip' },
    { S3Bucket: 'archives', S3Key: '1.0.0/get-report.zip' },
  ]);
});
