import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { formatCsv } from '../../../cli/output/fleet/fleet-csv.ts';
import { CURRENT, fleetOf, UNREACHABLE, VULNERABLE } from './rows.ts';

function read(text: string): readonly Record<string, string>[] {
  return parse(text, { columns: true });
}

test('has one record for each database, with empty cells for what is not known', () => {
  const records = read(formatCsv(fleetOf([VULNERABLE, UNREACHABLE, CURRENT])));
  expect(records).toMatchObject([
    {
      name: 'events',
      severity: 'error',
      conditions: 'vulnerable behind',
      installed: '2.28.3',
      fix: '2.29.1',
      versions_behind: '1',
      advisories: 'GHSA-hcfx-29v5-2rcw',
      consent_granted: 'true',
      error_code: '',
    },
    {
      name: 'orders',
      installed: '',
      versions_behind: '',
      consent_granted: '',
      error_code: 'DATABASE_UNREACHABLE',
      last_success: '',
    },
    {
      name: 'metrics',
      conditions: '',
      versions_behind: '0',
      jobs_failing: '0',
      sent_at: '2026-11-28T04:05:00.000Z',
      sent_arrival: 'unknown',
      sent_status: '',
      sent_bytes: '3000',
      sent_sha256: 'f00d',
    },
  ]);
});

test('keeps texts with separators, and disarms formulas and control characters', () => {
  const names = ['a,"b"', '=1+1', '+1', '-1', '@a', '\u001b[2J', 'two\nlines'];
  const records = read(formatCsv(fleetOf(names.map((name) => ({ ...CURRENT, name })))));
  expect(records.map(({ name }) => name)).toEqual([
    'a,"b"',
    "'=1+1",
    "'+1",
    "'-1",
    "'@a",
    '\\u001b[2J',
    'two\\u000alines',
  ]);
});
