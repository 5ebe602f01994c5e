import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge, type VerdictCode } from '../../../lib/version-check/judge-version.ts';
import { aServer, type FactsChanges } from '../../support/timescaledb/facts.ts';

const AS_OF = '2026-11-21';
const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const NOT_UP_TO_DATE = 'the "timescaledb" extension is not up-to-date';

function judged(installed: string, onDisk: string, named: string, postgresql: string) {
  const facts = aServer({
    installedVersion: installed,
    availableVersion: onDisk === '?' ? null : onDisk,
    availableVersions: onDisk === '?' ? [] : [onDisk],
    postgresqlVersion: postgresql,
  });
  return judge({ says: 'outdated', named }, facts, 'metrics');
}

/**
 * Installed in the database, on the server's disk, named as newest, PostgreSQL → verdicts, severity, the newest that this
 * PostgreSQL can run, and how many minor releases that is ahead. `?` on the disk: PostgreSQL cannot list it.
 */
const TABLE = `
  installed   | on disk    | named      | PG     | verdicts                                   | says  | reachable  | behind

  up to date, and what is newer than what was named
  2.29.2      | 2.29.2     | 2.29.2     | 18.1   | up-to-date                                 | INFO  |            | 0
  2.29.1      | 2.29.1     | 2.29.1     | 16.9   | up-to-date                                 | INFO  |            | 0
  2.29.2      | ?          | 2.29.2     | 17.5   | up-to-date                                 | INFO  |            | 0
  2.29.2      | 2.29.1     | 2.29.2     | 17.5   | up-to-date                                 | INFO  |            | 0
  2.30.0-dev  | 2.30.0-dev | 2.29.2     | 17.5   | ahead                                      | INFO  |            | 0
  2.30.1      | 2.30.1     | 2.29.2     | 19.1   | ahead                                      | INFO  |            | 0
  3.0.0       | 3.0.0      | 2.30.1     | 18.1   | ahead                                      | INFO  |            |
  2.29.2      | 2.29.2     | 2.29.2-rc1 | 18.1   | ahead                                      | INFO  |            | 0
  2.29.2      | 2.29.2     | 2.9.0      | 18.1   | ahead                                      | INFO  |            | 0

  behind, on a PostgreSQL that can run the newest
  2.29.1      | 2.29.1     | 2.29.2     | 16.1   | upgrade-package                            | WARN  | 2.29.2     | 0
  2.29.1      | 2.29.2     | 2.29.2     | 16.1   | alter-extension                            | WARN  | 2.29.2     | 0
  2.29.1      | 2.29.2     | 2.30.1     | 16.1   | alter-extension, upgrade-package           | WARN  | 2.30.1     | 1
  2.29.2-rc1  | 2.29.2-rc1 | 2.29.2     | 18.1   | upgrade-package                            | WARN  | 2.29.2     | 0
  2.29.1-p0   | 2.29.1-p0  | 2.29.1     | 18.1   | upgrade-package                            | ERROR | 2.29.1     | 0
  2.30.0-dev  | 2.30.0-dev | 2.30.0     | 18.1   | upgrade-package                            | WARN  | 2.30.0     | 0
  2.29.2      | 2.30.1     | 2.29.2     | 18.1   | alter-extension                            | WARN  |            | 0
  2.29.2      | 2.30.1     | 2.29.1     | 18.1   | alter-extension                            | WARN  |            | 0
  2.29.2      | ?          | 2.30.1     | 18.1   | upgrade-package                            | WARN  | 2.30.1     | 1
  2.29.2      | 2.29.1     | 2.30.1     | 18.1   | upgrade-package                            | WARN  | 2.30.1     | 1
  2.29.2      | 2.29.2     | 3.0.0      | 18.1   | upgrade-package                            | WARN  | 3.0.0      |
  2.29.2      | 2.29.2     | 2.31       | 19.1   | upgrade-package                            | WARN  | 2.31       | 2

  with a published vulnerability
  2.29.0      | 2.29.0     | 2.29.2     | 18.1   | upgrade-package                            | ERROR | 2.29.2     | 0
  2.29.0      | 2.29.1     | 2.29.2     | 18.1   | alter-extension, upgrade-package           | ERROR | 2.29.2     | 0
  2.29.0      | 2.29.0     | 2.29.0     | 18.1   | upgrade-package                            | ERROR | 2.29.1     | 0
  2.29.0      | 2.29.0     | 2.28.0     | 18.1   | upgrade-package                            | ERROR | 2.29.1     | 0
  2.25.1      | 2.25.1     | 2.29.2     | 17.5   | upgrade-package                            | ERROR | 2.29.2     | 4
  2.23.0-dev  | 2.23.0-dev | 2.29.2     | 17.5   | upgrade-package                            | ERROR | 2.29.2     | 6
  2.9.2       | 2.9.2      | 2.9.3      | 15.1   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.3     | 19

  the last release of each PostgreSQL: nothing newer can be had there
  1.7.5       | 1.7.5      | 2.29.2     | 9.6.24 | upgrade-postgresql-first                   | ERROR | 1.7.5      | 0
  1.7.5       | 1.7.5      | 2.29.2     | 10.23  | upgrade-postgresql-first                   | ERROR | 1.7.5      | 0
  2.3.1       | 2.3.1      | 2.29.2     | 11.22  | upgrade-postgresql-first                   | ERROR | 2.3.1      | 0
  2.11.2      | 2.11.2     | 2.29.2     | 12.22  | upgrade-postgresql-first                   | ERROR | 2.11.2     | 0
  2.15.3      | 2.15.3     | 2.29.2     | 13.20  | upgrade-postgresql-first                   | ERROR | 2.15.3     | 0
  2.19.3      | 2.19.3     | 2.29.2     | 14.18  | upgrade-postgresql-first                   | ERROR | 2.19.3     | 0
  2.28.3      | 2.28.3     | 2.29.2     | 15.8   | upgrade-postgresql-first                   | ERROR | 2.28.3     | 0
  2.28.3      | 2.28.3     | 2.30.1     | 15.8   | upgrade-postgresql-first                   | ERROR | 2.28.3     | 0
  2.28.3      | 2.28.3     | 2.29.2     | 16.8   | upgrade-package                            | ERROR | 2.29.2     | 1

  one before the last: what can be had there is named
  1.7.4       | 1.7.4      | 1.7.5      | 9.6.24 | upgrade-package, upgrade-postgresql-first  | ERROR | 1.7.5      | 0
  1.6.1       | 1.6.1      | 2.29.2     | 9.6.24 | upgrade-package, upgrade-postgresql-first  | ERROR | 1.7.5      | 1
  0.12.1      | 0.12.1     | 2.29.2     | 10.23  | upgrade-package, upgrade-postgresql-first  | ERROR | 1.7.5      | 8
  2.3.0       | 2.3.0      | 2.29.2     | 11.22  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.3.1      | 0
  2.2.1       | 2.3.1      | 2.29.2     | 11.22  | alter-extension, upgrade-postgresql-first  | ERROR | 2.3.1      | 1
  1.7.5       | 1.7.5      | 2.29.2     | 12.22  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.11.2     | 12
  2.10.3      | 2.10.3     | 2.29.2     | 12.22  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.11.2     | 1
  2.14.2      | 2.14.2     | 2.29.2     | 13.20  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.15.3     | 1
  2.18.2      | 2.19.3     | 2.29.2     | 14.18  | alter-extension, upgrade-postgresql-first  | ERROR | 2.19.3     | 1
  2.27.0-p0   | 2.27.0-p0  | 2.29.2     | 15.8   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.3     | 1
  2.28.0      | 2.28.1     | 2.30.1     | 15.8   | alter-extension, upgrade-package, upgrade-postgresql-first | ERROR | 2.28.3 | 0

  the newest that was named is one that an older PostgreSQL still runs
  2.27.0      | 2.27.0     | 2.28.3     | 15.8   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.3     | 1
  2.18.0      | 2.18.0     | 2.19.3     | 14.18  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.19.3     | 1

  the first of each PostgreSQL that can run the newest
  2.13.0      | 2.13.0     | 2.29.2     | 16.0   | upgrade-package                            | ERROR | 2.29.2     | 16
  2.17.0      | 2.17.0     | 2.29.2     | 17.0   | upgrade-package                            | ERROR | 2.29.2     | 12
  2.23.0      | 2.23.0     | 2.29.2     | 18.0   | upgrade-package                            | ERROR | 2.29.2     | 6

  what is no version in an order is shown, and nothing follows from it
  2.29.2      | 2.29.2     | a.b.c      | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | 2          | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | 10.1.1.1   | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | true       | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | v2.30.1    | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | -          | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.30.1     | a.b.c      | 18.1   | unknown, alter-extension                   | WARN  |            | 0
  2.29.0      | 2.29.0     | a.b.c      | 18.1   | unknown, upgrade-package                   | ERROR | 2.29.1     | 0
`;

