import { describe, expect, test } from 'vitest';
import { parseChangelog, removalsUpTo } from '../../../data/update/changelog.ts';

/** One entry with a text. */
function removedBy(text: string, version = '2.29.0'): readonly string[] {
  return parseChangelog(`# Changelog\n\n## ${version} (2026-07-28)\n\n${text}\n`)[0]?.removed ?? [];
}

describe('an entry has the date of its heading', () => {
  test.each([
    ['## 2.28.3 (2026-07-16)', { version: '2.28.3', date: '2026-07-16' }],
    ['# 2.3.0 (2021-05-25)', { version: '2.3.0', date: '2021-05-25' }],
    ['## [2.28.3] (2026-07-16)', { version: '2.28.3', date: '2026-07-16' }],
    ['## 2.28.3 (2026-07-16) \r', { version: '2.28.3', date: '2026-07-16' }],
    ['## 1.0.0-rc3 (2018-10-18)', { version: '1.0.0-rc3', date: '2018-10-18' }],
    ['## 2.30.0 (unreleased)', { version: '2.30.0' }],
    ['## 2.30.0', { version: '2.30.0' }],
    ['## 2.30.0 (2026-02-30)', { version: '2.30.0' }],
    ['## 2.30.0 (2026-13-01)', { version: '2.30.0' }],
  ])('%s', (heading, entry) => {
    expect(parseChangelog(`# Changelog\n\n${heading}\n\ntext\n`)).toEqual([
      { ...entry, removed: [] },
    ]);
  });
});

test.each([
  '## 02.28.3 (2026-07-16)',
  '## 2.28.3-rc_1 (2026-07-16)',
  '## Features',
  'Since 2.28.3 (2026-07-16)',
  '* 2.28.3 (2026-07-16)',
  '',
])('%j is no heading of a release', (text) => {
  expect(parseChangelog(text)).toEqual([]);
});

describe('an entry removes support for', () => {
  test.each([
    [
      '* [#10041](https://github.com/timescale/timescaledb/pull/10041) Remove support for PostgreSQL 15',
      ['15'],
    ],
    [
      '* [#7854](https://github.com/timescale/timescaledb/pull/7854) Remove support for PG14',
      ['14'],
    ],
    ['* #6918: Remove support for PG13.', ['13']],
    ['* #1955 Remove support for PG9.6 and PG10', ['9.6', '10']],
    ['- Removed support for PostgreSQL 14, 15 and 16\r', ['14', '15', '16']],
    ['* Drop support for PG 15', ['15']],
    ['TimescaleDB 2.29.0 removes support for PostgreSQL 15. It supports PostgreSQL 16.', ['15']],
    ['TimescaleDB 2.29.0 removes support for PG15.\n* Remove support for PG15', ['15']],
  ])('%j: %j', (text, majors) => {
    expect(removedBy(text)).toEqual(majors);
  });
});

describe('an entry removes nothing by', () => {
  test.each([
    'Starting with our next release, version 2.29.0, we will officially drop support for Postgres 15, and only support Postgres 16.',
    'TimescaleDB 2.30.0 removes support for PostgreSQL 15.',
    'This release marks the final minor version of TimescaleDB that will support PostgreSQL 15.',
    '**Deprecation Notice: PostgreSQL 15 Support**',
    'We will remove support for PostgreSQL 15',
    '* Remove support for PG15 on Windows',
    '* #8859 Remove support for partial continuous aggregate format',
    '* #4711 Remove support for procedures as custom checks',
    '* Add support for PostgreSQL 18',
  ])('%j', (text) => {
    expect(removedBy(text)).toEqual([]);
  });
});

test('text belongs to the heading above it', () => {
  const text = `
## 2.29.0 (2026-07-28)
* Remove support for PG15

## 2.28.0 (2026-06-16)

## 2.20.0 (2025-05-15)
* Remove support for PG14
`;
  expect(parseChangelog(text).map(({ version, removed }) => [version, removed])).toEqual([
    ['2.29.0', ['15']],
    ['2.28.0', []],
    ['2.20.0', ['14']],
  ]);
});

describe('removals that apply to a release', () => {
  const entries = parseChangelog(
    [
      '2.29.0 (2026-07-28)\n* Remove support for PG15',
      '2.0.0-beta5 (2020-06-08)\n* Remove support for PG10',
    ]
      .map((entry) => `## ${entry}\n`)
      .join('\n'),
  );

  test.each([
    ['1.7.5', []],
    ['2.0.0', ['10']],
    ['2.28.5', ['10']],
    ['2.29.0', ['15', '10']],
    ['2.29.2', ['15', '10']],
    ['2.30.0', ['15', '10']],
  ])('%s: %j, in the order of versions and not of dates', (version, majors) => {
    expect(removalsUpTo(version, entries).map(({ major }) => major)).toEqual(majors);
  });

  test('name the release that removed the support', () => {
    expect(removalsUpTo('2.30.0', entries)[0]).toEqual({ major: '15', release: '2.29.0' });
  });
});
