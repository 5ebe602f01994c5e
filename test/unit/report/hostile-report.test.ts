import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

describe('the key __proto__', () => {
  const example = readFileSync(
    join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', '2.28.3.json'),
    'utf8',
  );
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
