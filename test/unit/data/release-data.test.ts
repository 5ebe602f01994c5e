import fc from 'fast-check';
import { satisfies } from 'semver';
import { describe, expect, test } from 'vitest';
import { RELEASE_DATA, toReleaseData } from '../../../data/release-data.ts';
import file from '../../../data/timescaledb.json' with { type: 'json' };
import { releaseDataSchema } from '../../../lib/version-check/release-data.ts';
import { anAdvisory, aRelease, someVersionData } from '../../support/timescaledb/version-data.ts';

describe('the ranges of an advisory', () => {
  test.each([
    [[[{ introduced: '0' }, { fixed: '2.0.1' }]], '>=0.0.0 <2.0.1', ['2.0.1']],
    [[[{ introduced: '2.0.0' }, { fixed: '2.0.1' }]], '>=2.0.0 <2.0.1', ['2.0.1']],
    [
      [[{ introduced: '0' }, { fixed: '2.0.1' }, { introduced: '2.1.0' }, { fixed: '2.1.1' }]],
      '>=0.0.0 <2.0.1 || >=2.1.0 <2.1.1',
      ['2.0.1', '2.1.1'],
    ],
    [
      [
        [{ introduced: '0' }, { fixed: '2.0.1' }],
        [{ introduced: '2.1.0' }, { fixed: '2.1.1' }],
      ],
      '>=0.0.0 <2.0.1 || >=2.1.0 <2.1.1',
      ['2.0.1', '2.1.1'],
    ],
  ] as const)('become a range of semver and the fixed releases: %j', (ranges, affected, fixed) => {
    const advisory = anAdvisory({}, ...ranges.map((events) => [...events]));
    const data = toReleaseData(someVersionData({ advisories: [advisory] }));
    expect(data.advisories).toEqual([{ id: advisory.id, affected, fixed }]);
  });

  test('exclude the fixed release and include the introducing one', () => {
    const events = [
      { introduced: '2.0.0' },
      { fixed: '2.0.1' },
      { introduced: '2.1.0' },
      { fixed: '2.1.1' },
    ];
    const data = toReleaseData(someVersionData({ advisories: [anAdvisory({}, events)] }));
    const affected = ['1.9.9', '2.0.0', '2.0.1', '2.0.9', '2.1.0', '2.1.1'].filter((version) =>
      satisfies(version, data.advisories[0]?.affected ?? ''),
    );
    expect(affected).toEqual(['2.0.0', '2.1.0']);
  });
});

test.each([
  [{}, undefined],
  [{ aliases: ['CVE-1'] }, 'CVE-1'],
  [{ summary: 'text' }, 'text'],
  [{ aliases: ['CVE-1', 'CVE-2'], summary: 'text' }, 'CVE-1: CVE-2: text'],
])('an advisory with %j has the summary %j', (parts, summary) => {
  const { advisories } = toReleaseData(someVersionData({ advisories: [anAdvisory(parts)] }));
  expect(advisories[0]?.summary).toBe(summary);
});

test('announced releases are not among the releases', () => {
  const releases = [aRelease('2.0.0'), aRelease('2.0.1', { announced: true }), aRelease('2.1.0')];
  const data = toReleaseData(someVersionData({ releases }));
  expect(data.releases).toEqual([{ versions: ['2.0.0', '2.1.0'], postgresql: ['17', '18'] }]);
  expect(data.announced).toEqual(['2.0.1']);
});

test('has no sources, dates and identifiers, only what the version check reads', () => {
  const data = toReleaseData(someVersionData());
  expect(data).toEqual({
    asOf: '2026-06-01',
    releases: [{ versions: ['2.0.0', '2.0.1', '2.1.0', '2.1.1'], postgresql: ['17', '18'] }],
    announced: [],
    incompatibilities: [
      {
        timescaledb: '<2.0.1 || >=2.1.0 <2.1.1',
        postgresql: '>=17.12 <18 || >=18.7 <19',
        effect: 'jobs-broken',
        summary: 'jobs fail',
        fixed: ['2.0.1', '2.1.1'],
      },
    ],
    failedUpdates: [{ to: '2.0.0', summary: 'the update fails', fixed: '2.0.1' }],
    advisories: [{ id: 'GHSA-aaaa-bbbb-cccc', affected: '>=0.0.0 <2.0.1', fixed: ['2.0.1'] }],
    securityFixes: [{ release: '2.1.0', summary: 'fixes' }],
  });
});

const RELEASES = fc
  .uniqueArray(
    fc.record({
      numbers: fc.tuple(fc.nat(3), fc.nat(40), fc.nat(9)),
      postgresql: fc.subarray(['9.6', '10', '15', '16', '17', '18'], { minLength: 1 }),
      announced: fc.boolean(),
    }),
    { selector: ({ numbers }) => numbers.join('.') },
  )
  .map((releases) =>
    releases
      .toSorted(({ numbers: [a, b, c] }, { numbers: [d, e, f] }) => a - d || b - e || c - f)
      .map(({ numbers, postgresql, announced }) =>
        aRelease(numbers.join('.'), { postgresql, ...(announced && { announced }) }),
      ),
  );

test('grouping keeps every release with its majors, in its order', () => {
  fc.assert(
    fc.property(RELEASES, (releases) => {
      const data = toReleaseData(someVersionData({ releases }));
      const published = data.releases.flatMap(({ versions, postgresql }) =>
        versions.map((version) => ({ version, postgresql })),
      );
      const expected = releases.filter(({ announced }) => announced === undefined);
      expect(published).toEqual(
        expected.map(({ version, postgresql }) => ({ version, postgresql })),
      );
      expect(data.announced.length + published.length).toBe(releases.length);
      // Neighbours differ: otherwise they would be one group.
      const keys = data.releases.map(({ postgresql }) => postgresql.join());
      expect(keys.filter((key, index) => key === keys[index + 1])).toEqual([]);
    }),
  );
});

test("the project's release data has the form that an operator's file is checked for, and all its entries", () => {
  expect(releaseDataSchema.parse(RELEASE_DATA)).toEqual(RELEASE_DATA);
  expect(RELEASE_DATA.asOf).toBe(file.asOf);
  expect(RELEASE_DATA.incompatibilities).toHaveLength(file.incompatibilities.length);
  expect(RELEASE_DATA.advisories).toHaveLength(file.advisories.length);
  expect(RELEASE_DATA.securityFixes).toHaveLength(file.notes.length);
  const released = RELEASE_DATA.releases.flatMap(({ versions }) => versions);
  expect(released.length + RELEASE_DATA.announced.length).toBe(file.releases.length);
});
