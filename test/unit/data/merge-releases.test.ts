import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseVersionData, versionDataProblems } from '../../../data/check-version-data.ts';
import { mergeReleases, type TaggedRelease } from '../../../data/update/merge-releases.ts';
import { aRelease, SOURCE, someVersionData } from '../../support/timescaledb/version-data.ts';

const TODAY = '2026-12-01';
const ALL = ['2.0.0', '2.0.1', '2.1.0', '2.1.1'];

function tag(version: string, parts: Partial<TaggedRelease> = {}): TaggedRelease {
  return { version, date: '2026-01-01', postgresql: ['17', '18'], ...parts };
}

function tags(...versions: readonly string[]): readonly TaggedRelease[] {
  return versions.map((version) => tag(version));
}

function dataWith(...releases: readonly ReturnType<typeof aRelease>[]) {
  return someVersionData({ releases: [...someVersionData().releases, ...releases] });
}

test('the same releases change nothing but asOf', () => {
  const data = someVersionData();
  const update = mergeReleases(data, tags(...ALL), TODAY);
  expect(update).toEqual({
    data: { ...data, asOf: TODAY },
    added: [],
    changed: [],
    unchanged: 4,
    fromOtherSources: [],
    lost: [],
    missing: undefined,
  });
});

test('new releases are added in the order of versions, whatever the order of the tags', () => {
  const update = mergeReleases(someVersionData(), tags('2.10.0', '2.9.0', '2.0.2', ...ALL), TODAY);
  expect(update.added).toEqual([aRelease('2.0.2'), aRelease('2.9.0'), aRelease('2.10.0')]);
  expect(update.data.releases.map(({ version }) => version)).toEqual([
    '2.0.0',
    '2.0.1',
    '2.0.2',
    '2.1.0',
    '2.1.1',
    '2.9.0',
    '2.10.0',
  ]);
});

test.each([
  ['its date', { date: '2026-01-02' }],
  ['its majors', { postgresql: ['16', '17', '18'] }],
])('a tag replaces %s', (_what, parts) => {
  const [, ...others] = ALL;
  const update = mergeReleases(someVersionData(), [tag('2.0.0', parts), ...tags(...others)], TODAY);
  const after = aRelease('2.0.0', parts);
  expect(update.changed).toEqual([{ before: aRelease('2.0.0'), after }]);
  expect(update.data.releases[0]).toEqual(after);
  expect(update.unchanged).toBe(3);
});

test('a tag ends that a release is announced, and that it has a source of its own', () => {
  const before = aRelease('2.2.0', { announced: true, source: SOURCE, postgresql: ['18'] });
  const { date: _none, ...undated } = before;
  const update = mergeReleases(dataWith(undated), tags(...ALL, '2.2.0'), TODAY);
  expect(update.changed).toEqual([{ before: undated, after: aRelease('2.2.0') }]);
  expect(update.data.releases.at(-1)).toEqual(aRelease('2.2.0'));
});

test('entries without a tag stay, apart by whether they have another source', () => {
  const published = aRelease('2.0.2', { source: SOURCE });
  const data = someVersionData({
    releases: ['2.0.0', '2.0.1']
      .map((version) => aRelease(version))
      .concat(published, aRelease('2.1.0'), aRelease('2.1.1')),
  });
  const update = mergeReleases(data, tags('2.0.0', '2.1.0', '2.1.1'), TODAY);
  expect(update.data.releases).toEqual(data.releases);
  expect(update.fromOtherSources).toEqual([published]);
  expect(update.lost).toEqual([aRelease('2.0.1')]);
});

test('everything that is written by hand stays', () => {
  const data = someVersionData();
  const { incompatibilities, failedUpdates, advisories, notes } = data;
  const update = mergeReleases(data, tags(...ALL, '3.0.0'), TODAY);
  expect(update.data).toMatchObject({ incompatibilities, failedUpdates, advisories, notes });
});

describe('asOf', () => {
  test.each<[what: string, versions: readonly string[], today: string, asOf: string]>([
    ['is today', ALL, TODAY, TODAY],
    ['is today with a newer release', [...ALL, '2.2.0'], TODAY, TODAY],
    ['stays if the repository lacks the newest release', ALL.slice(0, 3), TODAY, '2026-06-01'],
    ['does not become earlier', ALL, '2026-05-01', '2026-06-01'],
  ])('%s', (_what, versions, today, asOf) => {
    expect(mergeReleases(someVersionData(), tags(...versions), today).data.asOf).toBe(asOf);
  });

  test('does not wait for an announced release', () => {
    const data = dataWith(aRelease('2.2.0', { announced: true, source: SOURCE }));
    const update = mergeReleases(data, tags(...ALL), TODAY);
    expect([update.data.asOf, update.missing]).toEqual([TODAY, undefined]);
  });

  test('names the newest published release that the repository lacks', () => {
    const newest = aRelease('2.10.0', { source: SOURCE });
    const update = mergeReleases(dataWith(newest), tags(...ALL), TODAY);
    expect([update.data.asOf, update.missing]).toEqual(['2026-06-01', newest]);
  });
});

const VERSION = fc.tuple(fc.nat(3), fc.nat(12), fc.nat(5)).map((numbers) => numbers.join('.'));

test('loses no release, keeps the data valid, and has nothing to do a second time', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(VERSION, { maxLength: 30 }),
      fc.boolean(),
      (versions, isAnnounced) => {
        const data = dataWith(
          aRelease('2.99.0', { source: SOURCE, ...(isAnnounced && { announced: true }) }),
        );
        const update = mergeReleases(data, tags(...versions), TODAY);
        const expected = new Set([...data.releases.map(({ version }) => version), ...versions]);
        expect(new Set(update.data.releases.map(({ version }) => version))).toEqual(expected);
        expect(versionDataProblems(update.data)).toEqual([]);
        expect(update.added.length + update.changed.length + update.unchanged).toBe(
          versions.length,
        );
        const again = mergeReleases(parseVersionData(update.data), tags(...versions), TODAY);
        expect([again.added, again.changed, again.data]).toEqual([[], [], update.data]);
      },
    ),
  );
});
