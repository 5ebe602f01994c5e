import { expect, test } from 'vitest';
import { compareVersions, toVersion, type Version } from '../../../lib/version.ts';
import {
  isBeyondData,
  majorOf,
  majorsFor,
  minorReleasesBehind,
  works,
} from '../../../lib/version-check/compatibility.ts';
import { advisoriesFor, fixedIn, reachable } from '../../../lib/version-check/fixes.ts';
import { RELEASES } from '../../support/timescaledb/release-data.ts';

function version(text: string): Version {
  const found = toVersion(text);
  if (found === undefined) throw new TypeError(text);
  return found;
}

const FIRST = 'GHSA-hcfx-29v5-2rcw';
const SECOND = 'GHSA-vgp2-jj5c-828m';
const SEARCH_PATH = 'GHSA-44jh-j22r-33wq';
const OLDEST = 'CVE-2022-24128';

test.each([
  ['2.30.0', []],
  ['2.29.1', []],
  ['2.29.1-rc1', [FIRST]],
  ['2.29.0', [FIRST]],
  ['2.25.2', [FIRST]],
  ['2.25.1', [FIRST, SECOND]],
  ['2.9.3', [FIRST, SECOND]],
  ['2.9.2', [FIRST, SECOND, SEARCH_PATH]],
  ['2.8.0', [FIRST, SECOND, SEARCH_PATH]],
  ['2.7.2', [FIRST, SECOND]],
  ['2.5.2', [FIRST, SECOND]],
  ['2.5.1', [FIRST, SECOND, OLDEST]],
  ['1.7.5', [FIRST, SECOND, OLDEST]],
  ['2.23.0-dev', [FIRST, SECOND]],
  ['2.27.0-p0', [FIRST]],
])('the advisories that affect %s are %j', (text, ids) => {
  expect(advisoriesFor(version(text), RELEASES).map(({ id }) => id)).toEqual(ids);
});

test('several advisories are fixed by the newest of their fixes', () => {
  expect(fixedIn(advisoriesFor(version('2.9.2'), RELEASES), RELEASES)?.text).toBe('2.29.1');
  expect(fixedIn([], RELEASES)).toBeUndefined();
});

test('an advisory with a fix in each branch affects no fixed patch', () => {
  const data = {
    ...RELEASES,
    advisories: [
      {
        id: 'GHSA-xxxx-xxxx-xxxx',
        affected: '>=2.20.0 <2.27.3 || >=2.28.0 <2.28.4 || >=2.29.0 <2.29.1',
        fixed: ['2.27.3', '2.28.4', '2.29.1'],
      },
    ],
  };
  const affected = ['2.19.3', '2.20.0', '2.27.2', '2.27.3', '2.28.3', '2.28.4', '2.29.0', '2.29.1'];
  expect(affected.filter((text) => advisoriesFor(version(text), data).length > 0)).toEqual([
    '2.20.0',
    '2.27.2',
    '2.28.3',
    '2.29.0',
  ]);
});

test.each(['2.30.1', '2.30', '2.9.0-rc2', '2.27.0-p0', '2.23.0-dev', '0.12.1', '999999.0.0'])(
  '%s is a version',
  (text) => {
    expect(toVersion(text)?.text).toBe(text);
  },
);

test.each([
  '',
  '2',
  'a.b.c',
  'v2.30.1',
  '2.30.1.4',
  '10.1.1.1',
  '2..1',
  '2.30.',
  '.30.1',
  '-',
  '2.30.1-',
  '2.30.1+build',
  '2.30.1 ',
  '1234567.0.0',
  'timescaledb-2.30.1',
])('%j is not a version', (text) => {
  expect(toVersion(text)).toBeUndefined();
});

test('sorts pre-releases before their release', () => {
  const texts = [
    '0.12.1',
    '1.7.5',
    '2.0.0-rc1',
    '2.0.0',
    '2.9.0',
    '2.23.0-dev',
    '2.23.0',
    '2.23.1',
    '10.0',
  ];
  const sorted = texts.toReversed().map(version).toSorted(compareVersions);
  expect(sorted.map(({ text }) => text)).toEqual(texts);
});

