import { describe, expect, test } from 'vitest';
import { DATABASE_FUNCTIONS, functionName } from '../../../lib/naming.ts';
import type { DeployedFunction } from '../../support/aws/deployed-roles.ts';
import { allowedOf, isAllowed } from '../../support/aws/policies.ts';
import { INVOKE, READ, retryOf, SEND } from '../../support/aws/requests.ts';
import {
  at,
  ENVIRONMENTS,
  fleet,
  functions,
  metrics,
  prod,
  SECRETS,
  STACKS,
  secretArn,
  senders,
  workers,
} from '../../support/aws/role-fixtures.ts';
import { ACCOUNT } from '../../support/aws/synthesis.ts';

/** The functions of both environments, of an environment with a longer name, and one of another application. */
const EVERY_FUNCTION = [
  ...[...functions, ...workers].map(({ arn }) => arn),
  ...['metrics', 'orders'].flatMap((database) =>
    DATABASE_FUNCTIONS.map((purpose) =>
      at('lambda', `function:${functionName('test-2', database, purpose)}`),
    ),
  ),
  at('lambda', 'function:payroll'),
];

const scheduler = fleet.schedulerOf(metrics.stack);

describe('the scheduler’s role', () => {
  test.each(STACKS)(
    'of $stack may invoke the functions send-report of that stack, and no other function',
    async ({ role, functions: deployed }) => {
      const own = deployed.filter(({ purpose }) => purpose === 'send-report').map(({ arn }) => arn);
      expect(await allowedOf(role, EVERY_FUNCTION, INVOKE)).toEqual(own);
    },
  );

  test('is tested in a stack with several databases and in a stack without databases', () => {
    const counts = STACKS.map(({ functions: deployed }) => deployed.length);
    expect(Math.max(...counts)).toBeGreaterThan(3);
    expect(Math.min(...counts)).toBe(0);
  });

  test.each([
    ['invoke an older version of a function', 'lambda:InvokeFunction', `${metrics.arn}:1`],
    ['change the code of a function', 'lambda:UpdateFunctionCode', metrics.arn],
    ['change the configuration of a function', 'lambda:UpdateFunctionConfiguration', metrics.arn],
    ['allow others to invoke a function', 'lambda:AddPermission', metrics.arn],
    ['invoke a function by its URL', 'lambda:InvokeFunctionUrl', metrics.arn],
  ])('may not %s', async (_, action, resource) => {
    expect(await isAllowed(scheduler, { action, resource })).toBe(false);
  });

  test('may not read any secret', async () => {
    expect(await allowedOf(scheduler, SECRETS, READ)).toEqual([]);
  });
});

test.each(functions)('$title may invoke no function but its worker', async ({ role, arn }) => {
  const request = { ...INVOKE, context: { 'lambda:SourceFunctionArn': arn } };
  const others = EVERY_FUNCTION.filter((one) => !one.endsWith('-database-worker'));
  expect(await allowedOf(role, others, request)).toEqual([]);
});

interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly DeadLetterConfig: { readonly Arn: string };
}

/** Returns the ARN of the secret that a function's variables name, as AWS writes it. */
function secretOf({ target: { secretId }, role }: DeployedFunction): string {
  const named = secretId.startsWith('arn:') ? secretId : secretArn(secretId);
  const complete = /-\w{6}$/.test(named) ? named : `${named}-Qw3rTy`;
  return complete.replace(ACCOUNT, role.account);
}

describe('the permissions suffice:', () => {
  const all = [
    ...STACKS.map(({ role }) => role),
    ...[fleet, prod].map((one) => one.fleetReport().scheduler),
  ];
  const schedulers = new Map(all.map((role) => [role.arn, role]));

  async function expectDelivery(roleArn: string, functionArn: string, queueArn: string) {
    const role = schedulers.get(roleArn);
    if (role === undefined) throw new Error(`There is no role ${roleArn}.`);
    expect(await isAllowed(role, { ...INVOKE, resource: functionArn })).toBe(true);
    expect(await isAllowed(role, { ...SEND, resource: queueArn })).toBe(true);
  }

  const schedules = ENVIRONMENTS.flatMap(({ resources }) => resources('AWS::Scheduler::Schedule'));
  test.each(schedules)('the schedule %s invokes its function or its queue', async (_, schedule) => {
    const { Arn, RoleArn, DeadLetterConfig } = schedule.Properties['Target'] as ScheduleTarget;
    await expectDelivery(RoleArn, Arn, DeadLetterConfig.Arn);
  });

  test.each(senders)('the retry of $title invokes it or its queue', async (sender) => {
    const { functionArn, roleArn, deadLetterQueueArn = '' } = retryOf(sender);
    await expectDelivery(roleArn, functionArn, deadLetterQueueArn);
  });

  test.each(functions)('$title reads the secret that its variables name', async (one) => {
    expect(await isAllowed(one.role, { ...READ, resource: secretOf(one) })).toBe(true);
  });
});
