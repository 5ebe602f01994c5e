import { describe, expect, test } from 'vitest';
import { RETRYABLE_BY_CODE } from '../../../lib/errors.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import {
  MAX_ANSWER_BYTES,
  parseAnswerOfKind,
  type WorkerAnswer,
} from '../../../lib/worker/contract/answer.ts';
import { WORKER_ERROR_CODES } from '../../../lib/worker/contract/error-codes.ts';
import { aJob, aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { failedAnswer, readAnswer } from './answers.ts';

/** Passes an answer through JSON and the schema. */
function transferred(answer: WorkerAnswer): unknown {
  const text = JSON.stringify(answer);
  expect(Buffer.byteLength(text)).toBeLessThan(MAX_ANSWER_BYTES);
  return parseAnswerOfKind(JSON.parse(text));
}

const INFINITE = { scheduleInterval: null, maxRuntime: null, retryPeriod: null };

describe('an answer arrives unchanged', () => {
  test.each<[string, Facts]>([
    ['of a usual server', aServer()],
    ['of a server built without telemetry', aServerBuiltWithout()],
    ['with infinite intervals', aServer({ jobs: [aJob(INFINITE)] })],
    ['with a start in the far past', aServer({ jobs: [aJob({ initialStart: '-infinity' })] })],
    [
      'with fractions of a microsecond',
      aServer({ jobs: [aJob({ retryPeriod: { months: -1, days: 1e9, microseconds: 0.1 } })] }),
    ],
    ['without job statistics', aServer({ jobHealth: null, installedAt: null, metadataKeys: [] })],
    [
      'with versions of vendors',
      aServer({ installedVersion: '2.14.2+dfsg', availableVersion: null }),
    ],
    ['of PostgreSQL 9.6', aServer({ postgresqlVersion: '9.6.24' })],
    [
      'with levels that are any text',
      aServer({
        level: {
          session: '\u0000\u202e\ud800"\\',
          source: 'database user',
          stored: [{ place: 'role', holder: 'job-owner', value: 'x'.repeat(65_536) }],
        },
      }),
    ],
    [
      'with as many jobs and levels as a run reads',
      aServer({
        jobs: Array.from({ length: 1_000 }, (_, id) => aJob({ id })),
        level: {
          stored: Array.from({ length: 10_000 }, () => ({
            place: 'role-in-database',
            holder: 'reporting-role',
            value: 'off',
          })),
        },
      }),
    ],
  ])('%s', async (_what, facts) => {
    const answer = await readAnswer(facts);
    expect(transferred(answer)).toStrictEqual(answer);
    const failed = failedAnswer({ facts });
    expect(transferred(failed)).toStrictEqual(failed);
  });
});

test('the worker may answer every error that its part of a run can have, and no other', () => {
  const others = /^(INTERRUPTED$|SECRET_|WORKER_|ENDPOINT_|RECORD_|RETRY_|FLEET_|NOTIFICATION_)/;
  const codes = Object.keys(RETRYABLE_BY_CODE).filter((code) => !others.test(code));
  expect([...WORKER_ERROR_CODES].toSorted()).toStrictEqual(codes.toSorted());
});
