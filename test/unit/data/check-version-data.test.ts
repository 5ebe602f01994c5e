import { describe, expect, test } from 'vitest';
import { parseVersionData, versionDataProblems } from '../../../data/check-version-data.ts';
import {
  anAdvisory,
  aRelease,
  SOURCE,
  someVersionData,
} from '../../support/timescaledb/version-data.ts';

const [INCOMPATIBILITY] = someVersionData().incompatibilities;
const FAILED_UPDATE = { to: '2.0.1', summary: 'fails', fixed: '2.1.0', source: SOURCE };

const NOTHING_KNOWN = { incompatibilities: [], failedUpdates: [], advisories: [], notes: [] };

function incompatibility(parts: object) {
  return { incompatibilities: [{ ...INCOMPATIBILITY, ...parts }] };
}

/** Fields of the data, and the problem that they make. */
type Row = readonly [problem: string, parts: object];

const CONTRADICTIONS: readonly Row[] = [
  [
    'releases: 2.0.0 is listed twice',
    { releases: [...releases('2.0.0', '2.0.0', '2.0.1', '2.1.0', '2.1.1')] },
  ],
  [
    'releases: 2.9.0 is listed after 2.10.0',
    { releases: [...someVersionData().releases, ...releases('2.10.0', '2.9.0')] },
  ],
  [
    'releases: 2.1.1 is of 2026-06-02, which is later than asOf (2026-06-01)',
    {
      releases: [...releases('2.0.0', '2.0.1', '2.1.0'), aRelease('2.1.1', { date: '2026-06-02' })],
    },
  ],
  [
    'releases: none is published',
    { ...NOTHING_KNOWN, releases: [aRelease('2.0.0', { announced: true })] },
  ],
  ['jobs: "<2.x.y" is not a range of versions', incompatibility({ timescaledb: '<2.x.y' })],
  ['jobs: "17 or 18" is not a range of versions', incompatibility({ postgresql: '17 or 18' })],
  [
    'jobs: fixed names 2.0.2, which is not in releases',
    incompatibility({ fixed: ['2.0.2', '2.1.1'] }),
  ],
  ['jobs: 2.1.0 is both affected and fixed', incompatibility({ fixed: ['2.1.0'] })],
  ['jobs is described twice', { incompatibilities: [INCOMPATIBILITY, INCOMPATIBILITY] }],
  [
    'GHSA-aaaa-bbbb-cccc is described twice',
    { advisories: [anAdvisory(), anAdvisory({ summary: 'another' })] },
  ],
  ...[
    [{ fixed: '2.0.1' }, { introduced: '2.1.0' }],
    [{ introduced: '2.0.0' }, { introduced: '2.0.1' }],
    [{ introduced: '2.1.0' }, { fixed: '2.0.1' }],
    [{ introduced: '2.1.0' }, { fixed: '2.1.0' }],
    [{ introduced: '0' as const }, { fixed: '2.0.1' }, { introduced: '2.1.0' }],
  ].map(
    (events): Row => [
      'GHSA-aaaa-bbbb-cccc: events must be introduced and fixed in turn, in ascending order',
      { advisories: [anAdvisory({}, events)] },
    ],
  ),
  [
    'GHSA-aaaa-bbbb-cccc: 2.0.2 is not in releases',
    { advisories: [anAdvisory({}, [{ introduced: '0' }, { fixed: '2.0.2' }])] },
  ],
  [
    'GHSA-aaaa-bbbb-cccc: 2.0.2 is not in releases',
    { advisories: [anAdvisory({}, [{ introduced: '2.0.2' }, { fixed: '2.1.0' }])] },
  ],
  [
    'failedUpdates: 1.9.0 is not in releases',
    { failedUpdates: [{ ...FAILED_UPDATE, to: '1.9.0' }] },
  ],
  [
    'failedUpdates: 2.2.0 is not in releases',
    { failedUpdates: [{ ...FAILED_UPDATE, fixed: '2.2.0' }] },
  ],
  [
    'failedUpdates: 2.0.0 is not newer than 2.0.1, and cannot fix it',
    { failedUpdates: [{ ...FAILED_UPDATE, fixed: '2.0.0' }] },
  ],
  [
    'notes: 2.2.0 is not in releases',
    { notes: [{ kind: 'security-fixes', release: '2.2.0', summary: 'fixes', source: SOURCE }] },
  ],
];

