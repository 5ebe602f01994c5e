import stringWidth from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import type { FleetRow } from '../../../cli/fleet/row.ts';
import { formatCounts, formatTable } from '../../../cli/output/fleet/fleet-table.ts';
import { CONDITIONS } from '../../../lib/fleet/database-state.ts';
import { CURRENT, UNREACHABLE, VULNERABLE } from './rows.ts';

const ROWS = [VULNERABLE, UNREACHABLE, CURRENT];
/** Two blanks, the mark and a blank. */
const MARGIN = 4;

function linesOf(rows: readonly FleetRow[], columns: number): string[] {
  return formatTable(rows, columns).map(({ mark, text }) => `${mark} ${text}`);
}

describe('the table', () => {
  test('has a few words for each action on a terminal of 80 columns', () => {
    expect(linesOf(ROWS, 80)).toEqual([
      '  database  state          PG    installed  action',
      '✖ events    vulnerable +1  17.7  2.28.3     install 2.29.1',
      '✖ orders    failed         –     –          check host and port',
      '✔ metrics   ok             17.7  2.29.2     none',
    ]);
  });

  test.each([200, Number.POSITIVE_INFINITY])('has the sentences in %d columns', (columns) => {
    const [, first, second, third] = linesOf(ROWS, columns);
    expect(first).toMatch(/ {2}Upgrade events from TimescaleDB 2\.28\.3 to 2\.29\.1 .*advisory\.$/);
    expect(second).toMatch(/ {2}Check host and port, .* from this machine\.$/);
    expect(third).toMatch(/ {2}No action needed\.$/);
  });

  test.each([60, 80, 81, 100, 120, 200])('fits into %i columns, for any text', (columns) => {
    const rows = ROWS.flatMap((row) => [
      row,
      { ...row, name: '漢字'.repeat(40) },
      { ...row, name: 'a\u001b[2J\nb', action: 'x'.repeat(300), installed: `2.${'9'.repeat(60)}` },
    ]);
    const lines = formatTable(rows, columns);
    expect(lines).toHaveLength(rows.length + 1);
    for (const { text } of lines) {
      expect(stringWidth(text) + MARGIN).toBeLessThanOrEqual(columns);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  test('has a short action for each condition, also if nothing is known of the database', () => {
    const known = { ...VULNERABLE, jobs: { scheduled: 3, failing: 2, oldestFailure: null } };
    for (const row of [known, { ...UNREACHABLE, error: null }]) {
      for (const condition of CONDITIONS) {
        const [, line = ''] = linesOf([{ ...row, conditions: [condition] }], 80);
        expect(line.length).toBeLessThanOrEqual(80);
        expect(line).not.toMatch(/null|undefined|…$/);
      }
    }
  });

  test.each([
    [['vulnerable'], { fix: '2.29.1' }, 'install 2.29.1'],
    [
      ['vulnerable'],
      { fix: '2.29.1', available: '2.29.2', verdicts: ['alter-extension'] },
      'run ALTER EXTENSION',
    ],
    [['behind'], { verdicts: ['alter-extension'], standby: true }, 'update on the primary'],
    // The version on the disk does not work on this PostgreSQL.
    [['vulnerable'], { fix: '2.29.1', available: '2.29.2' }, 'install 2.29.1'],
    [['broken'], { fix: null, verdicts: ['jobs-broken'] }, 'wait for a fixed release'],
    [['broken'], { fix: null, verdicts: ['upgrade-postgresql-first'] }, 'upgrade PostgreSQL'],
    [['behind'], { verdicts: ['alter-extension', 'upgrade-package'] }, 'run ALTER EXTENSION'],
    [['behind'], { verdicts: ['upgrade-package'] }, 'install 2.29.2'],
    [['behind'], { verdicts: ['upgrade-postgresql-first'] }, 'upgrade PostgreSQL'],
    [['behind'], { verdicts: ['upgrade-before-postgresql-minor'] }, 'keep this PostgreSQL'],
    [['withheld', 'unknown'], {}, 'none (level-set)'],
  ] as const)('has a short action for %j with %j', (conditions, facts, action) => {
    const [, line] = linesOf([{ ...VULNERABLE, ...facts, conditions }], 80);
    expect(line?.endsWith(`  ${action}`)).toBe(true);
  });

  test('leaves names of 17 columns complete on a terminal of 80 columns', () => {
    const rows = [
      { ...VULNERABLE, name: 'n'.repeat(17), installed: '2.23.0-dev' },
      { ...VULNERABLE, fix: null },
    ];
    expect(linesOf(rows, 80).join('')).not.toContain('…');
  });
});

describe('the counts', () => {
  const counts = {
    databases: 5,
    silent: { count: 1, of: 5 },
    broken: { count: 0, of: 3 },
    vulnerable: { count: 2, of: 3 },
    behind: { count: 2, of: 3 },
    withheld: { count: 1, of: 4 },
  };

  test('have denominators', () => {
    expect(formatCounts(counts, false)).toBe(
      '2 of 3 vulnerable · 0 of 3 broken · 2 of 3 behind · 1 of 5 silent · 1 of 4 withheld',
    );
  });

  test('leave out silent databases where no run is known', () => {
    expect(formatCounts(counts, true)).not.toContain('silent');
  });
});
