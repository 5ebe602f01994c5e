import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge, type VerdictCode } from '../../../lib/version-check/judge-version.ts';
import { aServer, type FactsChanges } from '../../support/timescaledb/facts.ts';
import { DATA_DAY, KNOWLEDGE, RELEASES } from '../../support/timescaledb/release-data.ts';

/** Without incompatible pairs and security fixes, which have tables of their own: this file is about upgrades. */
const PLAIN = {
  ...KNOWLEDGE,
  data: { ...RELEASES, incompatibilities: [], securityFixes: [] },
};
const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const NOT_UP_TO_DATE = 'the "timescaledb" extension is not up-to-date';

function judged(installed: string, onDisk: string, named: string, postgresql: string) {
  const facts = aServer({
    installedVersion: installed,
    availableVersion: onDisk === '?' ? null : onDisk,
    availableVersions: onDisk === '?' ? [] : [onDisk],
    postgresqlVersion: postgresql,
  });
  return judge({ status: 'outdated', version: named }, facts, 'metrics', PLAIN);
}

/**
 * Installed version, version on the server's disk, named latest version, PostgreSQL → verdicts, severity, latest version that
 * this PostgreSQL can run, and its minor releases after the installed one. `?` on the disk: PostgreSQL cannot list it.
 */
const TABLE = `
  installed   | on disk    | named      | PG     | verdicts                                   | says  | reachable  | behind

  up to date, or newer than the named version
  2.29.2      | 2.29.2     | 2.29.2     | 18.1   | up-to-date                                 | INFO  |            | 0
  2.29.1      | 2.29.1     | 2.29.1     | 16.9   | up-to-date                                 | INFO  |            | 0
  2.29.2      | ?          | 2.29.2     | 17.5   | up-to-date                                 | INFO  |            | 0
  2.29.2      | 2.29.1     | 2.29.2     | 17.5   | up-to-date                                 | INFO  |            | 0
  2.30.0-dev  | 2.30.0-dev | 2.29.2     | 17.5   | ahead                                      | INFO  |            | 0
  2.30.1      | 2.30.1     | 2.29.2     | 19.1   | ahead                                      | INFO  |            | 0
  3.0.0       | 3.0.0      | 2.30.1     | 18.1   | ahead                                      | INFO  |            |
  2.29.2      | 2.29.2     | 2.29.2-rc1 | 18.1   | ahead                                      | INFO  |            | 0
  2.29.2      | 2.29.2     | 2.9.0      | 18.1   | ahead                                      | INFO  |            | 0

  behind, on a PostgreSQL that can run the named version
  2.29.1      | 2.29.1     | 2.29.2     | 16.1   | upgrade-package                            | WARN  | 2.29.2     | 0
  2.29.1      | 2.29.2     | 2.29.2     | 16.1   | alter-extension                            | WARN  | 2.29.2     | 0
  2.29.1      | 2.29.2     | 2.30.1     | 16.1   | alter-extension, upgrade-package           | WARN  | 2.30.1     | 1
  2.29.2-rc1  | 2.29.2-rc1 | 2.29.2     | 18.1   | upgrade-package                            | WARN  | 2.29.2     | 0
  2.29.1-p0   | 2.29.1-p0  | 2.29.1     | 18.1   | upgrade-package                            | ERROR | 2.29.2     | 0
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
  2.29.0      | 2.29.0     | 2.29.0     | 18.1   | upgrade-package                            | ERROR | 2.29.2     | 0
  2.29.0      | 2.29.0     | 2.28.0     | 18.1   | upgrade-package                            | ERROR | 2.29.2     | 0
  2.25.1      | 2.25.1     | 2.29.2     | 17.5   | upgrade-package                            | ERROR | 2.29.2     | 4
  2.23.0-dev  | 2.23.0-dev | 2.29.2     | 17.5   | upgrade-package                            | ERROR | 2.29.2     | 6
  2.9.2       | 2.9.2      | 2.9.3      | 15.1   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.5     | 19

  the last release for each PostgreSQL: no newer one is available there
  1.7.5       | 1.7.5      | 2.29.2     | 9.6.24 | upgrade-postgresql-first                   | ERROR | 1.7.5      | 0
  1.7.5       | 1.7.5      | 2.29.2     | 10.23  | upgrade-postgresql-first                   | ERROR | 1.7.5      | 0
  2.3.1       | 2.3.1      | 2.29.2     | 11.22  | upgrade-postgresql-first                   | ERROR | 2.3.1      | 0
  2.11.2      | 2.11.2     | 2.29.2     | 12.22  | upgrade-postgresql-first                   | ERROR | 2.11.2     | 0
  2.15.3      | 2.15.3     | 2.29.2     | 13.20  | upgrade-postgresql-first                   | ERROR | 2.15.3     | 0
  2.19.3      | 2.19.3     | 2.29.2     | 14.18  | upgrade-postgresql-first                   | ERROR | 2.19.3     | 0
  2.28.5      | 2.28.5     | 2.29.2     | 15.8   | upgrade-postgresql-first                   | ERROR | 2.28.5     | 0
  2.28.5      | 2.28.5     | 2.30.1     | 15.8   | upgrade-postgresql-first                   | ERROR | 2.28.5     | 0
  2.28.3      | 2.28.3     | 2.29.2     | 16.8   | upgrade-package                            | ERROR | 2.29.2     | 1

  one before the last: the last one is reachable
  1.7.4       | 1.7.4      | 1.7.5      | 9.6.24 | upgrade-package, upgrade-postgresql-first  | ERROR | 1.7.5      | 0
  1.6.1       | 1.6.1      | 2.29.2     | 9.6.24 | upgrade-package, upgrade-postgresql-first  | ERROR | 1.7.5      | 1
  0.12.1      | 0.12.1     | 2.29.2     | 10.23  | upgrade-package, upgrade-postgresql-first  | ERROR | 1.7.5      | 8
  2.3.0       | 2.3.0      | 2.29.2     | 11.22  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.3.1      | 0
  2.2.1       | 2.3.1      | 2.29.2     | 11.22  | alter-extension, upgrade-postgresql-first  | ERROR | 2.3.1      | 1
  1.7.5       | 1.7.5      | 2.29.2     | 12.22  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.11.2     | 12
  2.10.3      | 2.10.3     | 2.29.2     | 12.22  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.11.2     | 1
  2.14.2      | 2.14.2     | 2.29.2     | 13.20  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.15.3     | 1
  2.18.2      | 2.19.3     | 2.29.2     | 14.18  | alter-extension, upgrade-postgresql-first  | ERROR | 2.19.3     | 1
  2.27.0-p0   | 2.27.0-p0  | 2.29.2     | 15.8   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.5     | 1
  2.28.3      | 2.28.3     | 2.29.2     | 15.8   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.5     | 0
  2.28.0      | 2.28.1     | 2.30.1     | 15.8   | alter-extension, upgrade-package, upgrade-postgresql-first | ERROR | 2.28.5 | 0

  the named version still runs on an older PostgreSQL
  2.27.0      | 2.27.0     | 2.28.3     | 15.8   | upgrade-package, upgrade-postgresql-first  | ERROR | 2.28.5     | 1
  2.18.0      | 2.18.0     | 2.19.3     | 14.18  | upgrade-package, upgrade-postgresql-first  | ERROR | 2.19.3     | 1

  the first release for each PostgreSQL that can run the named version
  2.13.0      | 2.13.0     | 2.29.2     | 16.0   | upgrade-package                            | ERROR | 2.29.2     | 16
  2.17.0      | 2.17.0     | 2.29.2     | 17.0   | upgrade-package                            | ERROR | 2.29.2     | 12
  2.23.0      | 2.23.0     | 2.29.2     | 18.0   | upgrade-package                            | ERROR | 2.29.2     | 6

  a version that cannot be compared is shown, and not evaluated
  2.29.2      | 2.29.2     | a.b.c      | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | 2          | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | 10.1.1.1   | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | true       | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | v2.30.1    | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.29.2     | -          | 18.1   | unknown                                    | WARN  |            | 0
  2.29.2      | 2.30.1     | a.b.c      | 18.1   | unknown, alter-extension                   | WARN  |            | 0
  2.29.0      | 2.29.0     | a.b.c      | 18.1   | unknown, upgrade-package                   | ERROR | 2.29.2     | 0
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

/** Returns the expected message for the first verdict. */
function messageOf({ codes: [headline], named }: Row): string {
  if (headline === 'up-to-date') return UP_TO_DATE;
  if (headline === 'unknown') {
    return `server did not return a comparable TimescaleDB version: "${named}"`;
  }
  return headline === 'ahead'
    ? 'the installed "timescaledb" extension is newer than the latest version that the telemetry endpoint names'
    : NOT_UP_TO_DATE;
}

describe('the truth table', () => {
  test('has more than sixty cases', () => {
    expect(ROWS.length).toBeGreaterThan(60);
  });

  test.each(ROWS)(
    'gives $codes ($severity) for $installed, with $onDisk on the disk, $named named and PostgreSQL $postgresql',
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
        asOf: DATA_DAY,
      });
    },
  );

  test.each(ROWS)(
    'names the database and suggests no older version for $installed, $onDisk, $named, $postgresql',
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

describe('the sentence', () => {
  test.each<[what: string, versions: Parameters<typeof judged>, hint: string, sentence: string]>([
    ['no action', ['2.29.2', '2.29.2', '2.29.2', '18.1'], '', 'metrics: no action needed.'],
    [
      'no action for a version that is ahead',
      ['2.30.0-dev', '2.30.0-dev', '2.29.2', '18.1'],
      'The latest version is 2.29.2, the installed version is 2.30.0-dev.',
      'metrics: no action needed. The database runs a development build, or the latest version that was named is old.',
    ],
    [
      'ALTER EXTENSION by the owner of the extension',
      ['2.29.1', '2.29.2', '2.29.2', '18.1'],
      'The most up-to-date version is 2.29.2, the installed version is 2.29.1.',
      "metrics: the extension's owner must run ALTER EXTENSION timescaledb UPDATE as the first statement of a new session. TimescaleDB 2.29.2 is already on the server's disk.",
    ],
    [
      'ALTER EXTENSION to a version on the disk that is newer than the named one',
      ['2.29.2', '2.30.1', '2.29.2', '18.1'],
      'The most up-to-date version is 2.30.1, the installed version is 2.29.2.',
      "metrics: the extension's owner must run ALTER EXTENSION timescaledb UPDATE as the first statement of a new session. TimescaleDB 2.30.1 is already on the server's disk.",
    ],
    [
      'an installation by the administrator',
      ['2.29.1', '2.29.1', '2.29.2', '18.1'],
      'The most up-to-date version is 2.29.2, the installed version is 2.29.1.',
      "metrics: the server's administrator must install TimescaleDB 2.29.2. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE in each of the server's databases.",
    ],
    [
      'an upgrade of PostgreSQL by the administrator, where this PostgreSQL cannot run the fix',
      ['2.28.5', '2.28.5', '2.29.2', '15.8'],
      'The most up-to-date version is 2.29.2, the installed version is 2.28.5.',
      "metrics: TimescaleDB 2.28.5 has a published vulnerability: GHSA-hcfx-29v5-2rcw is fixed in 2.29.1. PostgreSQL 15.8 cannot run a release with all fixes. TimescaleDB 2.29.2 needs PostgreSQL 16, 17 or 18. The server runs PostgreSQL 15, whose latest TimescaleDB is 2.28.5. The server's administrator must upgrade PostgreSQL first.",
    ],
    [
      'an upgrade of PostgreSQL in several steps',
      ['1.7.5', '1.7.5', '2.29.2', '9.6.24'],
      'The most up-to-date version is 2.29.2, the installed version is 1.7.5.',
      "metrics: TimescaleDB 1.7.5 has a published vulnerability: GHSA-hcfx-29v5-2rcw is fixed in 2.29.1, GHSA-vgp2-jj5c-828m is fixed in 2.25.2 and CVE-2022-24128 (objects created before CREATE EXTENSION could run with the rights of its superuser) is fixed in 2.5.2. PostgreSQL 9.6.24 cannot run a release with all fixes. TimescaleDB 2.29.2 needs PostgreSQL 16, 17 or 18. The server runs PostgreSQL 9.6, whose latest TimescaleDB is 1.7.5. The server's administrator must upgrade PostgreSQL first. No PostgreSQL version runs both TimescaleDB 1.7.5 and 2.29.2, so the upgrade takes several steps. The next step is PostgreSQL 12 with TimescaleDB 1.7.5.",
    ],
    [
      'an installation of a release that is newer than the version data',
      ['2.29.2', '2.29.2', '2.33.1', '16.4'],
      'The most up-to-date version is 2.33.1, the installed version is 2.29.2.',
      "metrics: the server's administrator must install TimescaleDB 2.33.1. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE in each of the server's databases. TimescaleDB 2.33.1 is newer than the version data of this project (2026-11-28), so its PostgreSQL versions are not known.",
    ],
    [
      'that the versions cannot be compared',
      ['2.29.2', '2.29.2', 'a.b.c', '18.1'],
      'The version is shown as received, and not evaluated.',
      'metrics: the installed version cannot be compared with the latest version.',
    ],
  ])('asks for %s', (_who, versions, hint, sentence) => {
    const verdict = judged(...versions);
    expect(verdict.hint ?? '').toBe(hint);
    expect(verdict.sentence).toBe(sentence);
  });

  function of(changes: FactsChanges) {
    return judge({ status: 'outdated', version: '2.29.2' }, aServer(changes), 'metrics', PLAIN);
  }

  test('names the version on the disk when it is not the default one', () => {
    const { codes, sentence } = of({
      installedVersion: '2.29.1',
      availableVersion: '2.29.1',
      availableVersions: ['2.28.0', '2.29.1', '2.29.2'],
      postgresqlVersion: '18.1',
    });
    expect(codes).toEqual(['alter-extension']);
    expect(sentence).toContain("must run ALTER EXTENSION timescaledb UPDATE TO '2.29.2' as the");
  });

  test('says to update the extension of a standby on the primary', () => {
    const standby = { standby: true, installedVersion: '2.29.1', postgresqlVersion: '18.1' };
    expect(of({ ...standby, availableVersion: '2.29.2' }).sentence).toBe(
      "metrics: the extension's owner must run ALTER EXTENSION timescaledb UPDATE on the primary as the first statement of a new session. TimescaleDB 2.29.2 is already on this standby's disk, and must be on the disks of the primary and of its other standbys.",
    );
    expect(of({ ...standby, availableVersion: '2.29.1' }).sentence).toBe(
      "metrics: the administrator must install TimescaleDB 2.29.2 on the primary and its standbys. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE on the primary, in each of its databases.",
    );
    const old = { ...standby, availableVersion: '2.29.1', postgresqlVersion: '13.22' };
    expect(of({ ...old, installedVersion: '2.15.3' }).sentence).toContain(
      "The server's administrator must upgrade PostgreSQL first, on the primary and its standbys.",
    );
  });

  test('has the version of PostgreSQL, also when the installed version cannot be compared', () => {
    const postgresqlVersion = '18.1';
    expect(of({ postgresqlVersion }).postgresql).toBe('18.1');
    expect(of({ postgresqlVersion, installedVersion: 'nightly' }).postgresql).toBe('18.1');
  });

  test('says that template1 passes the old version on', () => {
    const { codes, sentence } = of({
      installedVersion: '2.29.1',
      availableVersion: '2.29.2',
      isTemplate1: true,
      postgresqlVersion: '18.1',
    });
    expect(codes).toEqual(['alter-extension', 'template1-outdated']);
    expect(sentence).toMatch(
      /This database is template1, so new databases start with TimescaleDB 2\.29\.1 until then\.$/,
    );
  });

  test('quotes an installed version that cannot be compared, and asks for nothing', () => {
    expect(of({ installedVersion: 'nightly' })).toMatchObject({
      codes: ['unknown'],
      severity: 'WARN',
      message: 'the installed version of "timescaledb" cannot be compared: "nightly"',
      sentence: 'metrics: the installed version cannot be compared with the latest version.',
      advisories: [],
    });
  });
});

describe('an endpoint', () => {
  const facts = aServer({
    installedVersion: '2.29.1',
    availableVersion: '2.29.1',
    availableVersions: [],
    postgresqlVersion: '18.1',
  });

  test('that reports up to date gives the verdict up-to-date', () => {
    expect(judge({ status: 'up-to-date' }, facts, 'metrics', PLAIN)).toMatchObject({
      codes: ['up-to-date'],
      severity: 'INFO',
      message: UP_TO_DATE,
    });
  });

  test('that reports up to date and names a newer version contradicts itself, and the sentence says so', () => {
    const { codes, sentence } = judge(
      { status: 'up-to-date', version: '2.29.2' },
      facts,
      'metrics',
      PLAIN,
    );
    expect(codes).toEqual(['up-to-date']);
    expect(sentence).toBe(
      'metrics: no action needed. The endpoint reports that 2.29.1 is up to date, and names 2.29.2, which is newer.',
    );
  });

  test('that reports a vulnerable version as up to date is overruled', () => {
    const old = { ...facts, installedVersion: '2.29.0', availableVersion: '2.29.0' };
    expect(judge({ status: 'up-to-date', version: '2.29.0' }, old, 'metrics', PLAIN)).toMatchObject(
      {
        codes: ['upgrade-package'],
        severity: 'ERROR',
        message: NOT_UP_TO_DATE,
        hint: 'The most up-to-date version is 2.29.2, the installed version is 2.29.0.',
      },
    );
  });

  test('with an invalid reply gives the verdict unknown and the reason', () => {
    const reason = 'malformed telemetry response body';
    expect(judge({ status: 'unknown', reason }, facts, 'metrics', PLAIN)).toMatchObject({
      codes: ['unknown'],
      severity: 'WARN',
      message: reason,
      hint: 'The reply may come from a proxy, or the endpoint may have changed its format.',
    });
  });
});

describe('a verdict', () => {
  const facts = aServer({
    installedVersion: '2.29.2',
    availableVersion: null,
    availableVersions: [],
    postgresqlVersion: '18.1',
  });
  const common = {
    installed: '2.29.2',
    postgresql: '18.1',
    available: null,
    versionsBehind: 0,
    advisories: [],
    asOf: DATA_DAY,
  };
  const upToDate = {
    codes: ['up-to-date'],
    severity: 'INFO',
    message: UP_TO_DATE,
    sentence: 'metrics: no action needed.',
    ...common,
  };

  test('has no latest version when none was named', () => {
    expect(judge({ status: 'up-to-date' }, facts, 'metrics', PLAIN)).toStrictEqual(upToDate);
  });

  test('has the latest version also when that is older than the installed one', () => {
    expect(
      judge({ status: 'up-to-date', version: '2.29.0' }, facts, 'metrics', PLAIN),
    ).toStrictEqual({
      ...upToDate,
      latest: '2.29.0',
    });
  });

  test('has the reason why the latest version is unknown', () => {
    expect(judge({ status: 'unknown', reason: 'a reason' }, facts, 'metrics', PLAIN)).toStrictEqual(
      {
        codes: ['unknown'],
        severity: 'WARN',
        message: 'a reason',
        hint: 'The reply may come from a proxy, or the endpoint may have changed its format.',
        sentence: 'metrics: the installed version cannot be compared with the latest version.',
        ...common,
      },
    );
  });

  test('has the ids of the advisories', () => {
    const old = { ...facts, installedVersion: '2.29.0' };
    expect(judge({ status: 'up-to-date' }, old, 'metrics', PLAIN)).toMatchObject({
      advisories: ['GHSA-hcfx-29v5-2rcw'],
      reachable: '2.29.2',
      fix: '2.29.2',
    });
  });

  test('has no count of releases for an unknown major version', () => {
    const verdict = judge({ status: 'outdated', version: '3.0.0' }, facts, 'metrics', PLAIN);
    expect(verdict).toMatchObject({ codes: ['upgrade-package'], reachable: '3.0.0' });
    expect(verdict).not.toHaveProperty('versionsBehind');
  });

  test.each([
    [{ status: 'outdated', version: '2.29.2' } as const, { latest: '2.29.2' }],
    [{ status: 'unknown', reason: 'a reason' } as const, {}],
  ])(
    'of an installed version that cannot be compared repeats the latest version: %j',
    (latestVersion, latest) => {
      expect(
        judge(latestVersion, { ...facts, installedVersion: 'nightly' }, 'metrics', PLAIN),
      ).toStrictEqual({
        codes: ['unknown'],
        severity: 'WARN',
        message: 'the installed version of "timescaledb" cannot be compared: "nightly"',
        sentence: 'metrics: the installed version cannot be compared with the latest version.',
        installed: 'nightly',
        postgresql: '18.1',
        available: null,
        ...latest,
        advisories: [],
        asOf: DATA_DAY,
      });
    },
  );
});

test('every combination of versions has a verdict that suggests no downgrade', () => {
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
