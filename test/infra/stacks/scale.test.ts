import { expect, test } from 'vitest';
import { figuresOf, quotaWarnings } from '../../../infra/config/quotas.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { aFleet, FLEET_STACKS } from '../../support/aws/fleet.ts';
import { synthesise } from '../../support/aws/synthesis.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';

test(
  'a thousand databases: no stack is full, none too large, and no name is there twice',
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
    expect(functions).toHaveLength(2_100);
    expect(new Set(functions).size).toBe(2_100);
    expect(warnings).toEqual([expect.stringContaining('2132 of 1000 IAM roles per account')]);
  },
  upperBound(120_000),
);

test('the quotas that a thousand databases pass are named, with what to do', () => {
  const environment = checkEnvironment('test', aFleet(1_000, FLEET_STACKS), Date.now());
  expect(quotaWarnings(figuresOf(environment, 660_000))).toEqual([
    "It takes 2132 of 1000 IAM roles per account, which is AWS's default: have the quota raised before you deploy, or use another account.",
  ]);
});

const SMALL = { databases: 1, functions: 2, alarms: 4, stacks: 1, codeBytes: 0 };

test.each([
  ['IAM roles per account', { functions: 1_000 }],
  ['bytes of Lambda code per region', { codeBytes: 75_000_000_001 }],
  ['EventBridge Scheduler schedules per region', { databases: 5_000_001 }],
  ['CloudWatch alarms per region', { alarms: 5_001 }],
  ['CloudFormation stacks per region', { stacks: 2_000 }],
])('the quota of %s is warned of as soon as it is passed', (name, figures) => {
  const warnings = quotaWarnings({ ...SMALL, ...figures });
  expect(warnings.filter((warning) => warning.includes(name))).toHaveLength(1);
});

test('a small environment passes none', () => {
  const environment = checkEnvironment('test', aFleet(400, 16), Date.now());
  expect(quotaWarnings(figuresOf(environment, 660_000))).toEqual([]);
});
