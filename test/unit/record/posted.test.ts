import { describe, expect, test } from 'vitest';
import { arrivalOf, NEVER_CONNECTED, postedStatus } from '../../../lib/record/posted.ts';
import type { RecordedLine } from '../../../lib/record/recorded-run.ts';

const RECEIPT = { endpoint: 'telemetry.example.com', at: '2026-11-28T04:05:04Z' };
const POSTING = { delivery: 10_000, total: 11_000 };

function failed(code: string, origin?: string): Partial<RecordedLine> {
  return {
    outcome: 'failed',
    error: { code, retryable: true, ...(origin !== undefined && { origin }) },
    durationMs: POSTING,
  };
}

function statusOf(changes: Partial<RecordedLine>, report: string | null = '{}') {
  const line: RecordedLine = {
    severity: 'INFO',
    message: '',
    outcome: 'sent',
    environment: 'prod',
    database: 'orders',
    ...changes,
  };
  return postedStatus({ line, report });
}

describe('a report was posted', () => {
  test.each([200, 204, 302, 400, 407, 503])(
    'and answered with %d, whatever the outcome',
    (status) => {
      const receipt = { ...RECEIPT, status };
      expect(statusOf({ outcome: 'sent', receipt })).toBe(status);
      expect(statusOf({ ...failed('ENDPOINT_UNAVAILABLE'), receipt })).toBe(status);
    },
  );

  test.each<[why: string, changes: Partial<RecordedLine>]>([
    ['the endpoint does not answer in time', failed('ENDPOINT_TIMEOUT', 'TimeoutError')],
    ['the connection ends', failed('ENDPOINT_UNREACHABLE', 'ECONNRESET')],
    ['the time of the run is over', failed('TIME_LIMIT')],
    ['the line was shortened', { outcome: 'failed' }],
  ])('and has possibly arrived if %s', (_why, changes) => {
    expect(statusOf(changes)).toBeNull();
  });
});

describe('nothing was posted', () => {
  test.each<[when: string, changes: Partial<RecordedLine>, report: string | null]>([
    ['by a run without a report', {}, null],
    ['before the delivery began', { ...failed('DATABASE_ERROR'), durationMs: { total: 5 } }, '{}'],
    ...NEVER_CONNECTED.map((code): [string, Partial<RecordedLine>, string] => [
      code,
      failed('ENDPOINT_UNREACHABLE', code),
      '{}',
    ]),
  ])('%s', (_when, changes, report) => {
    expect(statusOf(changes, report)).toBeUndefined();
  });
});

test('only a status of 2xx means that the endpoint accepted the report', () => {
  expect([200, 299, 199, 300, 503, null].map(arrivalOf)).toEqual([
    'accepted',
    'accepted',
    'answered',
    'answered',
    'answered',
    'unknown',
  ]);
});