interface Row {
  readonly installed: string;
  readonly onDisk: string;
  readonly named: string;
  readonly postgresql: string;
  readonly codes: readonly VerdictCode[];
  readonly severity: string;
  readonly reachable: string;
  readonly behind: string;
}

const ROWS: readonly Row[] = TABLE.split('\n')
  .filter((line) => line.includes('|'))
  .slice(1)
  .map((line) => {
    const [installed = '', onDisk = '', named = '', postgresql = '', codes = '', ...rest] = line
      .split('|')
      .map((cell) => cell.trim());
    const [severity = '', reachable = '', behind = ''] = rest;
    return {
      installed,
      onDisk,
      named,
      postgresql,
      codes: codes.split(', ') as VerdictCode[],
      severity,
      reachable,
      behind,
    };
  });

/** What the extension says, or what we say where it has no words, by the first verdict. */
function messageOf({ codes: [headline], named }: Row): string {
  if (headline === 'up-to-date') return UP_TO_DATE;
  if (headline === 'unknown') {
    return `server did not return a comparable TimescaleDB version: "${named}"`;
  }
  return headline === 'ahead'
    ? 'the installed "timescaledb" extension is newer than the newest version that the telemetry endpoint knows'
    : NOT_UP_TO_DATE;
}

describe('the truth table', () => {
  test('has every edge of what PostgreSQL supports, and more than sixty cases', () => {
    expect(ROWS.length).toBeGreaterThan(60);
  });

  test.each(ROWS)(
    '$installed, on the disk $onDisk, $named named, PostgreSQL $postgresql: $codes, $severity',
    (row) => {
      const verdict = judged(row.installed, row.onDisk, row.named, row.postgresql);
      expect({
        codes: verdict.codes,
        severity: verdict.severity,
        message: verdict.message,
        reachable: verdict.reachable ?? '',
        behind: String(verdict.versionsBehind ?? ''),
      }).toEqual({
        codes: row.codes,
        severity: row.severity,
        message: messageOf(row),
        reachable: row.reachable,
        behind: row.behind,
      });
      expect(verdict).toMatchObject({
        installed: row.installed,
        available: row.onDisk === '?' ? null : row.onDisk,
        latest: row.named,
        asOf: AS_OF,
      });
    },
  );

  test.each(ROWS)(
    'of $installed, $onDisk, $named, $postgresql never suggests what is older, and names the database',
    ({ installed, onDisk, named, postgresql }) => {
      const { sentence, hint = '', reachable } = judged(installed, onDisk, named, postgresql);
      expect(sentence).toContain('metrics');
      const suggested = /most up-to-date version is (\S+),/.exec(hint)?.[1];
      for (const better of [suggested, reachable]) {
        if (better === undefined) continue;
        expect(judged(better, better, installed, postgresql).codes[0]).not.toBe('upgrade-package');
      }
    },
  );
});

