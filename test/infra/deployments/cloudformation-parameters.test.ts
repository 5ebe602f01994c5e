import { describe, expect, test } from 'vitest';
import {
  BOUNDARY,
  KEY,
  SECRET,
  TEMPLATE,
  TOPIC,
} from '../../support/aws/cloudformation-example.ts';
import type { Json } from '../../support/aws/intrinsics.ts';

describe('the parameters', () => {
  const declared = () => Object.entries(Object(TEMPLATE['Parameters'])) as [string, Json][];

  test('are all used and described, and only four are required', () => {
    const rest = JSON.stringify({ ...TEMPLATE, Parameters: {}, Metadata: {} });
    const isUsed = (name: string) =>
      rest.includes(`{"Ref":"${name}"}`) || rest.includes(`\${${name}}`);
    expect(declared().filter(([name]) => !isUsed(name))).toEqual([]);
    expect(declared().filter(([, { Description: one }]) => one === undefined)).toEqual([]);
    const required = declared()
      .filter(([, one]) => !('Default' in one))
      .map(([name]) => name);
    expect(required).toEqual(['Database', 'SecretArn', 'CodeBucket', 'CodePrefix']);
  });

  test.each([
    ['Database', 'metrics', 'a/b'],
    ['SecretArn', SECRET, 'postgres://role:password@host/db'],
    ['SecretArn', SECRET, SECRET.replace('metrics', '*')],
    ['SecretArn', SECRET, SECRET.replace('metrics', '???????')],
    ['AdministratorSecretArn', SECRET, SECRET.replace('metrics', '*')],
    ['SecretKeyArn', KEY, 'alias/key'],
    ['SecretKeyArn', '', '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
    ['AdministratorSecretArn', '', 'test/administrator'],
    ['CodePrefix', 'telemetry/1.0.0/', '1.0.0'],
    ['VpcId', 'vpc-0a1b2c3d', 'subnet-0a1b2c3d'],
    ['AlarmTopicArn', TOPIC, 'alarms'],
    ['RecordBucket', 'company-telemetry', 'company-*'],
    ['RecordBucket', '', 'company-telemetry/prod'],
    ['PermissionsBoundaryArn', BOUNDARY, 'company-boundary'],
  ])('%s accepts %j and rejects %j', (name, accepted, rejected) => {
    const [, parameter] = declared().find(([one]) => one === name) ?? [];
    const pattern = new RegExp(`^(?:${parameter?.['AllowedPattern']})$`);
    expect(pattern.test(accepted)).toBe(true);
    expect(pattern.test(rejected)).toBe(false);
  });

  test('have a default that is one of the allowed values, with the same type', () => {
    const wrong = declared().filter(
      ([, { Default: initial, AllowedValues: allowed }]) =>
        Array.isArray(allowed) && !allowed.includes(initial),
    );
    expect(wrong).toEqual([]);
  });

  test('must name two secrets for reporting and configure', () => {
    const { Assertions: assertions } = Object(TEMPLATE['Rules']).SecretOfConfigure;
    const isSame = { 'Fn::Equals': [{ Ref: 'AdministratorSecretArn' }, { Ref: 'SecretArn' }] };
    expect(assertions).toMatchObject([{ Assert: { 'Fn::Not': [isSame] } }]);
  });

  /** Names for which a linter expects NoEcho, as of parameters with the value of a secret. */
  const sensitive = () =>
    declared().filter(([name]) => /secret|password|credential|token|login/i.test(name));

  test('with a name like that of a secret are ARNs of secrets and keys, and say so', () => {
    const names = sensitive().map(([name]) => name);
    expect(names).toEqual([
      'SecretArn',
      'SecretKeyArn',
      'AdministratorSecretArn',
      'AdministratorSecretKeyArn',
    ]);
    const values = ['hunter2', 'postgres://role:password@host/db', '{"password": "hunter2"}'];
    for (const [name, { Description: description, AllowedPattern: allowed }] of sensitive()) {
      const isKey = name.endsWith('KeyArn');
      expect(description).toMatch(isKey ? /^ARN of / : /^Complete ARN of .*, never its value/);
      const pattern = new RegExp(`^(?:${allowed})$`);
      expect([isKey ? KEY : SECRET, ...values].filter((one) => pattern.test(one))).toHaveLength(1);
    }
  });

  test('are the only way in for secrets: the template resolves none, and sets no password', () => {
    const text = JSON.stringify(TEMPLATE);
    expect(text).not.toMatch(/\{\{resolve:/);
    expect(text).not.toMatch(/password|SecretString/i);
  });

  test('are all under a heading of the console', () => {
    const groups = Object(TEMPLATE['Metadata'])['AWS::CloudFormation::Interface'].ParameterGroups;
    const shown = groups.flatMap(({ Parameters }: { readonly Parameters: string[] }) => Parameters);
    expect(shown.toSorted()).toEqual(
      declared()
        .map(([name]) => name)
        .toSorted(),
    );
  });
});
