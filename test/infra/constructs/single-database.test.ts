import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { SingleDatabaseTelemetry } from '../../../infra/constructs/single-database-telemetry.ts';
import { createApp, templatesOf } from '../../support/aws/apps.ts';
import { resolveTemplate } from '../../support/aws/compare/resolve-template.ts';
import { schemaProblems } from '../../support/aws/resource-schema.ts';
import { serviceProblems } from '../../support/aws/service-limits.ts';
import {
  createSingle,
  importedInputs,
  resourcesOf,
  templateOf,
} from '../../support/aws/single-database.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const DEPLOYED = { account: ACCOUNT, region: REGION };

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
