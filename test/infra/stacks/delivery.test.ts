import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { constructOf, property } from '../../support/aws/constructs.ts';
import { aDatabase, checked, synthesise } from '../../support/aws/synthesis.ts';

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
    ['is that of the environment by default', 'inside', 'http://proxy.example.com:3128'],
    ['is unset for a database that sets null', 'direct', undefined],
    ['is that of a database that sets one', 'own', 'http://other.example.com:3129'],
    ['is unset for a database without network that sets null', 'outside', undefined],
  ])('%s (%s)', (_which, database, proxy) => {
    const { Variables } = property<{ readonly Variables: Record<string, string> }>(
      constructOf(synthesis, database, 'SendReport/Function'),
      'Environment',
    );
    expect(Variables['HTTPS_PROXY']).toBe(proxy);
    expect(Variables['NODE_USE_ENV_PROXY']).toBe(proxy === undefined ? undefined : '1');
  });
});

test('an environment with a bootstrap qualifier uses the bucket and the version of that bootstrap', () => {
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
      constructOf(synthesis, 'metrics', `${construct}/Function`),
      'Environment',
    ).Variables['DELIVERY'];
  };

  test('gives send-report the latest version and no endpoint', () => {
    expect(deliveryOf({ latestVersion: '2.30.1', versionCheckWhenOff: true })).toBe(
      '{"latestVersion":"2.30.1","versionCheckWhenOff":true}',
    );
    expect(deliveryOf({ latestVersion: '2.30.1' }, 'GetReport')).toBeUndefined();
  });

  test('reads the latest version from a parameter at each deployment', () => {
    const parameter = '/timescaledb-telemetry/latest-version';
    const synthesis = synthesise(checked({ delivery: { latestVersionParameter: parameter } }));
    const template = synthesis.templates['timescaledb-telemetry-test-1'];
    expect(template).toMatchObject({
      Parameters: {
        LatestVersionccaefa5f: { Type: 'AWS::SSM::Parameter::Value<String>', Default: parameter },
      },
    });
    expect(deliveryOf({ latestVersionParameter: parameter })).toEqual({
      'Fn::Join': ['', ['{"latestVersion":"', { Ref: 'LatestVersionccaefa5f' }, '"}']],
    });
  });
});

describe('the delivery of a database', () => {
  const NEWEST = '/timescaledb-telemetry/newest';
  const TESTED = '/timescaledb-telemetry/tested';
  const mixed = checked({
    networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
    delivery: { endpoint: 'https://collector.example.com/', proxy: 'http://proxy:3128' },
    defaults: { network: 'main' },
    databases: [
      aDatabase('shared'),
      aDatabase('air-gapped', {
        delivery: { latestVersion: '2.30.1', versionCheckWhenOff: true },
      }),
      aDatabase('one', { delivery: { latestVersionParameter: NEWEST } }),
      aDatabase('other', { delivery: { latestVersionParameter: NEWEST } }),
      aDatabase('third', { delivery: { latestVersionParameter: TESTED } }),
      aDatabase('direct', { delivery: { endpoint: 'https://telemetry.timescale.com/v1/metrics' } }),
      aDatabase('own-proxy', {
        delivery: { endpoint: 'https://other.example.com/', proxy: 'http://other:3129' },
      }),
    ],
  });
  const synthesis = synthesise(mixed);
  const variablesOf = (database: string) =>
    property<{ readonly Variables: Record<string, unknown> }>(
      constructOf(synthesis, database, 'SendReport/Function'),
      'Environment',
    ).Variables;

  test.each([
    ['shared', '{"endpoint":"https://collector.example.com/"}', 'http://proxy:3128'],
    ['air-gapped', '{"latestVersion":"2.30.1","versionCheckWhenOff":true}', undefined],
    ['direct', '{"endpoint":"https://telemetry.timescale.com/v1/metrics"}', undefined],
    ['own-proxy', '{"endpoint":"https://other.example.com/"}', 'http://other:3129'],
  ])('replaces that of the environment as a whole: %s', (database, delivery, proxy) => {
    const variables = variablesOf(database);
    expect(variables['DELIVERY']).toBe(delivery);
    expect(variables['HTTPS_PROXY']).toBe(proxy);
    expect('NODE_USE_ENV_PROXY' in variables).toBe(proxy !== undefined);
  });

  test('has one parameter of the template for each SSM parameter', () => {
    const { Parameters } = z
      .object({ Parameters: z.record(z.string(), z.object({ Default: z.string() })) })
      .parse(synthesis.templates['timescaledb-telemetry-test-1']);
    const ids = new Map(
      Object.entries(Parameters).map(([id, { Default }]) => [Default, id] as const),
    );
    expect([...ids.keys()].filter((name) => name.startsWith('/timescaledb')).toSorted()).toEqual([
      NEWEST,
      TESTED,
    ]);
    for (const [database, name] of [
      ['one', NEWEST],
      ['other', NEWEST],
      ['third', TESTED],
    ] as const) {
      expect(variablesOf(database)['DELIVERY']).toEqual({
        'Fn::Join': ['', ['{"latestVersion":"', { Ref: ids.get(name) }, '"}']],
      });
    }
  });

  test('has a parameter only in the stacks whose databases use it', () => {
    const { templates } = synthesise(
      checked({
        stacks: 2,
        delivery: { latestVersionParameter: NEWEST },
        databases: [aDatabase('metrics')],
      }),
    );
    const stacks = Object.keys(templates).filter((name) =>
      JSON.stringify(templates[name]).includes(NEWEST),
    );
    expect(stacks).toHaveLength(1);
  });

  test('gives functions that send nothing no proxy of the defaults, and opens no port for it', () => {
    const environment = checked({
      networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
      defaults: { network: 'main', proxy: 'http://proxy:3128' },
      databases: [aDatabase('metrics', { delivery: { latestVersion: '2.30.1' } })],
    });
    expect(environment.databases[0]).not.toHaveProperty('proxy');
    const [[, group] = []] = synthesise(environment).resources('AWS::EC2::SecurityGroup');
    expect(JSON.stringify(group)).not.toContain('3128');
  });

  test('prefers the proxy of the database to those of its delivery and of the defaults', () => {
    const endpoint = 'https://collector.example.com/';
    const { databases } = checked({
      networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
      defaults: { network: 'main', proxy: 'http://defaults:3128' },
      databases: [
        aDatabase('defaults', { delivery: { endpoint } }),
        aDatabase('delivery', { delivery: { endpoint, proxy: 'http://delivery:3128' } }),
        aDatabase('own', { delivery: { endpoint }, proxy: 'http://own:3128' }),
        aDatabase('none', { delivery: { endpoint }, proxy: null }),
      ],
    });
    expect(databases.map(({ proxy }) => proxy)).toEqual([
      'http://defaults:3128',
      'http://delivery:3128',
      'http://own:3128',
      undefined,
    ]);
  });
});
