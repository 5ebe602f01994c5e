import { describe, expect, test } from 'vitest';
import { judge, latestOf, type Verdict } from '../../../lib/version-check/judge-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import { KNOWLEDGE, RELEASES } from '../../support/timescaledb/release-data.ts';

/** Judges a pair without an endpoint: the latest version is the newest release of the data. */
function judged(installed: string, postgresql: string, onDisk = installed): Verdict {
  const facts = aServer({
    installedVersion: installed,
    availableVersion: onDisk,
    availableVersions: [onDisk],
    postgresqlVersion: postgresql,
  });
  return judge(latestOf(RELEASES), facts, 'metrics', KNOWLEDGE);
}

/**
 * What each PostgreSQL minor release does to the scheduled jobs of each TimescaleDB version:
 *
 * - `fine`: they work, and no known later minor release breaks them
 * - `later V`: they work, and a later minor release breaks them. V is the upgrade that the sentence names, which works on both, `-` if
 *   there is no such release
 * - `broken V`: every job fails. V is the smallest upgrade with which they work
 * - empty: TimescaleDB does not support this PostgreSQL
 */
const JOBS = `
  TimescaleDB | 15.19         | 15.20         | 16.15         | 16.16         | 17.11         | 17.12         | 18.6          | 18.7
  2.10.3      | later 2.28.5  | broken 2.27.3 |               |               |               |               |               |
  2.26.4      | later 2.28.5  | broken 2.27.3 | later 2.31.2  | broken 2.27.3 | later 2.31.2  | broken 2.27.3 | later 2.31.2  | broken 2.27.3
  2.27.2      | later 2.27.3  | broken 2.27.3 | later 2.27.3  | broken 2.27.3 | later 2.27.3  | broken 2.27.3 | later 2.27.3  | broken 2.27.3
  2.27.3      | fine          | fine          | fine          | fine          | fine          | fine          | fine          | fine
  2.28.3      | later 2.28.5  | broken 2.28.5 | later 2.28.5  | broken 2.28.5 | later 2.28.5  | broken 2.28.5 | later 2.28.5  | broken 2.28.5
  2.28.4      | fine          | fine          | fine          | fine          | fine          | fine          | fine          | fine
  2.28.5      | fine          | fine          | fine          | fine          | fine          | fine          | fine          | fine
  2.29.2      |               |               | later 2.31.2  | broken 2.31.2 | later 2.31.2  | broken 2.31.2 | later 2.31.2  | broken 2.31.2
  2.30.2      |               |               | later 2.31.2  | broken 2.31.2 | later 2.31.2  | broken 2.31.2 | later 2.31.2  | broken 2.31.2
  2.31.0      |               |               | later 2.31.2  | broken 2.31.2 | later 2.31.2  | broken 2.31.2 | later 2.31.2  | broken 2.31.2
  2.31.2      |               |               | fine          | fine          | fine          | fine          | fine          | fine
  2.32.0      |               |               | later -       | broken -      | later -       | broken -      | later -       | broken -
  2.32.1      |               |               | fine          | fine          | fine          | fine          | fine          | fine

  TimescaleDB | 12.7          | 12.8          | 13.3          | 13.4          | 14.24         | 14.25
  2.0.2       | later 2.11.2  | broken 2.4.2  |               |               |               |
  2.3.1       | later 2.11.2  | broken 2.4.2  | later 2.15.3  | broken 2.4.2  |               |
  2.4.0       | later 2.4.2   | broken 2.4.2  | later 2.4.2   | broken 2.4.2  |               |
  2.4.1       | fine          | fine          | fine          | fine          |               |
  2.19.3      |               |               |               |               | fine          | fine
`;

interface Pair {
  readonly installed: string;
  readonly postgresql: string;
  readonly jobs: string;
}

function parseTable(table: string): readonly Pair[] {
  return table
    .trim()
    .split('\n\n')
    .flatMap((block) => {
      const [head = [], ...rows] = block
        .split('\n')
        .map((line) => line.split('|').map((cell) => cell.trim()));
      return rows.flatMap(([installed = '', ...cells]) =>
        cells.flatMap((jobs, index) =>
          jobs === '' ? [] : [{ installed, postgresql: head[index + 1] ?? '', jobs }],
        ),
      );
    });
}

