import { expect, test } from 'vitest';
import { figuresOf, quotaWarnings } from '../../../infra/config/quotas.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { aFleet, FLEET_STACKS } from '../../support/aws/fleet.ts';
import { synthesise } from '../../support/aws/synthesis.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';

test(
  'synthesises a thousand databases without full stacks, large templates or duplicate names',
  () => {
    const environment = checkEnvironment('test', aFleet(1_000, FLEET_STACKS), Date.now());
    const { templates, texts, resources, warnings } = synthesise(environment);

    expect(Object.keys(templates)).toHaveLength(1 + FLEET_STACKS);
    for (const [stack, { Resources }] of Object.entries(templates)) {
      expect([stack, Object.keys(Resources).length < 450]).toEqual([stack, true]);
      expect([stack, (texts[stack] ?? '').length < 900_000]).toEqual([stack, true]);
    }
    const functions = resources('AWS::Lambda::Function').map(
      ([, { Properties }]) => Properties['FunctionName'],
    );
    expect(functions).toHaveLength(2_101);
    expect(new Set(functions).size).toBe(2_101);
    expect(warnings).toEqual([expect.stringContaining('2134 IAM roles per account')]);
  },
  upperBound(120_000),
);

test('names the quotas that a thousand databases exceed, with the remedy', () => {
  const environment = checkEnvironment('test', aFleet(1_000, FLEET_STACKS), Date.now());
  expect(quotaWarnings(figuresOf(environment, 660_000))).toEqual([
    'The environment needs 2134 IAM roles per account, but the default quota is 1000: request an increase in Service Quotas before you deploy, or use another account.',
  ]);
});

const SMALL = { databases: 1, functions: 2, alarms: 4, stacks: 1, codeBytes: 0 };

test.each([
  ['IAM roles per account', { functions: 1_000 }],
  ['bytes of Lambda code per region', { codeBytes: 75_000_000_001 }],
  ['EventBridge Scheduler schedules per region', { databases: 5_000_001 }],
  ['CloudWatch alarms per region', { alarms: 5_001 }],
  ['CloudFormation stacks per region', { stacks: 2_000 }],
])('warns when the quota of %s is exceeded', (name, figures) => {
  const warnings = quotaWarnings({ ...SMALL, ...figures });
  expect(warnings.filter((warning) => warning.includes(name))).toHaveLength(1);
});

test('does not warn of quotas for a small environment', () => {
  const environment = checkEnvironment('test', aFleet(400, 16), Date.now());
  expect(quotaWarnings(figuresOf(environment, 660_000))).toEqual([]);
});
