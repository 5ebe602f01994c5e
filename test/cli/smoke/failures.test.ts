import { describe, expect, test } from 'vitest';
import { CHECKED, FAILED, record, SENT } from '../../support/smoke/simulation.ts';
import {
  isVpc,
  REMOVAL,
  resultOf,
  STEPS,
  stepsWith,
  type TrialParts,
  tryOut,
} from '../../support/smoke/trial.ts';

/** A step that fails, the steps that are then not run, and what is seen. */
const FAILURES: readonly (readonly [string, TrialParts, string, readonly string[], RegExp])[] = [
  [
    'the deployment fails',
    { cdkStatus: (command) => (command === 'deploy' ? 1 : 0) },
    'deploy',
    STEPS.slice(3, -3),
    /^cdk deploy ended with status 1\.$/,
  ],
  [
    'a check fails',
    {
      differently: (call) =>
        call.event['check'] === true && isVpc(call)
          ? {
              value: {
                ...CHECKED,
                ok: false,
                sentence: 'The port does not answer.',
                stages: [
                  {
                    stage: 'tcp',
                    status: 'failed',
                    ms: 1,
                    code: 'DATABASE_UNREACHABLE',
                    remedy: 'Open it.',
                  },
                ],
              },
            }
          : undefined,
    },
    'check-vpc',
    ['send-vpc', 'record', 'timeout', 'queue', 'alarm'],
    /^Stage tcp: DATABASE_UNREACHABLE The port does not answer\.$/,
  ],
  [
    'a database denies consent',
    {
      differently: (call) =>
        call.event['check'] === true && !isVpc(call)
          ? { value: { ...CHECKED, sentence: 'Telemetry is off.', consent: { granted: false } } }
          : undefined,
    },
    'check-outside',
    ['send-outside', 'record', 'failure', 'retry'],
    /^Telemetry is off\. Without consent nothing is sent\.$/,
  ],
  [
    'a function answers something else',
    { differently: ({ event }) => (event['ignoreSchedule'] ? { value: 'sent' } : undefined) },
    'send-outside',
    ['record', 'failure', 'retry'],
    /^The function ran, but its result is not known\.$/,
  ],
  [
    'a report is not sent',
    {
      differently: (call) =>
        call.event['ignoreSchedule'] === true && !isVpc(call) ? { value: FAILED } : undefined,
    },
    'send-outside',
    ['record', 'failure', 'retry'],
    /^The run ended as failed: ENDPOINT_UNREACHABLE The telemetry endpoint cannot be reached\.$/,
  ],
  [
    'a report is not recorded',
    {
      differently: (call) =>
        call.event['ignoreSchedule'] === true && isVpc(call) ? { value: SENT } : undefined,
    },
    'record',
    [],
    /^The record does not have the report of the database in a VPC\.$/,
  ],
  [
    'a run that should fail is skipped',
    {
      differently: ({ event }) =>
        'scheduledTime' in event && !('attempt' in event)
          ? { value: { ...SENT, outcome: 'skipped', message: 'Not due.' } }
          : undefined,
    },
    'failure',
    ['retry'],
    /^The run ended as skipped instead of failed: Not due\.$/,
  ],
  [
    'no retry is scheduled',
    {
      differently: ({ event }) => {
        const { retry: _retry, ...rest } = FAILED;
        const value = { ...rest, warnings: ['RETRY_NOT_SCHEDULED'] };
        return 'scheduledTime' in event ? { value } : undefined;
      },
    },
    'failure',
    ['retry'],
    /^The run failed with ENDPOINT_UNREACHABLE, but scheduled no retry\. RETRY_NOT_SCHEDULED$/,
  ],
  [
    'the retry never runs',
    { differently: ({ event }) => ('attempt' in event ? { value: SENT } : undefined) },
    'retry',
    [],
    /^Time limit of 15 minutes exceeded: waiting for the retry of the failed run/,
  ],
  [
    'the retry fails, too',
    {
      async differently(call, account) {
        if (!('attempt' in call.event)) return undefined;
        await record(call, account, FAILED);
        return { value: FAILED };
      },
    },
    'retry',
    [],
    /^The retry ended as failed: ENDPOINT_UNREACHABLE The telemetry endpoint cannot be reached\.$/,
  ],
  [
    'Lambda does not apply a configuration',
    { updateStatus: 'Failed' },
    'failure',
    ['queue', 'retry', 'alarm'],
    /^Lambda did not apply a changed configuration \(Failed\)\.$/,
  ],
  [
    'the function ends before its time limit',
    {
      differently: ({ variables }) =>
        variables['NODE_OPTIONS'] === undefined ? undefined : { value: CHECKED },
    },
    'queue',
    ['alarm'],
    /^Time limit of 10 minutes exceeded: waiting for the timeout in the queue failed-runs\.$/,
  ],
  [
    'the function fails instead of exceeding its time limit',
    {
      differently: ({ variables }) =>
        variables['NODE_OPTIONS'] === undefined
          ? undefined
          : { error: { name: 'Runtime.ExitError', message: 'exit status 1' } },
    },
    'queue',
    ['alarm'],
    /^The queue has the invocation, but its error is Runtime\.ExitError instead of a timeout\.$/,
  ],
  [
    'the queue cannot be read',
    { refuse: (service) => (service === 'sqs' ? [403, 'AccessDeniedException'] : undefined) },
    'queue',
    ['alarm'],
    /^AWS answered 403 \(AccessDeniedException\)\.$/,
  ],
  [
    'the alarm stays silent',
    { alarmState: 'OK' },
    'alarm',
    [],
    /^Time limit of 35 minutes exceeded: waiting until the alarm final-failures goes to ALARM\.$/,
  ],
];

describe('after the deployment', () => {
  test.each(FAILURES)('removes everything if %s', async (_what, parts, failed, notRun, detail) => {
    const { results, account } = await tryOut(parts);
    expect(stepsWith(results, 'failed')[0]).toBe(failed);
    expect(resultOf(results, failed)).toMatchObject({
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(/\.$/),
    });
    expect(stepsWith(results, 'not-run')).toEqual(notRun);
    expect(REMOVAL.map((name) => resultOf(results, name)?.status)).toEqual(
      REMOVAL.map(() => 'passed'),
    );
    expect([account.stacks.size, account.s3.hasBucket(), account.logGroups.size]).toEqual([
      0,
      false,
      0,
    ]);
  });

  test('names what is left if the stacks cannot be deleted', async () => {
    const { results, context } = await tryOut({ cdkStatus: (one) => (one === 'destroy' ? 1 : 0) });
    expect(stepsWith(results, 'failed')).toEqual(['destroy', 'left-over']);
    expect(stepsWith(results, 'not-run')).toEqual(['data']);
    expect(context.findings.left).toEqual([
      'stack timescaledb-telemetry-smoke-test (CREATE_COMPLETE)',
      'stack timescaledb-telemetry-smoke-test-1 (CREATE_COMPLETE)',
      expect.stringMatching(/^bucket timescaledb-telemetry-smoke-test-/),
      ...['send-report', 'get-report'].map((one) => expect.stringContaining(one)),
      expect.stringContaining('log group '),
    ]);
  });

  test('names the bucket and the log groups if they cannot be deleted', async () => {
    const { results, context } = await tryOut({
      refuse: (service, action) =>
        service === 's3' && action === 'DELETE' ? [403, 'AccessDenied'] : undefined,
    });
    expect(stepsWith(results, 'failed')).toEqual(['data', 'left-over']);
    expect(context.findings.left?.[0]).toMatch(/^bucket /);
  });
});
