import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import { SingleDatabaseTelemetry } from '../../../infra/constructs/single-database-telemetry.ts';
import { createSingle } from '../../support/aws/single-database.ts';

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

  test('include the names of another database of the stack', () => {
    const { stack } = createSingle();
    const secret = Secret.fromSecretNameV2(stack, 'Another', 'another');
    const twin = { environment: 'test', name: 'metrics', secret };
    expect(() => new SingleDatabaseTelemetry(stack, 'Twin', twin)).toThrow(
      /name: stack\/Telemetry has the same environment and name/,
    );
    expect(
      () => new SingleDatabaseTelemetry(stack, 'Other', { ...twin, name: 'orders' }),
    ).not.toThrow();
  });

  test('include a name that is a token without the time of the schedule, or in a given group', () => {
    const { problems } = errorOf((stack) => ({
      name: new CfnParameter(stack, 'Name').valueAsString,
      scheduleGroup: ScheduleGroup.fromDefaultScheduleGroup(stack, 'Default'),
    }));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['tickAt', 'scheduleGroup']);
  });
});
