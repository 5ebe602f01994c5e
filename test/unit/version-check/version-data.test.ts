import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isNewer, toVersion, type Version } from '../../../lib/version.ts';
import { publishedReleases, works } from '../../../lib/version-check/compatibility.ts';
import { judge, latestOf } from '../../../lib/version-check/judge-version.ts';
import { toServerVersion } from '../../../lib/version-check/server-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import { DATA_DAY, KNOWLEDGE, RELEASES } from '../../support/timescaledb/release-data.ts';

const DAY_MS = 86_400_000;

function judgedAfter(days: number) {
  const facts = aServer({ installedVersion: '2.31.2', postgresqlVersion: '18.7' });
  const now = Date.parse(DATA_DAY) + days * DAY_MS;
  return judge(latestOf(RELEASES), facts, 'metrics', { data: RELEASES, now });
}

describe('the age of the version data', () => {
  test('is not mentioned within 60 days', () => {
    expect(judgedAfter(60).sentence).not.toContain('version data');
  });

  test('is part of the sentence after 60 days', () => {
    expect(judgedAfter(61).sentence).toMatch(
      /The version data is from 2026-11-28, 61 days ago\. Newer releases and advisories are not known\.$/,
    );
  });

  test('changes neither verdict nor severity', () => {
    expect(judgedAfter(400)).toMatchObject({
      codes: judgedAfter(0).codes,
      severity: judgedAfter(0).severity,
    });
  });
});

describe('security fixes without an advisory', () => {
  function judged(installed: string, postgresqlVersion: string) {
    const facts = aServer({
      installedVersion: installed,
      availableVersion: installed,
      availableVersions: [installed],
      postgresqlVersion,
    });
    return judge({ status: 'up-to-date' }, facts, 'metrics', KNOWLEDGE);
  }

  test('are a warning with a text of their own, also for a version that the endpoint calls up to date', () => {
    expect(judged('2.31.2', '16.15')).toMatchObject({
      codes: ['security-fixes-available'],
      severity: 'WARN',
      message: 'a newer TimescaleDB release has security fixes without a published advisory',
      hint: 'The smallest upgrade with them is 2.32.0, the installed version is 2.31.2.',
      sentence:
        'metrics: TimescaleDB 2.32.0 (a larger set of security fixes than usual) has security fixes without a published advisory. Assume that 2.31.2 lacks them. TimescaleDB 2.32.0 has them and works on PostgreSQL 16.15.',
    });
  });

  test('are not available on a PostgreSQL that breaks the release', () => {
    expect(judged('2.31.2', '16.16')).toMatchObject({
      severity: 'WARN',
      hint: 'No published release with them is known to work on PostgreSQL 16.16.',
    });
  });

  test('are no warning for the release that has them, and newer ones', () => {
    expect(judged('2.32.0', '16.15').codes).not.toContain('security-fixes-available');
    expect(judged('2.32.1', '16.15')).toMatchObject({ codes: ['up-to-date'], severity: 'INFO' });
  });

  test('of several releases are all named', () => {
    expect(judged('1.3.1', '10.23').sentence).toContain(
      'TimescaleDB 1.3.2 (database users could gain rights of other roles) and 2.32.0 (a larger set of security fixes than usual) have security fixes without a published advisory.',
    );
  });
});

/** Versions that a sentence asks its reader to install. */
function asked(sentence: string): readonly string[] {
  const installs = [...sentence.matchAll(/must install (.*?)\. Then/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/TimescaleDB ([^\s,]+)/g)].map(([, text = '']) => text),
  );
  const both = [...sentence.matchAll(/TimescaleDB (\S+) works on both/g)];
  const workable = [...sentence.matchAll(/TimescaleDB (\S+) works on it/g)];
  const updates = [...sentence.matchAll(/TimescaleDB (\S+) is already on the server's disk/g)];
  return [...installs, ...[...both, ...workable, ...updates].map(([, text = '']) => text)];
}

function parsed(text: string): Version {
  const version = toServerVersion(text)?.version;
  if (version === undefined) throw new TypeError(text);
  return version;
}

test('no verdict asks for a release that is broken, unsupported, or older than the installed one', () => {
  const releases = publishedReleases(RELEASES).map(({ text }) => text);
  const aRelease = fc.constantFrom(...releases, '2.32.1');
  const anInstalled = fc
    .tuple(aRelease, fc.constantFrom('', '', '', '-dev', '-rc1', '-cloud', '+dfsg'))
    .map((parts) => parts.join(''));
  const aPostgresql = fc
    .tuple(fc.constantFrom(9.6, 10, 11, 12, 13, 14, 15, 16, 17, 18), fc.nat(30))
    .map(([major, minor]) => `${major}.${minor}`);
  const aReply = fc.oneof(
    aRelease.map((version) => ({ status: 'outdated', version }) as const),
    fc.constant({ status: 'up-to-date' } as const),
    fc.constant({ status: 'unknown', reason: 'a reason' } as const),
  );
  fc.assert(
    fc.property(
      anInstalled,
      aPostgresql,
      fc.array(aRelease, { maxLength: 3 }),
      aReply,
      (installedVersion, postgresqlVersion, availableVersions, reply) => {
        const facts = aServer({
          installedVersion,
          availableVersion: availableVersions[0] ?? installedVersion,
          availableVersions,
          postgresqlVersion,
        });
        const verdict = judge(reply, facts, 'metrics', KNOWLEDGE);
        const named = [verdict.fix, verdict.reachable, ...asked(verdict.sentence)];
        for (const text of named.filter((one) => one !== undefined)) {
          expect(isNewer(parsed(installedVersion), parsed(text)), text).toBe(false);
          expect(works(parsed(text), postgresqlVersion, RELEASES), text).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the latest version of the data is its newest published release', () => {
  expect(latestOf(RELEASES)).toEqual({ status: 'outdated', version: '2.32.0' });
  expect(toVersion('2.32.1')).toBeDefined();
  expect(latestOf({ ...RELEASES, releases: [] })).toEqual({
    status: 'unknown',
    reason: 'the version data has no releases',
  });
});
