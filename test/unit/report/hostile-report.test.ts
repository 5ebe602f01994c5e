import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import { validateReport } from '../../../lib/report/validate-report.ts';
import type { TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';
import { createServerInfo } from '../../support/timescaledb/server-info.ts';
import { answering, CATALOG } from './answering-snapshot.ts';

test('reads only the length of a report that is too large', async () => {
  const { server } = answering(createServerInfo('2.28.3'));
  const snapshot: TimescaledbSnapshot = {
    server,
    row: async (_sql, read) => read({ bytes: 1_048_577, report: null, estimated_relations: 0 }),
  };
  await expect(buildReport(snapshot, CATALOG, 'basic')).rejects.toMatchObject({
    code: 'REPORT_TOO_LARGE',
    retryable: false,
    message: 'The report has 1048577 bytes, and the limit is 1048576 bytes. Nothing was sent.',
  });
});

test.each([
  ['is not JSON', '{"db_uuid"', 'REPORT_UNPUBLISHED'],
  ['is empty', '', 'REPORT_UNPUBLISHED'],
  [
    'is nested deeper than the stack',
    '['.repeat(500_000) + ']'.repeat(500_000),
    'REPORT_UNPUBLISHED',
  ],
  [
    'is longer than the length that the server returned',
    JSON.stringify('x'.repeat(1_048_576)),
    'REPORT_TOO_LARGE',
  ],
])('rejects a report that %s', async (_what, report, code) => {
  const { server } = answering(createServerInfo('2.28.3'));
  const snapshot: TimescaledbSnapshot = {
    server,
    row: async (_sql, read) => read({ bytes: 1, report, estimated_relations: 0 }),
  };
  await expect(buildReport(snapshot, CATALOG, 'basic')).rejects.toMatchObject({ code });
});

const example = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', '2.28.3.json'),
  'utf8',
);

describe('a field that a report has twice', () => {
  test.each([
    ['before the published one', '{', '{"db_uuid": {"c4n4ry": ["text"]}, '],
    ['with the same value', '{', '{"db_uuid": "0d1f4b4e-0000-4000-8000-000000000001", '],
    ['with escaped letters', '{', '{"db_\\u0075uid": "c4n4ry", '],
    ['within an object', '"related_extensions": {', '"related_extensions": {"ai": "c4n4ry", '],
    ['where keys are data', '"db_metadata": {', '"db_metadata": {"a": "c4n4ry", "a": "b", '],
    ['__proto__', '"db_metadata": {', '"db_metadata": {"__proto__": "c4n4ry", "__proto__": "b", '],
  ])('is rejected: %s', (_what, place, replacement) => {
    expect(example).toContain(place);
    const check = () =>
      validateReport(example.replace(place, () => replacement).replace(/, \s*}/g, '}'), '2.28.3');
    expect(check).toThrow('The report has a field twice.');
    expect(check).not.toThrow(/c4n4ry/);
  });

  test('is not seen in texts that look like fields', () => {
    const metadata = { a: '"a": "b"', b: '\\"c":', 'c":"c': '\\', 'd\\': '":', e: '{"e":1,"e":2}' };
    const text = JSON.stringify({ ...JSON.parse(example), db_metadata: metadata });
    expect(() => validateReport(text, '2.28.3')).not.toThrow();
    expect(() => validateReport(JSON.stringify(JSON.parse(text), null, 4), '2.28.3')).not.toThrow();
  });

  test('is not seen in any JSON without one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 4), (value, indent) => {
        const check = () => validateReport(JSON.stringify(value, null, indent), '2.28.3');
        expect(check).toThrow(/does not match the published list/);
      }),
    );
  });

  test('is not seen in a text of a megabyte', () => {
    const metadata = JSON.stringify('\\"x'.repeat(100_000));
    const text = example.replace('"db_metadata": {', () => `"db_metadata": {"a": ${metadata}, `);
    expect(() => validateReport(text.replace(/, \s*}/g, '}'), '2.28.3')).not.toThrow();
  });
});

describe('the key __proto__', () => {
  const withObject = (name: string, object: string): string =>
    JSON.stringify({ ...JSON.parse(example), [name]: JSON.parse(object) });

  test('is accepted like any other where keys are data', () => {
    for (const metadata of ['{"__proto__": "text"}', '{"__proto__": "text", "*proto*": "text"}']) {
      expect(() => validateReport(withObject('db_metadata', metadata), '2.28.3')).not.toThrow();
    }
  });

  test.each([
    ['db_metadata', '{"__proto__": {"c4n4ry": 1}}'],
    ['db_metadata', '{"__proto__": 1, "*proto*": "text"}'],
    ['db_metadata', '{"__proto__": "text", "*proto*": 1}'],
    ['functions_used', '{"__proto__": 1}'],
    ['stats_by_job_type', '{"__proto__": "c4n4ry"}'],
    ['access_methods', '{"__proto__": "c4n4ry"}'],
    ['related_extensions', '{"__proto__": "c4n4ry"}'],
    ['__proto__', '"c4n4ry"'],
  ])('is rejected in %s: %s', (name, object) => {
    const check = () => validateReport(withObject(name, object), '2.28.3');
    expect(check).toThrow(/does not match the published list/);
    expect(check).not.toThrow(/c4n4ry/);
  });
});