describe('says who does what', () => {
  test.each<[what: string, versions: Parameters<typeof judged>, hint: string, sentence: string]>([
    ['nothing', ['2.29.2', '2.29.2', '2.29.2', '18.1'], '', 'Nothing is to be done in metrics.'],
    [
      'nothing, ahead',
      ['2.30.0-dev', '2.30.0-dev', '2.29.2', '18.1'],
      '2.29.2 was named as the newest, the installed version is 2.30.0-dev.',
      'Nothing is to be done in metrics: it runs a development build, or what was named is old.',
    ],
    [
      'the owner of the extension',
      ['2.29.1', '2.29.2', '2.29.2', '18.1'],
      'The most up-to-date version is 2.29.2, the installed version is 2.29.1.',
      "The owner of the extension in metrics runs ALTER EXTENSION timescaledb UPDATE, as the first statement of a fresh session: 2.29.2 is on the server's disk already.",
    ],
    [
      'the owner, with what is newer on the disk than what was named',
      ['2.29.2', '2.30.1', '2.29.2', '18.1'],
      'The most up-to-date version is 2.30.1, the installed version is 2.29.2.',
      "The owner of the extension in metrics runs ALTER EXTENSION timescaledb UPDATE, as the first statement of a fresh session: 2.30.1 is on the server's disk already.",
    ],
    [
      'the administrator',
      ['2.29.1', '2.29.1', '2.29.2', '18.1'],
      'The most up-to-date version is 2.29.2, the installed version is 2.29.1.',
      'The administrator of the server of metrics installs TimescaleDB 2.29.2; then the owner of the extension runs ALTER EXTENSION timescaledb UPDATE in each of its databases.',
    ],
    [
      'the administrator, who cannot have the fix on this PostgreSQL',
      ['2.28.3', '2.28.3', '2.29.2', '15.8'],
      'The most up-to-date version is 2.29.2, the installed version is 2.28.3.',
      '2.28.3 has a published vulnerability: GHSA-hcfx-29v5-2rcw is fixed in 2.29.1, and PostgreSQL 15 cannot run 2.29.1. TimescaleDB 2.29.2 needs PostgreSQL 16, 17 or 18, and the server of metrics runs 15, whose newest is 2.28.3: its administrator upgrades PostgreSQL first.',
    ],
    [
      'the administrator, in more than one step',
      ['1.7.5', '1.7.5', '2.29.2', '9.6.24'],
      'The most up-to-date version is 2.29.2, the installed version is 1.7.5.',
      '1.7.5 has a published vulnerability: GHSA-hcfx-29v5-2rcw is fixed in 2.29.1, GHSA-vgp2-jj5c-828m is fixed in 2.25.2 and CVE-2022-24128 (what somebody made before the installation could get its rights) is fixed in 2.5.2, and PostgreSQL 9.6 cannot run 2.29.1. TimescaleDB 2.29.2 needs PostgreSQL 16, 17 or 18, and the server of metrics runs 9.6, whose newest is 1.7.5: its administrator upgrades PostgreSQL first. No PostgreSQL runs both 1.7.5 and 2.29.2, so that it takes more than one step: the next is PostgreSQL 12 with 1.7.5.',
    ],
    [
      'the administrator, with a release that is newer than the table',
      ['2.29.2', '2.29.2', '2.30.1', '16.4'],
      'The most up-to-date version is 2.30.1, the installed version is 2.29.2.',
      "The administrator of the server of metrics installs TimescaleDB 2.30.1; then the owner of the extension runs ALTER EXTENSION timescaledb UPDATE in each of its databases. 2.30.1 is newer than what is known here of PostgreSQL's support, as of 2026-11-21, and is judged by what was named alone.",
    ],
    [
      'nobody, where nothing is known',
      ['2.29.2', '2.29.2', 'a.b.c', '18.1'],
      'It is shown as it came, and nothing follows from it.',
      'How metrics stands to the newest version is not known.',
    ],
  ])('%s', (_who, versions, hint, sentence) => {
    const verdict = judged(...versions);
    expect(verdict.hint ?? '').toBe(hint);
    expect(verdict.sentence).toBe(sentence);
  });

  function of(changes: FactsChanges) {
    return judge({ says: 'outdated', named: '2.29.2' }, aServer(changes), 'metrics');
  }

  test('with the version, where the newest on the disk is not its default', () => {
    const { codes, sentence } = of({
      installedVersion: '2.29.1',
      availableVersion: '2.29.1',
      availableVersions: ['2.28.0', '2.29.1', '2.29.2'],
      postgresqlVersion: '18.1',
    });
    expect(codes).toEqual(['alter-extension']);
    expect(sentence).toContain("runs ALTER EXTENSION timescaledb UPDATE TO '2.29.2', as the");
  });

  test('and that template1 hands the old version on', () => {
    const { codes, sentence } = of({
      installedVersion: '2.29.1',
      availableVersion: '2.29.2',
      isTemplate1: true,
      postgresqlVersion: '18.1',
    });
    expect(codes).toEqual(['alter-extension', 'template1-outdated']);
    expect(sentence).toMatch(/It is template1: until then new databases begin with 2\.29\.1\.$/);
  });

  test('an installed version without an order is shown quoted, and nothing follows from it', () => {
    expect(of({ installedVersion: 'nightly' })).toMatchObject({
      codes: ['unknown'],
      severity: 'WARN',
      message: 'the installed version of "timescaledb" cannot be compared: "nightly"',
      sentence: 'How metrics stands to the newest version is not known.',
      advisories: [],
    });
  });
});