test.each([
  ['9.6.24', '9.6'],
  ['10.23', '10'],
  ['17.5', '17'],
  ['18beta1', '18beta1'],
])('PostgreSQL %s is of the major %s', (text, major) => {
  expect(majorOf(text)).toBe(major);
});

/** First and last minor release that each PostgreSQL major can run, and the newest patch of the last one. */
const SUPPORTED = [
  ['9.6', undefined, '1.7', '1.7.5'],
  ['10', undefined, '1.7', '1.7.5'],
  ['11', '1.1', '2.3', '2.3.1'],
  ['12', '1.7', '2.11', '2.11.2'],
  ['13', '2.1', '2.15', '2.15.3'],
  ['14', '2.5', '2.19', '2.19.3'],
  ['15', '2.9', '2.28', '2.28.5'],
  ['16', '2.13', undefined, undefined],
  ['17', '2.17', undefined, undefined],
  ['18', '2.23', undefined, undefined],
] as const;

function before(minor: string): string {
  const [major = '', release = ''] = minor.split('.');
  return release === '0' ? '1.7' : `${major}.${Number(release) - 1}`;
}

function after(minor: string): string {
  const [major = '', release = ''] = minor.split('.');
  return minor === '1.7' ? '2.0' : `${major}.${Number(release) + 1}`;
}

test.each(SUPPORTED)('PostgreSQL %s runs TimescaleDB from %s to %s', (major, first, last) => {
  const runs = (minor: string): boolean =>
    majorsFor(version(`${minor}.0`), RELEASES).includes(major);
  expect(runs(first ?? '0.12')).toBe(true);
  expect(runs(last ?? '2.32')).toBe(true);
  if (first !== undefined) expect(runs(before(first))).toBe(false);
  if (last !== undefined) expect(runs(after(last))).toBe(false);
});

test.each(SUPPORTED)(
  'PostgreSQL %s reaches the latest version, or the last patch that it runs (%s to %s: %s)',
  (major, _first, _last, newest) => {
    const postgresql = major === '13' ? '13.2' : `${major}.1`;
    const best = reachable(version('2.29.2'), version('0.12.0'), postgresql, RELEASES);
    expect(best?.text).toBe(newest ?? '2.29.2');
  },
);

function reached(goal: string, postgresql: string): string | undefined {
  return reachable(version(goal), version('2.9.0'), postgresql, RELEASES)?.text;
}

test('assumes that an unknown PostgreSQL, or a newer TimescaleDB, is supported', () => {
  expect(reached('2.40.0', '18.1')).toBe('2.40.0');
  expect(reached('2.40.0', '19.1')).toBe('2.40.0');
  expect(reached('2.40.0', '15.1')).toBe('2.28.5');
  expect(isBeyondData(version('2.33.0'), RELEASES)).toBe(true);
  expect(isBeyondData(version('2.32.9'), RELEASES)).toBe(false);
});

test('keeps a latest version that PostgreSQL still runs', () => {
  expect(reached('2.20.0', '15.1')).toBe('2.20.0');
  expect(reached('2.28.9', '15.1')).toBe('2.28.9');
});

test.each([
  ['2.28.3', '15.19', true],
  ['2.28.3', '15.20', false],
  ['2.28.3', '19.1', true],
  ['2.29.2', '15.1', false],
  ['2.19.3', '14.25', true],
  ['2.15.3', '13.1', false],
])('whether TimescaleDB %s works on PostgreSQL %s: %s', (timescaledb, postgresql, expected) => {
  expect(works(version(timescaledb), postgresql, RELEASES)).toBe(expected);
});

test.each([
  ['2.28.3', '2.29.2', 1],
  ['2.29.1', '2.29.2', 0],
  ['1.7.5', '2.0.0', 1],
  ['0.12.1', '1.0.0', 1],
  ['2.9.0', '2.30.0', 21],
  ['2.29.2', '2.28.0', 0],
  ['2.32.0', '2.33.0', 1],
  ['2.29.2', '3.1.0', undefined],
])('counts the minor releases from %s to %s: %s', (installed, newer, count) => {
  expect(minorReleasesBehind(version(installed), version(newer), RELEASES)).toBe(count);
});
