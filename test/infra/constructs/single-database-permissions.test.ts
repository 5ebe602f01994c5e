import type { Stack, StackProps } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import type { SingleDatabaseTelemetryProps } from '../../../infra/constructs/single-database/props.ts';
import { describeDatabase } from '../../support/aws/compare/database-deployment.ts';
import { type Deployed, resolveTemplate } from '../../support/aws/compare/resolve-template.ts';
import { createSingle, importedInputs, templateOf } from '../../support/aws/single-database.ts';
import { ACCOUNT, aDatabase, checked, REGION, synthesise } from '../../support/aws/synthesis.ts';

const NAMES = { environment: 'test', name: 'metrics' };

/** Describes a database of an environment. */
function inEnvironment(
  settings: Partial<EnvironmentSettings>,
  database: Partial<DatabaseSettings>,
  deployed: Deployed,
) {
  const { region } = deployed;
  const databases = [aDatabase('metrics', database)];
  const { templates } = synthesise(checked({ ...settings, databases, region }));
  const resources = Object.values(templates).flatMap((one) => resolveTemplate(one, deployed));
  return describeDatabase(resources, NAMES);
}

/** Describes a database in a stack of its own. */
function alone(
  props: (stack: Stack) => Partial<SingleDatabaseTelemetryProps>,
  deployed: Deployed,
  stackProps?: StackProps,
) {
  const template = templateOf(createSingle(props, stackProps));
  return describeDatabase(resolveTemplate(template, deployed), NAMES);
}

/** Settings that both accept, which set everything that the other inputs do not. */
const SETTINGS = {
  host: 'db.example.com',
  port: 5_433,
  database: 'tsdb',
  tls: { mode: 'verify-ca' },
  levelWhenUnset: 'basic',
  reportSource: 'catalog',
  sizes: 'estimated',
  tickHours: 6,
  doNotTrack: true,
  proxy: 'http://proxy.example.com:3128',
  delivery: { endpoint: 'https://collector.example.com/' },
} as const satisfies Partial<DatabaseSettings & SingleDatabaseTelemetryProps>;

describe.each<Deployed & { readonly urlSuffix: string }>([
  { account: ACCOUNT, region: REGION, partition: 'aws', urlSuffix: 'amazonaws.com' },
  { account: ACCOUNT, region: 'cn-north-1', partition: 'aws-cn', urlSuffix: 'amazonaws.com.cn' },
  {
    account: ACCOUNT,
    region: 'us-gov-west-1',
    partition: 'aws-us-gov',
    urlSuffix: 'amazonaws.com',
  },
])('in $region, the deployment of a single database', (deployed) => {
  const { account, region, partition } = deployed;
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const kmsKey = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

  test('has the permissions, schedule and limits of the same database in an environment', () => {
    const expected = inEnvironment({ record: false }, {}, deployed);
    expect(alone(() => ({}), deployed, { env: { account, region } })).toEqual(expected);
    expect(Object.keys(expected.functions)).toEqual(['send-report', 'get-report']);
  });

  test('has them with every setting, a VPC, keys, a record and configure, in a stack without account and region', () => {
    const expected = inEnvironment(
      {
        record: { bucket: 'company-telemetry', prefix: 'telemetry', kmsKey },
        alarmTopic: arn('sns', 'database-alarms'),
        networks: {
          main: {
            subnets: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
            securityGroups: ['sg-0a1b2c3d'],
          },
        },
        logRetentionDays: 30,
        logLevel: 'DEBUG',
      },
      {
        ...SETTINGS,
        network: 'main',
        secret: 'fleet/reporter',
        kmsKey,
        configure: { secret: 'fleet/administrator' },
      },
      deployed,
    );
    const single = alone(
      (stack) => ({
        ...SETTINGS,
        ...importedInputs(stack),
        logRetention: RetentionDays.ONE_MONTH,
        logLevel: 'DEBUG',
      }),
      deployed,
      {},
    );
    expect(single).toEqual(expected);
    expect(Object.keys(expected.functions)).toHaveLength(3);
  });

  test('has them in private subnets without a way out', () => {
    const main = {
      subnets: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'],
      securityGroups: ['sg-0a1b2c3d'],
      egress: 'none',
    } as const;
    const expected = inEnvironment(
      { record: false, networks: { main } },
      { network: 'main' },
      deployed,
    );
    const single = alone(
      (stack) => ({ vpc: importedInputs(stack).vpc, egress: 'none' }),
      deployed,
      {},
    );
    expect(single).toEqual(expected);
    expect(Object.keys(expected.functions)).toEqual([
      ...['send-report', 'get-report', 'database-worker'],
    ]);
  });
});
