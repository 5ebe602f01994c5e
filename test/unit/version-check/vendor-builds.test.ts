import { describe, expect, test } from 'vitest';
import { judge, latestOf } from '../../../lib/version-check/judge-version.ts';
import { toServerVersion } from '../../../lib/version-check/server-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import { KNOWLEDGE, RELEASES } from '../../support/timescaledb/release-data.ts';

function judged(installed: string, onDisk = installed) {
  const facts = aServer({
    installedVersion: installed,
    availableVersion: onDisk,
    availableVersions: [onDisk],
    postgresqlVersion: '16.15',
  });
  return judge(latestOf(RELEASES), facts, 'metrics', KNOWLEDGE);
}

/** A version on a server, the release that it is judged as, and whether it is a vendor's build. */
const VERSIONS = [
  ['2.15.0', '2.15.0', false],
  ['2.23.0-dev', '2.23.0-dev', false],
  ['2.29.1-rc1', '2.29.1-rc1', false],
  ['2.27.0-p0', '2.27.0-p0', false],
  ['2.0.0-private-beta-1', '2.0.0-private-beta-1', false],
  ['v2.15.0', '2.15.0', true],
  ['2.11.1-cloud', '2.11.1', true],
  ['2.14.2+dfsg', '2.14.2', true],
  ['2.9.1~ubuntu', '2.9.1', true],
  ['2.9.1~ubuntu22.04.1', '2.9.1', true],
  ['2.29.0+dfsg-1.pgdg13+1', '2.29.0', true],
  ['2.11.2.1', '2.11.2', true],
  ['2.11.2_4', '2.11.2', true],
  ['2.11.2ts', '2.11.2', true],
  ['2.11-aiven', '2.11', true],
] as const;

test.each(VERSIONS)('%s is judged as %s; a vendor built it: %s', (text, release, isVendorBuild) => {
  expect(toServerVersion(text)).toMatchObject({ version: { text }, isVendorBuild });
  expect(toServerVersion(text)?.version.order).toEqual(toServerVersion(release)?.version.order);
});

test.each(['', 'nightly', 'a.b.c', '2', 'timescaledb-2.15.0', '-2.15.0'])(
  '%j names no release',
  (text) => {
    expect(toServerVersion(text)).toBeUndefined();
  },
);

describe('a vendor build', () => {
  test.each(VERSIONS.filter(([, , isVendorBuild]) => isVendorBuild))(
    '%s has the advisories of the release %s',
    (text, release) => {
      const verdict = judged(text);
      expect(verdict.advisories).toEqual(judged(release).advisories);
      expect(verdict.advisories.length).toBeGreaterThan(0);
      expect(verdict.severity).toBe('ERROR');
      expect(verdict.installed).toBe(text);
      expect(verdict.sentence).toContain(
        `TimescaleDB ${text} has a published vulnerability, unless its vendor has fixed it:`,
      );
      expect(verdict.sentence).toMatch(
        /is a vendor's build\. It is judged as the release that it is based on\. What the vendor changed is not known\.$/,
      );
    },
  );

  test.each(['2.28.3-cloud', '2.28.3+dfsg', 'v2.28.3', '2.28.3~ubuntu'])(
    '%s has the broken jobs of its release',
    (installed) => {
      const facts = aServer({ installedVersion: installed, postgresqlVersion: '18.7' });
      expect(judge(latestOf(RELEASES), facts, 'metrics', KNOWLEDGE)).toMatchObject({
        severity: 'ERROR',
        message: `PostgreSQL 18.7 breaks every scheduled job of TimescaleDB ${installed}`,
      });
    },
  );

  test('on the disk is as new as its release', () => {
    expect(judged('2.28.3', '2.28.5-cloud')).toMatchObject({
      codes: [
        'alter-extension',
        'upgrade-package',
        'upgrade-before-postgresql-minor',
        'security-fixes-available',
      ],
    });
    expect(judged('2.28.3', '2.28.5-cloud').sentence).toContain(
      "TimescaleDB 2.28.5-cloud is already on the server's disk.",
    );
    expect(judged('2.32.0', '2.32.0+dfsg').codes).not.toContain('alter-extension');
  });
});
