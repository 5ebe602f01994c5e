import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { satisfies } from 'semver';
import { describe, expect, test } from 'vitest';
import { parseVersionData } from '../../../data/check-version-data.ts';

const DATA = join(import.meta.dirname, '..', '..', '..', 'data');
const FILE: unknown = JSON.parse(readFileSync(join(DATA, 'timescaledb.json'), 'utf8'));
const data = parseVersionData(FILE);
const validate = new Ajv2020({ strict: true, formats: { date: true, uri: true } }).compile(
  JSON.parse(readFileSync(join(DATA, 'timescaledb.schema.json'), 'utf8')),
);

describe('the JSON Schema', () => {
  test('accepts the file', () => {
    expect(validate(FILE), JSON.stringify(validate.errors)).toBe(true);
  });

  const [release] = data.releases;
  const [incompatibility] = data.incompatibilities;
  test.each<[what: string, parts: object]>([
    ['an unknown key', { releese: [] }],
    ['no releases', { releases: [] }],
    ['a missing list', { advisories: undefined }],
    ['a day that does not exist', { asOf: '2026-02-30' }],
    ['a release with two numbers', { releases: [{ ...release, version: '2.28' }] }],
    ['a release without PostgreSQL', { releases: [{ ...release, postgresql: [] }] }],
    ['a PostgreSQL minor release', { releases: [{ ...release, postgresql: ['17.5'] }] }],
    ['a number instead of a version', { releases: [{ ...release, postgresql: [17] }] }],
    ['an unknown effect', { incompatibilities: [{ ...incompatibility, effect: 'bad' }] }],
    [
      'an entry without a source',
      { incompatibilities: [{ ...incompatibility, source: undefined }] },
    ],
  ])('rejects %s', (_what, parts) => {
    const changed: unknown = JSON.parse(JSON.stringify({ ...data, ...parts }));
    expect(validate(changed)).toBe(false);
    expect(() => parseVersionData(changed)).toThrow('The version data is invalid');
  });
});

test('every release without a tag, and every other entry, has an https source', () => {
  const sources = [
    ...data.releases.flatMap(({ source }) => source ?? []),
    ...data.incompatibilities.map(({ source }) => source),
    ...data.failedUpdates.map(({ source }) => source),
    ...data.advisories.flatMap(({ references }) => references.map(({ url }) => url)),
    ...data.notes.map(({ source }) => source),
  ];
  expect(sources.length).toBeGreaterThan(10);
  expect(sources.filter((source) => !/^https:\/\/[\w.]+\.\w+\/.+/.test(source))).toEqual([]);
  const unsourced = data.releases.filter(
    ({ source, date, announced }) =>
      source === undefined && (date === undefined || announced !== undefined),
  );
  expect(unsourced).toEqual([]);
});

/** Releases and advisories that GitHub publishes under their own names. */
test('a source that names a release or an advisory names the one of its entry', () => {
  const advisories = data.advisories.flatMap(({ id, references }) =>
    references.map(
      ({ url }) => [id, /\/advisories\/([\w-]+)$|[?&]id=([\w-]+)$/.exec(url)] as const,
    ),
  );
  for (const [id, match] of advisories) expect(match?.[1] ?? match?.[2]).toBe(id);
  const tagged = data.releases.flatMap(({ version, source = '', announced }) => {
    const named = /\/releases\/tag\/([\d.]+)$/.exec(source)?.[1];
    return named === undefined || announced === true ? [] : [[version, named]];
  });
  for (const [version, named] of tagged) expect(named).toBe(version);
});

test('a fixed release of an incompatibility is the first unaffected one of its branch', () => {
  for (const { id, timescaledb, fixed } of data.incompatibilities) {
    for (const version of fixed) {
      const branch = version.replace(/\.\d+$/, '.');
      const affected = data.releases
        .map((release) => release.version)
        .filter((one) => one.startsWith(branch))
        .filter((one) => satisfies(one, timescaledb));
      const last = affected.at(-1);
      const first = data.releases.find(
        (release) =>
          release.version.startsWith(branch) &&
          !satisfies(release.version, timescaledb) &&
          (last === undefined ||
            Number(release.version.split('.')[2]) > Number(last.split('.')[2])),
      );
      expect([id, first?.version]).toEqual([id, version]);
    }
  }
});

/** `CMakeLists.txt` and `CHANGELOG.md` of each release say so; PostgreSQL 15 ends in the changelog of 2.29.0 alone. */
test.each([
  ['9.6', '<2.0.0'],
  ['10', '<2.0.0'],
  ['11', '>=1.1.0 <2.4.0'],
  ['12', '>=1.7.0 <2.12.0'],
  ['13', '>=2.1.0 <2.16.0'],
  ['14', '>=2.5.0 <2.20.0'],
  ['15', '>=2.9.0 <2.29.0'],
  ['16', '>=2.13.0'],
  ['17', '>=2.17.0'],
  ['18', '>=2.23.0'],
])('the releases that support PostgreSQL %s are %s', (major, range) => {
  const supporting = data.releases.filter(({ postgresql }) => postgresql.includes(major));
  const expected = data.releases.filter(({ version }) => satisfies(version, range));
  expect(supporting.map(({ version }) => version)).toEqual(expected.map(({ version }) => version));
});
