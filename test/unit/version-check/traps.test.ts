import { describe, expect, test } from 'vitest';
import type { LatestVersion } from '../../../lib/delivery/parse-reply.ts';
import { judge, latestOf } from '../../../lib/version-check/judge-version.ts';
import type { ReleaseData } from '../../../lib/version-check/release-data.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import { KNOWLEDGE, RELEASES } from '../../support/timescaledb/release-data.ts';

interface Case {
  readonly installed: string;
  readonly postgresql: string;
  readonly onDisk?: readonly string[];
  readonly latest?: LatestVersion;
  readonly data?: ReleaseData;
}

function judged({
  installed,
  postgresql,
  onDisk = [installed],
  data = RELEASES,
  latest = latestOf(data),
}: Case) {
  const facts = aServer({
    installedVersion: installed,
    availableVersion: onDisk.at(-1) ?? null,
    availableVersions: onDisk,
    postgresqlVersion: postgresql,
  });
  return judge(latest, facts, 'metrics', { ...KNOWLEDGE, data });
}

function named(version: string): LatestVersion {
  return { status: 'outdated', version };
}

describe('an upgrade that the next PostgreSQL would break', () => {
  test('is asked for only with this limit', () => {
    const install = judged({ installed: '2.31.2', postgresql: '17.11' });
    expect(install.sentence).toContain(
      'must install TimescaleDB 2.32.0, which is the newest for PostgreSQL 17.11, but PostgreSQL 17.12 breaks its jobs.',
    );
    const alter = judged({
      installed: '2.31.2',
      postgresql: '17.11',
      onDisk: ['2.31.2', '2.32.0'],
    });
    expect(alter.sentence).toContain(
      "TimescaleDB 2.32.0 is already on the server's disk, but PostgreSQL 17.12 breaks its jobs.",
    );
  });

  test('gives way to a version on the disk that lasts', () => {
    const { sentence } = judged({
      installed: '2.31.0',
      postgresql: '17.11',
      onDisk: ['2.31.0', '2.31.2', '2.32.0'],
    });
    expect(sentence).toContain("ALTER EXTENSION timescaledb UPDATE TO '2.31.2'");
    expect(sentence).toContain('TimescaleDB 2.31.2 works on both.');
  });

  test('is not followed by a downgrade', () => {
    const { sentence } = judged({
      installed: '2.27.2',
      postgresql: '17.11',
      onDisk: ['2.27.2', '2.28.3'],
    });
    expect(sentence).not.toContain('TimescaleDB 2.27.3 works on both');
  });

  test('is named where PostgreSQL has to be upgraded first', () => {
    expect(judged({ installed: '2.28.5', postgresql: '15.20' }).sentence).toContain(
      'TimescaleDB 2.32.0 needs PostgreSQL 16, 17 or 18. PostgreSQL 16.16, 17.12 and 18.7 break its scheduled jobs.',
    );
  });
});

describe('a pre-release', () => {
  test.each(['2.32.0-rc1', '2.29.0-rc1', '2.28.0-dev'])(
    '%s has the broken jobs of its release',
    (installed) => {
      expect(judged({ installed, postgresql: '17.12' }).codes[0]).toBe('jobs-broken');
    },
  );

  test('has the advisories of its release', () => {
    expect(judged({ installed: '2.8.0-rc1', postgresql: '14.1' }).advisories).toContain(
      'GHSA-44jh-j22r-33wq',
    );
  });

  test('is no upgrade of a release, on the disk or as the latest version', () => {
    const onDisk = ['2.32.0', '2.33.0-dev'];
    const { codes } = judged({ installed: '2.32.0', postgresql: '17.11', onDisk });
    expect(codes).not.toContain('alter-extension');
    const reply = judged({ installed: '2.32.0', postgresql: '17.11', latest: named('2.33.0-rc1') });
    expect(reply.codes).not.toContain('upgrade-package');
    expect(reply.sentence).not.toContain('must install');
  });

  test('does not support a PostgreSQL that its release has dropped', () => {
    const onDisk = ['2.28.5', '2.29.0-rc1'];
    const installed = '2.28.4-rc1';
    const { sentence } = judged({ installed, postgresql: '15.19', onDisk });
    expect(sentence).not.toContain("UPDATE TO '2.29.0-rc1'");
    expect(sentence).toContain("UPDATE TO '2.28.5'");
  });
});

describe('an announced release', () => {
  const advisory = { id: 'GHSA-xxxx-xxxx-xxxx', affected: '<2.32.1', fixed: ['2.32.1'] };
  const data = { ...RELEASES, advisories: [advisory] };

  test('is not asked for as the fix of an advisory', () => {
    const { sentence, reachable } = judged({ installed: '2.31.2', postgresql: '17.11', data });
    expect(sentence).not.toContain('must install TimescaleDB 2.32.1');
    expect(reachable).not.toBe('2.32.1');
  });

  test('is published once the endpoint names it', () => {
    const verdict = judged({ installed: '2.32.0', postgresql: '17.12', latest: named('2.32.1') });
    expect(verdict).toMatchObject({ fix: '2.32.1', hint: 'TimescaleDB 2.32.1 works on it.' });
    expect(verdict.sentence).not.toContain('announced');
  });
});

test('names the limit of the data for a PostgreSQL major that is newer', () => {
  expect(judged({ installed: '2.31.2', postgresql: '19.0' }).sentence).toContain(
    'PostgreSQL 19 is newer than the version data (2026-11-28), so which TimescaleDB versions support it is not known.',
  );
});

describe('an update that can fail', () => {
  test('is named for a vendor build, too', () => {
    const onDisk = ['2.27.2', '2.28.0+dfsg'];
    expect(judged({ installed: '2.27.2', postgresql: '15.19', onDisk }).sentence).toContain(
      'This update can fail: the update fails in some databases. The problem is fixed in 2.28.2.',
    );
  });

  test('names no fix that this PostgreSQL cannot run', () => {
    const onDisk = ['2.27.2', '2.28.2'];
    const { sentence } = judged({ installed: '2.27.2', postgresql: '15.19', onDisk });
    expect(sentence).toContain('This update can fail:');
    expect(sentence).not.toContain('fixed in 2.29.0');
  });
});

test('names the release with security fixes that works on this PostgreSQL', () => {
  const verdict = judged({
    installed: '2.31.2',
    postgresql: '17.12',
    latest: { status: 'up-to-date', version: '2.32.1' },
  });
  expect(verdict.hint).toBe(
    'The smallest upgrade with them is 2.32.1, the installed version is 2.31.2.',
  );
});
