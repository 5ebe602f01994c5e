import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { recordKey } from '../../../lib/record/record-key.ts';
import { decodeRun, decodeRunOf, type RecordedRun } from '../../../lib/record/recorded-run.ts';

const REPORT = '{"db_uuid": "ü", "tags": {"a": "\\"b\\""}}';

const RUN: RecordedRun = {
  version: 1,
  recordedAt: '2026-11-28T04:05:03.123Z',
  line: {
    severity: 'WARN',
    message: 'the "timescaledb" extension is not up-to-date',
    outcome: 'sent',
    environment: 'prod',
    database: 'metrics',
    scheduledTime: '2026-11-28T04:05:00Z',
    attempt: 0,
    jobs: { scheduled: 3, failing: 1, oldestFailure: '2026-11-27T00:00:00.000Z' },
    consent: {
      granted: true,
      level: 'basic',
      rule: 'level-set',
      where: 'database',
      sentence: 'Telemetry is on.',
    },
    warnings: ['a', 'b'],
    report: {
      source: 'catalog',
      bytes: Buffer.byteLength(REPORT),
      sha256: createHash('sha256').update(REPORT).digest('hex'),
    },
    receipt: { endpoint: 'telemetry.timescale.com', status: 200, at: '2026-11-28T04:05:02.000Z' },
    version: {
      installed: '2.28.3',
      available: null,
      verdicts: ['upgrade-package'],
      sentence: 'Upgrade the package.',
      asOf: '2026-11-21',
    },
    durationMs: { total: 1_200, delivery: 300 },
  },
  report: REPORT,
};
const KEY = recordKey({
  environment: 'prod',
  database: 'metrics',
  time: Date.parse('2026-11-28T04:05:00Z'),
  attempt: 0,
});
const SKIPPED: RecordedRun = {
  version: 1,
  recordedAt: RUN.recordedAt,
  line: {
    severity: 'INFO',
    message: 'Telemetry is off.',
    outcome: 'skipped',
    environment: 'prod',
    database: 'metrics',
  },
  report: null,
};

function zipped(value: unknown): Uint8Array {
  return gzipSync(JSON.stringify(value));
}

describe('an object of the record', () => {
  test.each([
    ['a report', RUN],
    ['no report', SKIPPED],
  ])('with %s is decoded to the run that was encoded', (_content, run) => {
    expect(decodeRun(encodeRun(run))).toStrictEqual({ run });
  });

  test('has the line as the log has it: printable and shortened', () => {
    const line = {
      ...RUN.line,
      message: 'a\u001b[31mb',
      warnings: Array(500).fill('w'.repeat(90)),
    };
    const decoded = decodeRun(encodeRun({ ...RUN, line }));
    expect(decoded).toMatchObject({ run: { report: REPORT, line: { severity: 'WARN' } } });
    const found = 'run' in decoded ? decoded.run.line : undefined;
    expect(found?.message).toBe('a\\u001b[31mb');
    expect(found?.warnings?.at(-1)).toMatch(/^\d+ more$/);
    expect(found?.shortenedFromBytes).toBeGreaterThan(40_000);
  });

  test('whose line keeps only its essential fields is decoded with its report', () => {
    const durationMs = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`phase-${index}`, index]),
    );
    const decoded = decodeRun(encodeRun({ ...RUN, line: { ...RUN.line, durationMs } }));
    expect(decoded).toMatchObject({ run: { report: REPORT, line: { outcome: 'sent' } } });
  });

  test('of a later version of the line is decoded without the unknown fields', () => {
    const line = { ...RUN.line, colour: 'red', consent: { ...RUN.line.consent, rule: 'new-rule' } };
    const decoded = decodeRun(zipped({ ...RUN, line, more: 1 }));
    expect(decoded).toStrictEqual({
      run: { ...RUN, line: { ...RUN.line, consent: { ...RUN.line.consent, rule: 'new-rule' } } },
    });
  });

  test.each([
    ['is empty', new Uint8Array(), /^The object is not gzip/],
    ['is cut', encodeRun(RUN).slice(0, -20), /^The object is not gzip/],
    ['is text', Buffer.from(JSON.stringify(RUN)), /^The object is not gzip/],
    ['has 100 MB uncompressed', gzipSync(Buffer.alloc(100_000_000)), /larger than 4194304 bytes/],
    ['is not JSON', gzipSync('<html>'), /not JSON/],
    ['is null', zipped(null), /not a run: the run: must be an object, not null/],
    ['is of another version', zipped({ ...RUN, version: 2 }), /version: must be 1/],
    ['has no line', zipped({ ...RUN, line: [] }), /line: must be an object, not an array/],
    [
      'has a line without a database',
      zipped({ ...RUN, line: { ...RUN.line, database: undefined } }),
      /line\.database: is required/,
    ],
    ['has a changed report', zipped({ ...RUN, report: `${REPORT} ` }), /hash in the line/],
    ['has lost its report', zipped({ ...RUN, report: null }), /hash in the line/],
  ])('that %s is a problem', (_what, bytes, problem) => {
    expect(decodeRun(bytes)).toStrictEqual({ problem: expect.stringMatching(problem) });
    expect(decodeRunOf(KEY, bytes)).toStrictEqual({ problem: expect.stringMatching(problem) });
  });

  test('belongs to its key', () => {
    expect(decodeRunOf(KEY, encodeRun(RUN))).toStrictEqual({ run: RUN });
    const byHand = KEY.replace('-0.', '-hand.');
    expect(decodeRunOf(byHand, encodeRun(SKIPPED))).toStrictEqual({ run: SKIPPED });
  });

  test.each([
    ['another environment', KEY.replace('=prod', '=test')],
    ['another database', KEY.replace('=metrics', '=other')],
    ['another tick', KEY.replace('T0405', 'T0505')],
    ['another attempt', KEY.replace('-0.', '-1.')],
    ['a run by hand', KEY.replace('-0.', '-hand.')],
  ])('under the key of %s is a problem', (_other, key) => {
    expect(decodeRunOf(key, encodeRun(RUN))).toStrictEqual({
      problem: 'The object describes another run than its key.',
    });
  });

  test('under a foreign key is a problem', () => {
    expect(decodeRunOf('runs/notes.txt', encodeRun(RUN))).toStrictEqual({
      problem: 'The key is not that of a run.',
    });
  });
});
