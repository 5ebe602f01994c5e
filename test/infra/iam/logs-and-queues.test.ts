import { describe, expect, test } from 'vitest';
import { rolesOf } from '../../support/aws/deployed-roles.ts';
import { allowedOf, isAllowed } from '../../support/aws/policies.ts';
import { LOG_ACTIONS, logStreamArn, SEND } from '../../support/aws/requests.ts';
import {
  at,
  ENVIRONMENTS,
  fleet,
  functions,
  LOG_GROUPS,
  metrics,
} from '../../support/aws/role-fixtures.ts';

test.each(functions)(
  '$title may write only to the log group of its environment and purpose',
  async ({ purpose, role, target: { environment } }) => {
    const streams = LOG_GROUPS.map((group) => logStreamArn(group, role.account));
    const own = logStreamArn(`/timescaledb-telemetry/${environment}/${purpose}`, role.account);
    for (const action of LOG_ACTIONS) {
      expect(await allowedOf(role, streams, { action })).toEqual([own]);
    }
  },
);

const group = at('logs', 'log-group:/timescaledb-telemetry/test/send-report');
const stream = logStreamArn('/timescaledb-telemetry/test/send-report');
test.each([
  ['delete a log stream', 'logs:DeleteLogStream', stream],
  ['delete its log group, which proves what was sent', 'logs:DeleteLogGroup', group],
  ['change the retention of its log group', 'logs:PutRetentionPolicy', group],
  ['forward its log', 'logs:PutSubscriptionFilter', group],
  ['create a log group', 'logs:CreateLogGroup', group],
  ['read the log lines of other databases', 'logs:GetLogEvents', stream],
  ['search the log lines of other databases', 'logs:FilterLogEvents', group],
])('a function may not %s', async (_, action, resource) => {
  expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
});

const QUEUES = [
  'timescaledb-telemetry-test-failed-runs',
  'timescaledb-telemetry-test-undelivered',
  'timescaledb-telemetry-test-failed-runs-2',
  'timescaledb-telemetry-test-2-failed-runs',
  'timescaledb-telemetry-test-2-undelivered',
  'timescaledb-telemetry-prod-failed-runs',
  'timescaledb-telemetry-prod-undelivered',
  'orders',
].map((name) => at('sqs', name));
const [FAILED_RUNS = '', UNDELIVERED = ''] = QUEUES;

describe('the queue failed-runs', () => {
  test.each(fleet.functions.filter(({ purpose }) => purpose !== 'get-report'))(
    'is the only queue that $title may send to, and receives its failed events',
    async ({ role, onFailure }) => {
      expect(await allowedOf(role, QUEUES, SEND)).toEqual([FAILED_RUNS]);
      expect(onFailure).toBe(FAILED_RUNS);
    },
  );

  test.each(fleet.functions.filter(({ purpose }) => purpose === 'get-report'))(
    'receives nothing from $title, which is invoked synchronously',
    async ({ role, onFailure }) => {
      expect(await allowedOf(role, QUEUES, SEND)).toEqual([]);
      expect(onFailure).toBeUndefined();
    },
  );
});

test.each([...fleet.schedulers.values()])(
  'the queue undelivered is the only queue that $title may send to',
  async (role) => {
    expect(await allowedOf(role, QUEUES, SEND)).toEqual([UNDELIVERED]);
  },
);

test.each(ENVIRONMENTS)(
  'the queues of $environment.place.environment reject messages in plain text',
  async (synthesis) => {
    const policies = synthesis.resources('AWS::SQS::QueuePolicy');
    const roles = rolesOf(synthesis).all;
    expect(policies).toHaveLength(2);
    for (const [, { Properties }] of policies) {
      const resourcePolicy = Object(Properties['PolicyDocument']);
      const [{ Resource: resource }] = resourcePolicy.Statement;
      const countSenders = async (isSecure: boolean) => {
        const context = { 'aws:SecureTransport': String(isSecure) };
        const request = { ...SEND, resource, resourcePolicy, context };
        const verdicts = await Promise.all(roles.map((role) => isAllowed(role, request)));
        return verdicts.filter((isSent) => isSent).length;
      };
      expect(await countSenders(true)).toBeGreaterThan(0);
      expect(await countSenders(false)).toBe(0);
    }
  },
);
