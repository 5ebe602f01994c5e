import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RunError } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/observability/log.ts';
import { createLog } from '../../../lib/observability/logger.ts';
import { createPlainLog } from '../../../lib/observability/plain-log.ts';

const LINE = {
  severity: 'WARN',
  message: 'It failed.',
  outcome: 'failed',
  database: 'metrics',
  durationMs: { total: 431 },
} as const;

const ERROR = new RunError('DATABASE_ERROR', 'It failed.', {
  remedy: 'Do this.',
  original: new Error('role "reporter" does not exist'),
});

const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'prod-metrics-database-worker',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:prod-metrics-database-worker',
  memoryLimitInMB: '256',
  awsRequestId: '7a3b9d46-0000-4000-8000-c0ffee000000',
  logGroupName: '/aws/lambda/prod',
  logStreamName: 'local',
  getRemainingTimeInMillis: () => 10_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

/** Variables of a function that change its lines. */
const VARIABLES: readonly Readonly<Record<string, string>>[] = [
  {},
  { AWS_LAMBDA_LOG_LEVEL: 'DEBUG' },
  { AWS_LAMBDA_LOG_LEVEL: 'INFO' },
  { AWS_LAMBDA_LOG_LEVEL: 'WARN' },
  { AWS_LAMBDA_LOG_LEVEL: 'FATAL' },
  { AWS_LAMBDA_LOG_LEVEL: 'unknown' },
  { POWERTOOLS_LOG_LEVEL: 'DEBUG' },
  { POWERTOOLS_LOG_LEVEL: 'ERROR' },
  { POWERTOOLS_LOG_LEVEL: 'SILENT' },
  { AWS_LAMBDA_LOG_LEVEL: 'DEBUG', POWERTOOLS_LOG_LEVEL: 'DEBUG' },
  { AWS_LAMBDA_INITIALIZATION_TYPE: 'provisioned-concurrency' },
  {
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  },
];

/** Text that was written, by stream. */
interface Written {
  readonly stdout: string;
  readonly stderr: string;
}

/** Returns what two invocations of a function with this log write. */
async function invokedTwice(create: () => Log): Promise<Written> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += String(chunk);
      return true;
    }),
  );
  try {
    const log = create();
    const handler = middy(async () => {
      log.write(LINE, ERROR, undefined);
      log.write({ ...LINE, severity: 'INFO' });
      log.write({ ...LINE, severity: 'ERROR' });
    }).use(log.middleware);
    await handler({ password: 'c4n4ry' }, CONTEXT);
    await handler({ password: 'c4n4ry' }, CONTEXT);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return written;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 29, 4, 5) });
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  vi.stubEnv('TZ', ':UTC');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('the log without Powertools', () => {
  test.each(VARIABLES)('writes what the log with Powertools writes for %j', async (variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const written = await invokedTwice(() => createPlainLog(process.env));
    expect(written).toStrictEqual(await invokedTwice(createLog));
  });

  test('adds the fields of the invocation to each line', async () => {
    const { stderr } = await invokedTwice(() => createPlainLog(process.env));
    const lines = stderr
      .trim()
      .split('\n')
      .map((text): unknown => JSON.parse(text));
    expect(lines).toMatchObject(
      [true, true, false, false].map((coldStart) => ({
        cold_start: coldStart,
        function_name: CONTEXT.functionName,
        function_request_id: CONTEXT.awsRequestId,
      })),
    );
  });

  test('never writes the event', async () => {
    vi.stubEnv('POWERTOOLS_LOGGER_LOG_EVENT', 'true');
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'DEBUG');
    const written = await invokedTwice(() => createPlainLog(process.env));
    expect(written.stdout).toContain('The original error.');
    expect(JSON.stringify(written)).not.toContain('c4n4ry');
  });
});