describe('where the endpoint', () => {
  const facts = aServer({
    installedVersion: '2.29.1',
    availableVersion: '2.29.1',
    availableVersions: [],
    postgresqlVersion: '18.1',
  });

  test('says up to date, it is', () => {
    expect(judge({ says: 'up-to-date' }, facts, 'metrics')).toMatchObject({
      codes: ['up-to-date'],
      severity: 'INFO',
      message: UP_TO_DATE,
    });
  });

  test('says up to date and names a newer one, both is said', () => {
    const { codes, sentence } = judge({ says: 'up-to-date', named: '2.29.2' }, facts, 'metrics');
    expect(codes).toEqual(['up-to-date']);
    expect(sentence).toBe(
      'Nothing is to be done in metrics. The endpoint calls 2.29.1 up to date, and names 2.29.2, which is newer.',
    );
  });

  test('says up to date of what has a published vulnerability, it is not', () => {
    const old = { ...facts, installedVersion: '2.29.0', availableVersion: '2.29.0' };
    expect(judge({ says: 'up-to-date', named: '2.29.0' }, old, 'metrics')).toMatchObject({
      codes: ['upgrade-package'],
      severity: 'ERROR',
      message: NOT_UP_TO_DATE,
      hint: 'The most up-to-date version is 2.29.1, the installed version is 2.29.0.',
    });
  });

  test('says nothing that can be understood, that is what is said', () => {
    const why = 'malformed telemetry response body';
    expect(judge({ says: 'nothing', why }, facts, 'metrics')).toMatchObject({
      codes: ['unknown'],
      severity: 'WARN',
      message: why,
      hint: 'What answered may be a proxy, or the endpoint may have changed its reply.',
    });
  });
});

