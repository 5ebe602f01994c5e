import { expect, test } from 'vitest';
import { compareVersions, toVersion, type Version } from '../../../lib/version.ts';
import {
  ADVISORIES,
  advisoriesFor,
  fixedIn,
  isBeyondTable,
  majorOf,
  majorsFor,
  minorReleasesBehind,
  reachable,
} from '../../../lib/version-check/support-table.ts';

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
  expect(advisoriesFor(version(text)).map(({ id }) => id)).toEqual(ids);
});

test('several advisories are fixed by the newest of their fixes', () => {
  expect(fixedIn(advisoriesFor(version('2.9.2')))?.text).toBe('2.29.1');
  expect(fixedIn([])).toBeUndefined();
});

test.each(ADVISORIES)(
  'the sentence of $id names the advisory and its fix',
  ({ id, fixed, sentence }) => {
    expect(sentence).toMatch(new RegExp(`^${id} .*is fixed in ${fixed.replaceAll('.', '\\.')}$`));
  },
);

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

test('versions are sorted with pre-releases before their release', () => {
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

/** First and last minor release that each PostgreSQL major can run. */
const SUPPORTED = [
  ['9.6', undefined, '1.7'],
  ['10', undefined, '1.7'],
  ['11', '1.1', '2.3'],
  ['12', '1.7', '2.11'],
  ['13', '2.1', '2.15'],
  ['14', '2.5', '2.19'],
  ['15', '2.9', '2.28'],
  ['16', '2.13', undefined],
  ['17', '2.17', undefined],
  ['18', '2.23', undefined],
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
  const runs = (minor: string): boolean => majorsFor(version(`${minor}.0`)).includes(major);
  expect(runs(first ?? '0.12')).toBe(true);
  expect(runs(last ?? '2.29')).toBe(true);
  if (first !== undefined) expect(runs(before(first))).toBe(false);
  if (last !== undefined) expect(runs(after(last))).toBe(false);
});

test.each(SUPPORTED)(
  'PostgreSQL %s reaches the latest version, or the last one that it runs (%s to %s)',
  (major, _first, last) => {
    const best = reachable(version('2.29.2'), major).text;
    if (last === undefined) expect(best).toBe('2.29.2');
    else expect(best.startsWith(`${last}.`)).toBe(true);
  },
);

test('an unknown PostgreSQL, or a newer TimescaleDB, is assumed to be supported', () => {
  expect(reachable(version('2.40.0'), '18').text).toBe('2.40.0');
  expect(reachable(version('2.40.0'), '19').text).toBe('2.40.0');
  expect(reachable(version('2.40.0'), '15').text).toBe('2.28.3');
  expect(isBeyondTable(version('2.30.0'))).toBe(true);
  expect(isBeyondTable(version('2.29.9'))).toBe(false);
});

test('a latest version that PostgreSQL still runs is not replaced by its last one', () => {
  expect(reachable(version('2.20.0'), '15').text).toBe('2.20.0');
  expect(reachable(version('2.28.9'), '15').text).toBe('2.28.9');
});

test.each([
  ['2.28.3', '2.29.2', 1],
  ['2.29.1', '2.29.2', 0],
  ['1.7.5', '2.0.0', 1],
  ['0.12.1', '1.0.0', 1],
  ['2.9.0', '2.30.0', 21],
  ['2.29.2', '2.28.0', 0],
  ['2.29.2', '3.1.0', undefined],
])('counts the minor releases from %s to %s: %s', (installed, newer, count) => {
  expect(minorReleasesBehind(version(installed), version(newer))).toBe(count);
});