const INVALID: readonly Row[] = [
  ['asOf: must be a date such as 2026-11-17', { asOf: '2026-02-30' }],
  ['releases[0].version: must be a release such as 2.28.5', { releases: releases('2.28') }],
  ['releases[0].version: must be a release such as 2.28.5', { releases: releases('2.28.3-rc1') }],
  ['releases[0].version: must be a release such as 2.28.5', { releases: releases('02.28.3') }],
  [
    'releases[0].version: must be a release such as 2.28.5',
    { releases: releases('99999999999999999999.0.0') },
  ],
  [
    'releases[0].postgresql[0]: must be a major version such as 9.6 or 17',
    { releases: [aRelease('2.0.0', { postgresql: ['17.5'] })] },
  ],
  [
    'incompatibilities[0].timescaledb: must be a range of versions such as >=15.20 <16',
    incompatibility({ timescaledb: ' ' }),
  ],
  [
    'incompatibilities[0].source: must be the https:// address of a public page',
    incompatibility({ source: 'http://example.com/' }),
  ],
  [
    'incompatibilities[0].source: must be the https:// address of a public page',
    incompatibility({ source: 'the release notes' }),
  ],
  ['unknown key "releese" (did you mean "releases"?)', { releese: [] }],
];

function releases(...versions: readonly string[]) {
  return versions.map((version) => aRelease(version));
}

test('accepts valid data', () => {
  expect(versionDataProblems(someVersionData())).toEqual([]);
  expect(parseVersionData(someVersionData())).toEqual(someVersionData());
});

describe('finds the contradiction', () => {
  test.each(CONTRADICTIONS)('%s', (problem, parts) => {
    expect(versionDataProblems({ ...someVersionData(), ...parts })).toEqual([problem]);
  });
});

describe('finds the invalid value', () => {
  test.each(INVALID)('%s (row %$)', (problem, parts) => {
    expect(versionDataProblems({ ...someVersionData(), ...parts })).toEqual([problem]);
  });
});

test.each([null, undefined, 'text', 7, [], {}].map((value) => [value]))(
  'rejects %j instead of data',
  (value) => {
    expect(versionDataProblems(value).length).toBeGreaterThan(0);
  },
);

test('lists all contradictions at once, in one error', () => {
  const data = {
    ...someVersionData(),
    ...incompatibility({ postgresql: 'all', fixed: [] }),
    failedUpdates: [{ ...FAILED_UPDATE, to: '1.9.0' }],
    advisories: [anAdvisory({}, [{ introduced: '0' }, { fixed: '2.0.2' }])],
    releases: releases('2.0.0', '2.0.0', '2.0.1', '2.1.0', '2.1.1'),
  };
  const problems = [
    'releases: 2.0.0 is listed twice',
    'jobs: "all" is not a range of versions',
    'GHSA-aaaa-bbbb-cccc: 2.0.2 is not in releases',
    'failedUpdates: 1.9.0 is not in releases',
  ];
  expect(versionDataProblems(data)).toEqual(problems);
  expect(() => parseVersionData(data)).toThrow(
    new Error(`The version data is invalid: ${problems.join('; ')}.`),
  );
});

test('lists all invalid values at once', () => {
  const data = { ...someVersionData(), asOf: 'today', releases: releases('2', '3'), notes: [{}] };
  expect(versionDataProblems(data)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^asOf: /),
      expect.stringMatching(/^releases\[0\]\.version: /),
      expect.stringMatching(/^releases\[1\]\.version: /),
      expect.stringMatching(/^notes\[0\]\.source: /),
    ]),
  );
});
