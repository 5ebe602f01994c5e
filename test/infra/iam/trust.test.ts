import { describe, expect, test } from 'vitest';
import { canAssume } from '../../support/aws/policies.ts';
import { GROUP, scheduleArn } from '../../support/aws/requests.ts';
import {
  at,
  fleet,
  functions,
  metrics,
  OTHER_ACCOUNT,
  STACKS,
} from '../../support/aws/role-fixtures.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const group = at('scheduler', `schedule-group/${GROUP}`);
const fromGroup = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': group };

test.each(functions)('the role of $title can be assumed only by Lambda', async ({ role }) => {
  expect(await canAssume(role, 'lambda.amazonaws.com')).toBe(true);
  for (const principal of [
    'scheduler.amazonaws.com',
    'ec2.amazonaws.com',
    'edgelambda.amazonaws.com',
    `arn:aws:iam::${role.account}:role/administrator`,
    `arn:aws:iam::${OTHER_ACCOUNT}:role/administrator`,
  ]) {
    expect(await canAssume(role, principal, fromGroup), principal).toBe(false);
  }
});

describe('the scheduler’s role', () => {
  test.each(STACKS)(
    'of $stack can be assumed for the schedules of its environment',
    async ({ stack, role }) => {
      const name = stack.replace(/-\d+$/, '');
      const own = at('scheduler', `schedule-group/${name}`).replace(ACCOUNT, role.account);
      const context = { 'aws:SourceAccount': role.account, 'aws:SourceArn': own };
      expect(await canAssume(role, 'scheduler.amazonaws.com', context)).toBe(true);
    },
  );

  const scheduler = fleet.schedulerOf(metrics.stack);
  test.each([
    ['schedules of another account', { ...fromGroup, 'aws:SourceAccount': OTHER_ACCOUNT }],
    [
      'schedules of another account in a group of the same name',
      {
        'aws:SourceAccount': OTHER_ACCOUNT,
        'aws:SourceArn': group.replace(ACCOUNT, OTHER_ACCOUNT),
      },
    ],
    [
      'schedules of the default group',
      { ...fromGroup, 'aws:SourceArn': at('scheduler', 'schedule-group/default') },
    ],
    ['schedules of a group with a longer name', { ...fromGroup, 'aws:SourceArn': `${group}-2` }],
    [
      'schedules of a group in another region',
      { ...fromGroup, 'aws:SourceArn': group.replace(REGION, 'us-east-1') },
    ],
    [
      'a request that names a schedule instead of its group',
      { ...fromGroup, 'aws:SourceArn': scheduleArn(GROUP, 'metrics') },
    ],
    ['a request without the group', { 'aws:SourceAccount': ACCOUNT }],
    ['a request without the account', { 'aws:SourceArn': group }],
    ['a request without group and account', {}],
  ])('cannot be assumed for %s', async (_, context) => {
    expect(await canAssume(scheduler, 'scheduler.amazonaws.com', context)).toBe(false);
  });

  test.each([
    ['Lambda', 'lambda.amazonaws.com'],
    ['the rules of EventBridge', 'events.amazonaws.com'],
    ['the pipes of EventBridge', 'pipes.amazonaws.com'],
    ['a function that may pass it', metrics.role.arn],
    ['an administrator', `arn:aws:iam::${ACCOUNT}:role/administrator`],
  ])('cannot be assumed by %s', async (_, principal) => {
    expect(await canAssume(scheduler, principal, fromGroup)).toBe(false);
  });
});
