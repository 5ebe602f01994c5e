import { describe, expect, test } from 'vitest';
import {
  isVpc,
  PREPARATION,
  REMOVAL,
  resultOf,
  STEPS,
  stepsWith,
  type TrialParts,
  tryOut,
} from '../../support/smoke/trial.ts';

test('passes all steps and leaves nothing', async () => {
  const { results, account, context } = await tryOut({ startsProcesses: true });
  expect(results.map(({ name, status, detail }) => [name, status, detail])).toEqual(
    STEPS.map((name) => [name, 'passed', expect.any(String)]),
  );
  expect(resultOf(results, 'record')?.detail).toBe('the exact texts of 2 reports');
  expect(resultOf(results, 'failure')?.detail).toMatch(/^ENDPOINT_UNREACHABLE, retry 1 at /);
  expect(resultOf(results, 'queue')?.detail).toBe('the message has the error Sandbox.Timedout');
  expect([account.s3.hasBucket(), account.logGroups.size, account.stacks.size]).toEqual([
    false,
    0,
    0,
  ]);
  expect(context.findings.left).toEqual([]);
  expect(account.requests.filter((request) => request.startsWith('cdk'))).toEqual([
    'cdk deploy',
    'cdk destroy',
  ]);
});

describe('before the deployment', () => {
  test.each<[string, TrialParts, string, RegExp]>([
    [
      'the credentials belong to another account',
      { account: '999999999999' },
      'account',
      /belong to account 999999999999, the environment to 123456789012\.$/,
    ],
    [
      'the credentials are rejected',
      { refuse: (service) => (service === 'sts' ? [403, 'InvalidClientTokenId'] : undefined) },
      'account',
      /^AWS rejects the credentials, or there are none \(InvalidClientTokenId\)\.$/,
    ],
    [
      'a stack of the environment exists',
      { existing: { stacks: ['timescaledb-telemetry-smoke-test-1'] } },
      'unused',
      /: stack timescaledb-telemetry-smoke-test-1 \(CREATE_COMPLETE\)\.$/,
    ],
    [
      'a log group of the environment exists',
      { existing: { logGroups: ['/timescaledb-telemetry/smoke-test/send-report'] } },
      'unused',
      /: log group \/timescaledb-telemetry\/smoke-test\/send-report\.$/,
    ],
    [
      'a permission is missing',
      { refuse: (service) => (service === 'cloudformation' ? [403, 'AccessDenied'] : undefined) },
      'unused',
      /^AWS answered 403 \(AccessDenied\)\.$/,
    ],
  ])('ends and changes nothing if %s', async (_what, parts, failed, detail) => {
    const { results, account } = await tryOut(parts);
    expect(stepsWith(results, 'failed')).toEqual([failed]);
    expect(resultOf(results, failed)).toMatchObject({
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(/\.$/),
    });
    expect(results.map(({ name }) => name)).toEqual(PREPARATION);
    expect(account.requests.filter((request) => /cdk|PUT|Delete/.test(request))).toEqual([]);
  });

  test('deploys nothing that is not confirmed', async () => {
    const { results, account } = await tryOut({ isConfirmed: false });
    expect(results.map(({ name, status }) => [name, status])).toEqual(
      PREPARATION.map((name) => [name, 'passed']),
    );
    expect(account.requests).not.toContain('cdk deploy');
  });
});

describe('an interruption', () => {
  test.each(['deploy', 'send-vpc', 'alarm'])('during %s removes everything', async (during) => {
    const { results, account } = await tryOut({
      cdkStatus: (command) => (command === 'deploy' && during === 'deploy' ? undefined : 0),
      onStart: (name, interrupt) => {
        if (name === during) setTimeout(interrupt, 50);
      },
      startsProcesses: during === 'deploy',
      ...(during === 'alarm' && { alarmState: 'OK' }),
      differently: (call) =>
        during === 'send-vpc' && call.event['ignoreSchedule'] === true && isVpc(call)
          ? new Promise(() => undefined)
          : undefined,
    });
    expect(resultOf(results, during)).toMatchObject({ status: 'failed', detail: 'Interrupted.' });
    const after = STEPS.slice(STEPS.indexOf(during) + 1, -3);
    expect(stepsWith(results, 'not-run')).toEqual(after);
    expect(REMOVAL.map((name) => resultOf(results, name)?.status)).toEqual(
      REMOVAL.map(() => 'passed'),
    );
    expect(account.stacks.size).toBe(0);
  });

  test('during the removal ends it', async () => {
    const { results } = await tryOut({
      startsProcesses: true,
      cdkStatus: (command) => (command === 'destroy' ? undefined : 0),
      onStart: (name, interrupt) => {
        if (name === 'check-outside' || name === 'destroy') setTimeout(interrupt, 50);
      },
      differently: ({ event }) => (event['check'] ? new Promise(() => undefined) : undefined),
    });
    expect(resultOf(results, 'destroy')).toMatchObject({
      status: 'failed',
      detail: 'Interrupted.',
    });
    expect(stepsWith(results, 'not-run').slice(-2)).toEqual(['data', 'left-over']);
  });

  test('before the deployment deploys nothing', async () => {
    const { results, account } = await tryOut({
      onStart: (name, interrupt) => {
        if (name === 'unused') interrupt();
      },
    });
    expect(stepsWith(results, 'failed')).toEqual(['unused']);
    expect(account.requests).not.toContain('cdk deploy');
  });
});
