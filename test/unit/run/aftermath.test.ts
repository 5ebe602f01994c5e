import { expect, test, vi } from 'vitest';
import { RunError } from '../../../lib/errors.ts';
import { sendReport } from '../../../lib/run/send-report.ts';

// The far end of a lazy import: a chunk of the bundle that is missing or damaged.
vi.mock('../../../lib/run/record-run.ts', () => {
  throw new SyntaxError('The chunk is damaged.');
});
vi.mock('../../../lib/run/retry.ts', () => {
  throw new SyntaxError('The chunk is damaged.');
});

test('a run whose record and retry cannot be loaded keeps its outcome, with two warnings', async () => {
  const error = new RunError('DATABASE_UNREACHABLE', 'It cannot be reached.', {
    remedy: 'Reach it.',
  });
  const ending = await sendReport(
    { scheduledTime: '2026-11-22T04:05:00Z' },
    {
      TARGET: '{"name":"orders","environment":"prod","secretId":"s"}',
      DELIVERY: '{"endpoint":"http://127.0.0.1:9/"}',
      RETRY: '{"scheduleGroup":"g","roleArn":"arn:aws:iam::000000000000:role/scheduler"}',
      RECORD: '{"bucket":"records"}',
    },
    {
      reader: { read: () => Promise.reject(error) },
      secretsOf: () => ({ read: () => Promise.reject(error) }),
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      createSchedule: async () => undefined,
      writeRecord: async () => undefined,
      limitMs: 20_000,
      now: () => Date.parse('2026-11-22T04:05:30Z'),
    },
  );
  expect(ending).toMatchObject({
    error,
    line: {
      outcome: 'failed',
      error: { code: 'DATABASE_UNREACHABLE' },
      warnings: [
        expect.stringContaining('RETRY_NOT_SCHEDULED'),
        expect.stringContaining('RECORD_NOT_WRITTEN'),
      ],
    },
  });
});
