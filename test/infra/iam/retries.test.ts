import { describe, expect, test } from 'vitest';
import { retryPrefix } from '../../../lib/schedule/plan-retry.ts';
import { allowedOf, isAllowed } from '../../support/aws/policies.ts';
import { CREATE, GROUP, PASS, retryOf, scheduleArn } from '../../support/aws/requests.ts';
import { at, fleet, functions, metrics, roles, senders } from '../../support/aws/role-fixtures.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const others = functions.filter(({ purpose }) => purpose !== 'send-report');
const { name: retryName, roleArn: schedulerRoleArn } = retryOf(metrics);

describe('the schedule of a retry', () => {
  test.each(senders)('may be created by $title', async (sender) => {
    const { group, name } = retryOf(sender);
    const resource = scheduleArn(group, name).replace(ACCOUNT, sender.role.account);
    expect(await isAllowed(sender.role, { ...CREATE, resource })).toBe(true);
  });

  test('may be created only by send-report of its own database, even if names are prefixes of others', async () => {
    const databases = fleet.functions.filter(({ purpose }) => purpose === 'send-report');
    const retries = databases.map((sender) => scheduleArn(GROUP, retryOf(sender).name));
    for (const [index, { role, title }] of databases.entries()) {
      expect(await allowedOf(role, retries, CREATE), title).toEqual([retries[index]]);
    }
  });

  const prefix = retryPrefix({ environment: 'test', name: 'metrics' });
  const elsewhere = retryPrefix({ environment: 'test-2', name: 'metrics' });
  test.each([
    ['in the default group', scheduleArn('default', retryName)],
    ['in the group of an environment with a longer name', scheduleArn(`${GROUP}-2`, retryName)],
    ['in the group of prod', scheduleArn('timescaledb-telemetry-prod', retryName)],
    [
      'for a database of the same name in another environment',
      scheduleArn(GROUP, retryName.replace(prefix, elsewhere)),
    ],
    ['with a longer prefix than its own', scheduleArn(GROUP, `${prefix}0-1`)],
    ['with a shorter prefix than its own', scheduleArn(GROUP, `${prefix.slice(0, 23)}-1`)],
    ['with a name that is only its prefix', scheduleArn(GROUP, prefix)],
    ['with a name that contains its prefix in the middle', scheduleArn(GROUP, `a-${prefix}-1`)],
    ['with the name of the schedule of its ticks', scheduleArn(GROUP, 'metrics')],
    ['in another region', `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/${GROUP}/${retryName}`],
  ])('may not be created %s', async (_, resource) => {
    expect(await isAllowed(metrics.role, { ...CREATE, resource })).toBe(false);
  });

  test.each(others)('may not be created by $title, which a person invokes', async ({ role }) => {
    const resource = scheduleArn(GROUP, retryName).replace(ACCOUNT, role.account);
    expect(await isAllowed(role, { ...CREATE, resource })).toBe(false);
  });
});

test.each([
  ['update the schedule of a retry', 'scheduler:UpdateSchedule', scheduleArn(GROUP, retryName)],
  ['delete the schedule of a retry', 'scheduler:DeleteSchedule', scheduleArn(GROUP, retryName)],
  ['read the schedule of a retry', 'scheduler:GetSchedule', scheduleArn(GROUP, retryName)],
  ['update the schedule of its ticks', 'scheduler:UpdateSchedule', scheduleArn(GROUP, 'metrics')],
  ['delete the schedule of its ticks', 'scheduler:DeleteSchedule', scheduleArn(GROUP, 'metrics')],
  ['list schedules', 'scheduler:ListSchedules', '*'],
  [
    'delete the schedule group',
    'scheduler:DeleteScheduleGroup',
    at('scheduler', `schedule-group/${GROUP}`),
  ],
  [
    'create a schedule group',
    'scheduler:CreateScheduleGroup',
    at('scheduler', `schedule-group/${GROUP}`),
  ],
])('send-report may not %s', async (_, action, resource) => {
  expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
});

describe('the scheduler’s role', () => {
  const everyRole = [
    ...roles.map(({ arn }) => arn),
    `arn:aws:iam::${ACCOUNT}:role/administrator`,
    `arn:aws:iam::${ACCOUNT}:role/telemetry-test-${REGION}-1-scheduler-2`,
    `arn:aws:iam::${ACCOUNT}:role/telemetry-test-${REGION}-3-scheduler`,
  ];

  test.each(senders)('of its stack is the only role that $title may pass', async (sender) => {
    const { roleArn } = retryOf(sender);
    expect(everyRole).toContain(roleArn);
    expect(await allowedOf(sender.role, everyRole, PASS)).toEqual([roleArn]);
  });

  test.each([
    ['Lambda, which would run other code with it', 'lambda.amazonaws.com'],
    ['EC2', 'ec2.amazonaws.com'],
    ['the rules of EventBridge', 'events.amazonaws.com'],
    ['the pipes of EventBridge', 'pipes.amazonaws.com'],
  ])('may not be passed to %s', async (_, service) => {
    const context = { 'iam:PassedToService': service };
    const request = { ...PASS, resource: schedulerRoleArn, context };
    expect(await isAllowed(metrics.role, request)).toBe(false);
  });

  test('may not be passed without the name of a service', async () => {
    const request = { action: 'iam:PassRole', resource: schedulerRoleArn };
    expect(await isAllowed(metrics.role, request)).toBe(false);
  });

  test.each(others)('may not be passed, nor any other role, by $title', async ({ role }) => {
    expect(await allowedOf(role, everyRole, PASS)).toEqual([]);
  });
});