/** Reads a verdict as the table writes it. */
function jobsOf({ codes, fix, sentence }: Verdict): string {
  if (codes[0] === 'jobs-broken') return `broken ${fix ?? '-'}`;
  if (!codes.includes('upgrade-before-postgresql-minor')) return 'fine';
  const [, version = '-'] = /TimescaleDB (\S+) works on both/.exec(sentence) ?? [];
  return `later ${version}`;
}

const PAIRS = parseTable(JOBS);

describe('the jobs', () => {
  test('have a table with every boundary', () => {
    expect(PAIRS.length).toBeGreaterThan(90);
  });

  test.each(PAIRS)('of TimescaleDB $installed on PostgreSQL $postgresql are $jobs', (pair) => {
    expect(jobsOf(judged(pair.installed, pair.postgresql))).toBe(pair.jobs);
  });

  test.each(PAIRS.filter(({ jobs }) => jobs.startsWith('broken')))(
    'of TimescaleDB $installed on PostgreSQL $postgresql make the verdict an error that comes first',
    ({ installed, postgresql }) => {
      expect(judged(installed, postgresql)).toMatchObject({
        severity: 'ERROR',
        message: `PostgreSQL ${postgresql} breaks every scheduled job of TimescaleDB ${installed}`,
      });
    },
  );
});

/** Installed version and PostgreSQL → the newest version that works there. */
test.each([
  ['2.28.3', '15.19', '2.28.5'],
  ['2.28.3', '15.20', '2.28.5'],
  ['2.28.3', '16.15', '2.32.0'],
  ['2.28.3', '16.16', '2.31.2'],
  ['2.29.2', '17.11', '2.32.0'],
  ['2.29.2', '17.12', '2.31.2'],
  ['2.30.2', '18.6', '2.32.0'],
  ['2.30.2', '18.7', '2.31.2'],
  ['2.19.0', '14.25', '2.19.3'],
  ['2.15.0', '13.1', undefined],
  ['2.15.0', '13.2', '2.15.3'],
])('TimescaleDB %s on PostgreSQL %s reaches %s', (installed, postgresql, reachable) => {
  expect(judged(installed, postgresql).reachable).toBe(reachable);
});

