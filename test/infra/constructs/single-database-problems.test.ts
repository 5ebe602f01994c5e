import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { resolveTemplate } from '../../support/aws/compare/resolve-template.ts';
import { createSingle, templateOf } from '../../support/aws/single-database.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

/** Returns the error of properties that TypeScript may reject. */
function errorOf(propsIn: (stack: Stack) => object): EnvironmentError {
  try {
    createSingle(propsIn);
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error('The properties are valid.');
}

function vpcIn(stack: Stack, attributes: object) {
  const ids = { vpcId: 'vpc-0a1b2c3d', availabilityZones: ['a'] };
  return Vpc.fromVpcAttributes(stack, 'Vpc', { ...ids, ...attributes });
}

describe('the problems of a single database', () => {
  test('are all in one error, with the path of the construct', () => {
    const { message, problems } = errorOf((stack) => ({
      environment: 'the environment',
      name: '',
      port: 70_000,
      tls: { mode: 'disable' },
      tickHours: 5,
      logLevel: 'LOUD',
      record: { bucket: Bucket.fromBucketName(stack, 'Bucket', 'bucket'), prefix: '/x' },
      versionData: 'absent.json',
      vpcSubnets: {},
    }));
    expect(message).toContain(
      `SingleDatabaseTelemetry stack/Telemetry has ${problems.length} problems`,
    );
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual(
      [
        ...['environment', 'name', 'port', 'tls.mode', 'tickHours', 'logLevel', 'record.prefix'],
        ...['versionData', 'vpcSubnets'],
      ].toSorted(),
    );
  });

  test.each<[what: string, props: (stack: Stack) => object, problem: RegExp]>([
    [
      'a proxy with a version to compare with',
      () => ({ proxy: 'http://proxy.example.com', delivery: { latestVersion: '2.30.1' } }),
      /^proxy: has no effect/,
    ],
    [
      'a parameter of an environment',
      () => ({ delivery: { latestVersionParameter: '/timescaledb-telemetry/version' } }),
      /^delivery\.latestVersionParameter: .*valueForStringParameter/,
    ],
    [
      'the same secret twice',
      (stack) => {
        const secret = Secret.fromSecretNameV2(stack, 'Same', 'same');
        return { secret, configure: { secret } };
      },
      /^configure\.secret: is also the secret for reporting/,
    ],
    [
      'sizes that need the catalog',
      () => ({ reportSource: 'function', sizes: 'estimated' }),
      /sizes 'estimated' excludes reportSource 'function'/,
    ],
    [
      'a file that archives do not contain',
      (stack) => ({
        code: { bucket: Bucket.fromBucketName(stack, 'Archives', 'archives'), prefix: '' },
        tls: { caFile: 'package.json' },
      }),
      /^code: archives contain no files of yours/,
    ],
    [
      'a public subnet',
      (stack) => ({
        vpc: vpcIn(stack, { publicSubnetIds: ['subnet-0a1b2c3d'] }),
        vpcSubnets: { subnetType: 'Public' },
      }),
      /^vpcSubnets: contains a public subnet/,
    ],
    [
      'too many security groups',
      (stack) => ({
        vpc: vpcIn(stack, { privateSubnetIds: ['subnet-0a1b2c3d'] }),
        securityGroups: Array.from({ length: 6 }, (_, index) =>
          SecurityGroup.fromSecurityGroupId(stack, `Group${index}`, `sg-0a1b2c3${index}`),
        ),
      }),
      /^securityGroups: must contain 1 to 5/,
    ],
    [
      'a database to connect to without a VPC',
      (stack) => ({ connectTo: SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0a1b2c3d') }),
      /^connectTo: has no effect without vpc/,
    ],
    ['a way out without a VPC', () => ({ egress: 'none' }), /^egress: has no effect without vpc/],
    [
      'an unknown way out',
      (stack) => ({
        vpc: vpcIn(stack, { privateSubnetIds: ['subnet-0a1b2c3d'] }),
        egress: 'nat',
      }),
      /^egress: must be vpc or none/,
    ],
    ['a late minute', () => ({ tickAt: { hour: 0, minute: 41 } }), /^tickAt\.minute: .*0 to 40/],
    [
      'an hour after the first tick',
      () => ({ tickHours: 6, tickAt: { hour: 6, minute: 0 } }),
      /^tickAt\.hour: .*0 to 5/,
    ],
    [
      'variables that are too long',
      () => ({ host: 'h'.repeat(253), database: 'd'.repeat(5_000) }),
      /environment variables: take \d+ bytes/,
    ],
  ])('include %s', (_what, props, problem) => {
    expect(errorOf(props).problems).toContainEqual(expect.stringMatching(problem));
  });

  test.each(['proxy', 'doNotTrack', 'tls.mode'])('include a token as %s', (path) => {
    const { problems } = errorOf((stack) => {
      const { valueAsString } = new CfnParameter(stack, 'Parameter');
      const [key = '', inner] = path.split('.');
      return { [key]: inner === undefined ? valueAsString : { [inner]: valueAsString } };
    });
    expect(problems).toEqual([expect.stringMatching(`^${path}: is a token`)]);
  });

  test('include a name that is a token without the time of the schedule, or in a given group', () => {
    const { problems } = errorOf((stack) => ({
      name: new CfnParameter(stack, 'Name').valueAsString,
      scheduleGroup: ScheduleGroup.fromDefaultScheduleGroup(stack, 'Default'),
    }));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['tickAt', 'scheduleGroup']);
  });
});

describe('parameters of a template', () => {
  const VALUES = {
    Environment: 'prod',
    Name: 'metrics.example',
    SecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:reporter-AbCdEf',
    Host: 'db.example.com',
    Port: 5_433,
    Database: 'tsdb',
    ServerName: 'db.internal',
    Level: 'basic',
    Endpoint: 'https://collector.example.com/',
    Minute: 7,
    Hour: 23,
    Archives: 'archives',
    Version: '1.0.0/',
  };

  const single = createSingle((stack) => {
    const text = (id: string) => new CfnParameter(stack, id).valueAsString;
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    return {
      environment: text('Environment'),
      name: text('Name'),
      secret: Secret.fromSecretCompleteArn(stack, 'Reporter', text('SecretArn')),
      host: text('Host'),
      port: number('Port'),
      database: text('Database'),
      tls: { serverName: text('ServerName') },
      levelWhenUnset: text('Level') as 'basic',
      delivery: { endpoint: text('Endpoint') },
      tickAt: { minute: number('Minute'), hour: number('Hour') },
      code: {
        bucket: Bucket.fromBucketName(stack, 'Bucket', text('Archives')),
        prefix: text('Version'),
      },
    };
  }, {});
  const resources = resolveTemplate(templateOf(single), {
    account: ACCOUNT,
    region: REGION,
    parameters: VALUES,
  });
  const of = (type: string) => resources.filter((one) => one.type === `AWS::${type}`);

  test('are in the variables of the functions, which accept them', () => {
    const [sender] = of('Lambda::Function');
    const { Variables } = Object(sender?.properties['Environment']);
    expect(parseSettings(Variables)).toMatchObject({
      target: {
        environment: 'prod',
        name: 'metrics.example',
        secretId: VALUES.SecretArn,
        host: 'db.example.com',
        port: 5_433,
        database: 'tsdb',
        tls: { mode: 'verify-full', serverName: 'db.internal' },
        levelWhenUnset: 'basic',
        tickHours: 24,
      },
      delivery: { endpoint: 'https://collector.example.com/' },
      retry: { scheduleGroup: expect.stringMatching(/^generated-/) },
    });
    expect(sender?.properties['Code']).toEqual({
      S3Bucket: 'archives',
      S3Key: '1.0.0/send-report.zip',
    });
  });

  test('decide the time of the schedule, and the names of the alarm’s dimensions', () => {
    expect(of('Scheduler::Schedule')[0]?.properties).toMatchObject({
      ScheduleExpression: 'cron(7 23 * * ? *)',
      Description: 'Every 24 h: send-report of metrics.example',
    });
    expect(JSON.stringify(of('CloudWatch::Alarm'))).toContain('"Value":"metrics.example"');
  });

  test('leave every name of retries in the group of the database, whose hash is not known', () => {
    const [group] = of('Scheduler::ScheduleGroup');
    const pattern = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/${group?.name}/*`;
    expect(JSON.stringify(of('IAM::Role'))).toContain(`"Resource":"${pattern}"`);
  });

  test('may be the secret of another account, by its partial ARN', () => {
    const foreign = createSingle((stack) => ({
      secret: Secret.fromSecretPartialArn(
        stack,
        'Foreign',
        `arn:aws:secretsmanager:${REGION}:210987654321:secret:reporter`,
      ),
    }));
    const text = JSON.stringify(
      resolveTemplate(templateOf(foreign), { account: ACCOUNT, region: REGION }),
    );
    expect(text).toContain(`:210987654321:secret:reporter-??????"`);
    expect(text).toContain(`\\"secretId\\":\\"arn:aws:secretsmanager:${REGION}:210987654321:`);
  });
});