describe('a verdict has exactly', () => {
  const facts = aServer({
    installedVersion: '2.29.2',
    availableVersion: null,
    availableVersions: [],
    postgresqlVersion: '18.1',
  });
  const common = {
    installed: '2.29.2',
    available: null,
    versionsBehind: 0,
    advisories: [],
    asOf: AS_OF,
  };
  const upToDate = {
    codes: ['up-to-date'],
    severity: 'INFO',
    message: UP_TO_DATE,
    sentence: 'Nothing is to be done in metrics.',
    ...common,
  };

  test('what is known, where nothing was named', () => {
    expect(judge({ says: 'up-to-date' }, facts, 'metrics')).toStrictEqual(upToDate);
  });

  test('what was named, where it is older: who says up to date is not behind', () => {
    expect(judge({ says: 'up-to-date', named: '2.29.0' }, facts, 'metrics')).toStrictEqual({
      ...upToDate,
      latest: '2.29.0',
    });
  });

  test('why nothing is known', () => {
    expect(judge({ says: 'nothing', why: 'a reason' }, facts, 'metrics')).toStrictEqual({
      codes: ['unknown'],
      severity: 'WARN',
      message: 'a reason',
      hint: 'What answered may be a proxy, or the endpoint may have changed its reply.',
      sentence: 'How metrics stands to the newest version is not known.',
      ...common,
    });
  });

  test('the advisories, by their names', () => {
    const old = { ...facts, installedVersion: '2.29.0' };
    expect(judge({ says: 'up-to-date' }, old, 'metrics')).toMatchObject({
      advisories: ['GHSA-hcfx-29v5-2rcw'],
      reachable: '2.29.1',
    });
  });

  test('no count of releases that nobody has counted', () => {
    const verdict = judge({ says: 'outdated', named: '3.0.0' }, facts, 'metrics');
    expect(verdict).toMatchObject({ codes: ['upgrade-package'], reachable: '3.0.0' });
    expect(verdict).not.toHaveProperty('versionsBehind');
  });

  test.each([
    [{ says: 'outdated', named: '2.29.2' } as const, { latest: '2.29.2' }],
    [{ says: 'nothing', why: 'a reason' } as const, {}],
  ])('what was named, of an installed version without an order: %j', (newest, latest) => {
    expect(judge(newest, { ...facts, installedVersion: 'nightly' }, 'metrics')).toStrictEqual({
      codes: ['unknown'],
      severity: 'WARN',
      message: 'the installed version of "timescaledb" cannot be compared: "nightly"',
      sentence: 'How metrics stands to the newest version is not known.',
      installed: 'nightly',
      available: null,
      ...latest,
      advisories: [],
      asOf: AS_OF,
    });
  });
});

test('whatever is named, there is a verdict, and it never suggests a downgrade', () => {
  const aVersion = fc
    .tuple(fc.nat(4), fc.nat(40), fc.nat(9), fc.constantFrom('', '-dev', '-rc2', '-p0'))
    .map(([major, minor, patch, suffix]) => `${major}.${minor}.${patch}${suffix}`);
  const aPostgresql = fc.constantFrom(
    '9.6.24',
    '10.1',
    '11.1',
    '12.1',
    '13.1',
    '15.1',
    '18.1',
    '20.1',
  );
  fc.assert(
    fc.property(
      aVersion,
      aVersion,
      aVersion,
      aPostgresql,
      (installed, onDisk, named, postgresql) => {
        const { codes, reachable, message } = judged(installed, onDisk, named, postgresql);
        expect(codes.length).toBeGreaterThan(0);
        expect(message).not.toBe('');
        if (codes.includes('upgrade-package')) {
          expect(judged(installed, '?', reachable ?? '', '20.1').codes).toContain(
            'upgrade-package',
          );
        }
      },
    ),
  );
});
