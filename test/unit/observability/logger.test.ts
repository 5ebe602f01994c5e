import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { RunError } from '../../../lib/errors.ts';
import { createLog } from '../../../lib/observability/logger.ts';
import type { Line } from '../../../lib/run/outcome.ts';
import { captured } from '../../support/process/captured.ts';

const LIMIT_BYTES = 16_384;

/** Returns the lines that one call of the real logger writes. */
function written(line: Line, ...errors: readonly RunError[]): readonly string[] {
  return captured(() => createLog().write(line, ...errors))
    .split('\n')
    .filter((text) => text !== '');
}

const LINE = {
  severity: 'WARN',
  message: 'It was sent.',
  outcome: 'sent',
  environment: 'prod',
  database: 'metrics',
  receipt: { endpoint: 'telemetry.timescale.com', status: 200, at: '2026-11-22T04:05:01.000Z' },
  error: { code: 'DATABASE_ERROR', origin: '42704', retryable: false },
  durationMs: { total: 431 },
} as const;

const ESSENTIAL = {
  outcome: 'sent',
  environment: 'prod',
  database: 'metrics',
  receipt: LINE.receipt,
  error: LINE.error,
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test('writes a short line unchanged', () => {
  const [text = '', ...more] = written(LINE);
  expect(more).toEqual([]);
  const { severity: _, ...fields } = LINE;
  expect(JSON.parse(text)).toMatchObject({ ...fields, level: 'WARN' });
  expect(text).not.toContain('shortened');
});

test.each([
  ['warnings for 5,000 roles', { warnings: Array.from({ length: 5_000 }, (_, i) => `Role ${i}.`) }],
  ['one sentence of 1 MB', { consent: { granted: true, sentence: 'x'.repeat(1_000_000) } }],
  ['a remedy of 4-byte characters', { remedy: '👍'.repeat(20_000) }],
  ['quotation marks, which JSON doubles', { remedy: '"'.repeat(15_000) }],
  ['a message of 1 MB', { message: 'x'.repeat(1_000_000) }],
  [
    'many long fields',
    Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 'x'.repeat(500)])),
  ],
])('shortens %s to 16 kB of JSON and keeps the essential fields', (_what, fields) => {
  const [text = '', ...more] = written({ ...LINE, ...fields });
  expect(more).toEqual([]);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMIT_BYTES);
  const line: unknown = JSON.parse(text);
  expect(line).toMatchObject({
    ...ESSENTIAL,
    level: 'WARN',
    shortenedFromBytes: expect.any(Number),
  });
});

test('ends a cut list with the number of missing items', () => {
  const warnings = Array.from({ length: 5_000 }, (_, i) => `Warning number ${i} of many.`);
  const [text = ''] = written({ ...LINE, ...{ warnings } });
  const line: { warnings: readonly string[] } = JSON.parse(text);
  expect(line.warnings).toEqual([...warnings.slice(0, 100), '4900 more']);
});

test('writes at most 16 kB of valid, printable JSON for any line', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), fc.jsonValue({ maxDepth: 3 })),
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.nat(600),
      (fields, text, times) => {
        const more = { ...fields, remedy: text.repeat(times), notes: Array(times).fill(text) };
        const [line = ''] = written({ ...more, ...LINE });
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LIMIT_BYTES);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(line)).toMatchObject(ESSENTIAL);
      },
    ),
  );
});

test('writes the first 4,000 characters of an original error at debug level', () => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'DEBUG');
  const error = new RunError('DATABASE_ERROR', 'It happened.', {
    remedy: 'Do this.',
    original: new Error(`\u001b[2J${'x'.repeat(1_000_000)}`),
  });
  const [debug = '', summary = ''] = written(LINE, error);
  expect(Buffer.byteLength(debug)).toBeLessThanOrEqual(LIMIT_BYTES);
  expect(debug).toContain('Error: \\\\u001b[2Jxxx');
  expect(JSON.parse(summary)).toMatchObject(ESSENTIAL);
});
