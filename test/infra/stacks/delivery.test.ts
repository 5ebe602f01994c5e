import { describe, expect, test } from 'vitest';
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
    ['of the environment', 'inside', 'http://proxy.example.com:3128'],
    ['of none, where a database wants none', 'direct', undefined],
    ['of its own', 'own', 'http://other.example.com:3129'],
    ['of none, outside of every network', 'outside', undefined],
  ])('is %s for database %s', (_whose, database, proxy) => {
    const { Variables } = property<{ readonly Variables: Record<string, string> }>(
      constructOf(synthesis, database, 'SendReport/Function'),
      'Environment',
    );
    expect(Variables['HTTPS_PROXY']).toBe(proxy);
    expect(Variables['NODE_USE_ENV_PROXY']).toBe(proxy === undefined ? undefined : '1');
  });
});

test("an environment with a bootstrap qualifier uses that bootstrap's bucket and roles", () => {
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
        LatestVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: parameter },
      },
    });
    expect(deliveryOf({ latestVersionParameter: parameter })).toEqual({
      'Fn::Join': ['', ['{"latestVersion":"', { Ref: 'LatestVersion' }, '"}']],
    });
  });
});