describe('the sentence', () => {
  test('names the cause, the fix on the installed branch, the vulnerability, and who has to act', () => {
    const { codes, hint, sentence } = judged('2.28.3', '18.7');
    expect(codes).toEqual(['jobs-broken', 'upgrade-package', 'security-fixes-available']);
    expect(hint).toBe('TimescaleDB 2.28.5 works on it.');
    expect(sentence).toBe(
      "metrics: PostgreSQL 18.7 breaks every scheduled job of TimescaleDB 2.28.3: jobs fail with SQLSTATE 24000, cannot drop portal \"\" while it is being set up. TimescaleDB 2.28.5 works on it. TimescaleDB 2.28.3 has a published vulnerability: GHSA-hcfx-29v5-2rcw is fixed in 2.29.1. The server's administrator must install TimescaleDB 2.28.5, which is the smallest upgrade with which the jobs work, or TimescaleDB 2.31.2, which has no known vulnerability and works on every known minor release of this PostgreSQL. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE in each of the server's databases. TimescaleDB 2.32.0 (a larger set of security fixes than usual) has security fixes without a published advisory. Assume that 2.28.3 lacks them. No published release with all of them is known to work on PostgreSQL 18.7. Do not update to TimescaleDB 2.32.0: PostgreSQL 18.7 breaks its scheduled jobs.",
    );
  });

  test.each([
    [
      { scheduled: 14, failing: 12, oldestFailure: '2026-11-17T03:04:05.000Z' },
      ' 12 of 14 jobs fail, one without success since 2026-11-17. ',
    ],
    [{ scheduled: 1, failing: 1, oldestFailure: null }, ' 1 of 1 jobs fails. '],
    [{ scheduled: 14, failing: 0, oldestFailure: null }, 'being set up. TimescaleDB 2.28.5'],
    [null, 'being set up. TimescaleDB 2.28.5'],
  ])('says of the jobs %j: %s', (jobHealth, text) => {
    const facts = aServer({ installedVersion: '2.28.3', postgresqlVersion: '15.20', jobHealth });
    expect(judge(latestOf(RELEASES), facts, 'metrics', KNOWLEDGE).sentence).toContain(text);
  });

  test('asks only for ALTER EXTENSION where the fix is on the disk', () => {
    const { codes, sentence } = judged('2.28.3', '15.20', '2.28.5');
    expect(codes).toEqual([
      'jobs-broken',
      'alter-extension',
      'upgrade-postgresql-first',
      'security-fixes-available',
    ]);
    expect(sentence).toContain(
      "The extension's owner must run ALTER EXTENSION timescaledb UPDATE as the first statement of a new session. TimescaleDB 2.28.5 is already on the server's disk.",
    );
  });

  test('names an announced release, and no release as the fix, where none is published', () => {
    const { codes, hint, sentence } = judged('2.32.0', '18.7');
    expect(codes).toEqual(['jobs-broken']);
    expect(hint).toBe('No published release is known to work on this PostgreSQL.');
    expect(sentence).toMatch(
      /No published release newer than 2\.32\.0 is known to work on it\. TimescaleDB 2\.32\.1 is announced\.$/,
    );
  });

  test('asks not to update PostgreSQL where no TimescaleDB works on the later one', () => {
    const verdict = judged('2.32.0', '18.6');
    expect(verdict).toMatchObject({
      codes: ['upgrade-before-postgresql-minor'],
      severity: 'WARN',
      message: 'PostgreSQL 18.7 breaks every scheduled job of TimescaleDB 2.32.0',
      hint: 'Do not update PostgreSQL to 18.7 or later yet.',
    });
    expect(verdict.sentence).toContain('Do not update PostgreSQL to 18.7 or later yet.');
  });

  test('warns of a version on the disk that this PostgreSQL breaks, and does not ask for it', () => {
    const { codes, sentence } = judged('2.31.2', '18.7', '2.32.0');
    expect(codes).toEqual(['security-fixes-available']);
    expect(sentence).toMatch(
      /Do not update to TimescaleDB 2\.32\.0, which is on the server's disk: PostgreSQL 18\.7 breaks its scheduled jobs\.$/,
    );
  });

  test('prefers a version that survives the next PostgreSQL to the newest, and names both', () => {
    expect(judged('2.29.2', '17.11').sentence).toContain(
      'must install TimescaleDB 2.31.2, which has no known vulnerability and works on every known minor release of this PostgreSQL, or TimescaleDB 2.32.0, which is the newest for PostgreSQL 17.11, but PostgreSQL 17.12 breaks its jobs. Then',
    );
  });

  test('recommends one version, in the sentence and as the fix, where it repairs everything', () => {
    const { sentence, fix } = judged('2.23.1', '17.5');
    expect(sentence).toContain(
      'must install TimescaleDB 2.31.2, which has no known vulnerability and works on every known minor release of this PostgreSQL. Then',
    );
    expect(sentence).toContain('TimescaleDB 2.31.2 works on both. Upgrade TimescaleDB before');
    expect(fix).toBe('2.31.2');
  });

  test('recommends the smallest upgrade with the fix where the disk has it or a newer one', () => {
    expect(judged('2.23.1', '17.5', '2.29.2').fix).toBe('2.29.2');
    expect(judged('2.23.1', '17.5', '2.30.2').fix).toBe('2.29.2');
  });

  test('says of the only choice that a later PostgreSQL breaks it', () => {
    expect(judged('2.30.2', '16.10', '2.31.2').sentence).toContain(
      'must install TimescaleDB 2.32.0, which is the newest for PostgreSQL 16.10, but PostgreSQL 16.16 breaks its jobs.',
    );
  });

  test('prefers a patch of the installed branch that fixes a vulnerability', () => {
    expect(judged('2.29.0', '18.1').sentence).toContain(
      'must install TimescaleDB 2.29.2, which is the smallest upgrade that fixes this, or TimescaleDB 2.31.2, which has no known vulnerability',
    );
  });

  test('says what is not known of PostgreSQL 14.25, without an error', () => {
    const { codes, sentence } = judged('2.19.3', '14.25');
    expect(codes).not.toContain('jobs-broken');
    expect(sentence).toContain('whether 14.25 does is not known.');
    expect(judged('2.19.3', '14.24').sentence).not.toContain('14.25');
  });

  test('names the PostgreSQL minor release that a version needs', () => {
    expect(judged('2.15.3', '13.1').sentence).toContain(
      'TimescaleDB 2.1.0 and later need PostgreSQL 13.2 or later.',
    );
    expect(judged('2.15.3', '13.2').sentence).not.toContain('13.2 or later');
  });

  test('says that the update to the version on the disk can fail', () => {
    expect(judged('2.27.2', '15.19', '2.28.1').sentence).toContain(
      'This update can fail: the update fails in some databases. The problem is fixed in 2.28.2.',
    );
  });
});
