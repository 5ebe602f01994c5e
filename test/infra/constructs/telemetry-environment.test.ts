import { type App, Stack, Stage } from 'aws-cdk-lib';
import { Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../infra/config/load.ts';
import {
  TelemetryEnvironment,
  type TelemetryEnvironmentProps,
} from '../../../infra/constructs/telemetry-environment.ts';
import { createApp, templatesOf } from '../../support/aws/apps.ts';
import { FIXTURES_FOLDER } from '../../support/aws/fixtures.ts';
import {
  ACCOUNT,
  aDatabase,
  anEnvironment,
  REGION,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const { settings: prod } = await readEnvironment('prod', FIXTURES_FOLDER);

/** Removes the paths of constructs and the hashes of code. */
function comparable(templates: object): unknown {
  return JSON.parse(
    JSON.stringify(templates, (key, value: unknown) =>
      ['Metadata', 'S3Key'].includes(key) ? undefined : value,
    ),
  );
}

function inApp(props: TelemetryEnvironmentProps, name = 'prod') {
  const app = createApp();
  return { app, telemetry: new TelemetryEnvironment(app, name, props) };
}

describe('TelemetryEnvironment', () => {
  test('creates the stacks that npm run deploy creates, with the same names and resources', async () => {
    const { app } = inApp(prod);
    const { templates } = await synthesiseFixture('prod');
    expect(Object.keys(templates)).toHaveLength(5);
    expect(comparable(templatesOf(app))).toEqual(comparable(templates));
  });

  test('has stacks that can be deployed together by the path of the construct', () => {
    const { app } = inApp({ ...anEnvironment(), stacks: 2 });
    expect(app.synth().stacks.map(({ hierarchicalId }) => hierarchicalId)).toEqual([
      'prod/timescaledb-telemetry-prod',
      'prod/timescaledb-telemetry-prod-1',
      'prod/timescaledb-telemetry-prod-2',
    ]);
  });

  test('takes account and region from its stage, and its name from a property', () => {
    const app = createApp();
    const stage = new Stage(app, 'Production', { env: { account: ACCOUNT, region: REGION } });
    const props = { databases: [aDatabase('metrics')], environmentName: 'live' };
    const telemetry = new TelemetryEnvironment(stage, 'Telemetry', props);
    expect(telemetry.environmentName).toBe('live');
    expect(telemetry.sharedStack.stackName).toBe('timescaledb-telemetry-live');
    expect(telemetry.databaseStacks.map(({ account, region }) => [account, region])).toEqual([
      [ACCOUNT, REGION],
    ]);
  });

  test('can be created twice in an app, with different names', () => {
    const app = createApp();
    for (const name of ['dev', 'prod']) new TelemetryEnvironment(app, name, anEnvironment());
    expect(Object.keys(templatesOf(app))).toHaveLength(4);
  });

  test('uses the qualifier of its bootstrap, and leaves that of other stacks', () => {
    const { app } = inApp(anEnvironment({ bootstrapQualifier: 'tsdbtel' }));
    const other = new Stack(app, 'other', { env: { account: ACCOUNT, region: REGION } });
    new Topic(other, 'Topic');
    const roles = app.synth().stacks.map(({ stackName, assumeRoleArn = '' }) => {
      const [, qualifier] = /role\/cdk-(\w+)-/.exec(assumeRoleArn) ?? [];
      return [stackName, qualifier];
    });
    expect(Object.fromEntries(roles)).toEqual({
      other: 'hnb659fds',
      'timescaledb-telemetry-prod': 'tsdbtel',
      'timescaledb-telemetry-prod-1': 'tsdbtel',
    });
  });
});

describe('the members of TelemetryEnvironment', () => {
  function exportsOf(app: App): readonly unknown[] {
    return Object.values(templatesOf(app)).flatMap((template) =>
      Object.keys(template['Outputs'] ?? {}),
    );
  }

  test('are the functions, schedules and alarms of each database', () => {
    const { telemetry } = inApp(prod);
    const orders = telemetry.database('orders');
    expect(orders).toBe(telemetry.database('orders'));
    expect([...orders.functions.keys()]).toEqual(['send-report', 'get-report', 'configure']);
    expect(orders.functions.get('send-report')?.functionName).toMatch(
      /^telemetry-prod-orders-\w{10}-send-report$/,
    );
    expect(orders.schedule.scheduleArn).toBe(
      'arn:aws:scheduler:eu-central-1:333333333333:schedule/timescaledb-telemetry-prod/orders',
    );
    expect(orders.missingRunsAlarm?.alarmName).toBe(
      'timescaledb-telemetry-prod/orders-missing-runs',
    );
    expect([...telemetry.database('metrics').functions.keys()]).not.toContain('configure');
    expect(() => telemetry.database('absent')).toThrow('has no database absent');
  });

  test('are no alarms of databases with alarms: environment', () => {
    const { telemetry } = inApp(anEnvironment({ alarms: 'environment' }));
    expect(telemetry.database('metrics').missingRunsAlarm).toBeUndefined();
  });

  test('are log groups, queues, alarms, the bucket of the record and the report on the fleet', () => {
    const { telemetry } = inApp(prod);
    expect(
      [...telemetry.logGroups].map(([name, { logGroupName }]) => [name, logGroupName]),
    ).toEqual(
      ['send-report', 'get-report', 'configure', 'database-worker'].map((name) => [
        name,
        `/timescaledb-telemetry/prod/${name}`,
      ]),
    );
    expect([...telemetry.alarms.keys()]).toEqual([
      ...['final-failures', 'undelivered', 'known-vulnerable', 'jobs-broken'],
      'missing-fleet-report',
    ]);
    expect(telemetry.failedRunsQueue.queueName).toBe('timescaledb-telemetry-prod-failed-runs');
    expect(telemetry.undeliveredQueue.queueName).toBe('timescaledb-telemetry-prod-undelivered');
    expect(telemetry.recordBucket?.bucketName).toMatch(/^timescaledb-telemetry-prod-\w{12}$/);
    expect(telemetry.fleetReport?.functionName).toBe('telemetry-prod-fleet-report');
    const without = inApp(anEnvironment({ record: false })).telemetry;
    expect([without.recordBucket, without.fleetReport]).toEqual([undefined, undefined]);
  });

  test('are metrics of all runs', () => {
    const { telemetry } = inApp(anEnvironment());
    const { namespace, metricName, dimensions, statistic, period } = telemetry.metricOutdated();
    expect({ namespace, metricName, dimensions, statistic, days: period.toDays() }).toEqual({
      namespace: 'TimescaleDBTelemetry',
      metricName: 'Outdated',
      dimensions: { service: 'timescaledb-telemetry', environment: 'prod' },
      statistic: 'Maximum',
      days: 1,
    });
    expect(telemetry.metric('ReportSize', { statistic: 'p99' }).statistic).toBe('p99');
  });

  test('can be used by other stacks, which then need no exports', () => {
    const { app, telemetry } = inApp(prod);
    const env = { account: '333333333333', region: 'eu-central-1' };
    const role = new Role(new Stack(app, 'operators', { env }), 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    });
    const { functions } = telemetry.database('metrics');
    functions.get('get-report')?.grantInvoke(role);
    telemetry.logGroups.get('send-report')?.grantRead(role);
    telemetry.failedRunsQueue.grantConsumeMessages(role);
    telemetry.recordBucket?.grantRead(role);
    expect(JSON.stringify(templatesOf(app)['operators'])).toMatch(
      /function:telemetry-prod-metrics-\w{10}-get-report/,
    );
    expect(exportsOf(app)).toEqual([]);
  });

  test('are the security groups that it creates in networks', () => {
    const { app, telemetry } = inApp(prod);
    const env = { account: '333333333333', region: 'eu-central-1' };
    const stack = new Stack(app, 'database', { env });
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['eu-central-1a'],
    });
    const database = new SecurityGroup(stack, 'Database', { vpc });
    database.connections.allowFrom(telemetry.securityGroup('main'), Port.POSTGRES);
    expect(telemetry.securityGroup('main')).toBe(telemetry.securityGroup('main'));
    expect(() => telemetry.securityGroup('warehouse')).toThrow('creates no security group');
    const ingress = Object.values(templatesOf(app)['database']?.Resources ?? {}).filter(
      ({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress',
    );
    expect(ingress).toHaveLength(1);
  });
});
