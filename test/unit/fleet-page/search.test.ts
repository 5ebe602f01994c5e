import { describe, expect, test } from 'vitest';
import { worstFirst } from '../../../lib/fleet/conditions.ts';
import { CONDITIONS } from '../../../lib/fleet/database-state.ts';
import { runQuery } from '../../../lib/fleet-page/browser/query.ts';
import { indexEntries } from '../../../lib/fleet-page/data/index-entry.ts';
import { blockSize, placeOf } from '../../../lib/fleet-page/data/page-data.ts';
import { sampleDatabase } from '../../support/fleet/sample-database.ts';
import { fleetOf } from '../../support/fleet/sample-fleet.ts';

const STATE = fleetOf([
  sampleDatabase('db-10', 'vulnerable', 1),
  sampleDatabase('db-9', 'current', 2),
  sampleDatabase('Archive', 'behind', 3),
  sampleDatabase('quiet', 'silent', 4),
  sampleDatabase('fresh', 'new', 5),
  sampleDatabase('private', 'withheld', 6),
]);
const DATABASES = worstFirst(STATE);
const INDEX = indexEntries(DATABASES);
const ALL = { search: '', show: '', order: 'worst' };

function names(query: Partial<typeof ALL>): readonly (string | undefined)[] {
  return runQuery(INDEX, { ...ALL, ...query }).map((position) => DATABASES[position]?.name);
}

describe('the search', () => {
  test.each([
    ['', ['db-10', 'quiet', 'Archive', 'private', 'fresh', 'db-9']],
    ['DB-', ['db-10', 'db-9']],
    ['  db 2.27 ', ['db-10']],
    ['ghsa-hcfx', ['db-10']],
    ['level-off', ['private']],
    ['postgresql 17.12 behind', ['db-10', 'Archive']],
    ['nothing', []],
  ])('for %j finds %j', (search, found) => {
    expect(names({ search })).toStrictEqual(found);
  });
});

describe('the filter', () => {
  test.each(CONDITIONS)('shows the databases that are %s', (condition) => {
    const expected = DATABASES.filter(({ conditions }) => conditions.includes(condition));
    const show = String(CONDITIONS.indexOf(condition));
    expect(names({ show })).toStrictEqual(expected.map(({ name }) => name));
  });

  test('shows the databases with any condition', () => {
    expect(names({ show: 'any' })).toHaveLength(5);
  });
});

describe('the order', () => {
  test('by name compares numbers as numbers', () => {
    expect(names({ order: 'name' })).toStrictEqual([
      'Archive',
      'db-9',
      'db-10',
      'fresh',
      'private',
      'quiet',
    ]);
  });

  test('by version begins with the oldest, and ends with the unknown ones', () => {
    const found = names({ order: 'installed' });
    expect(found.slice(0, 2)).toStrictEqual(['db-10', 'Archive']);
    expect(found.at(-1)).toBe('fresh');
  });

  test('by run begins with the databases without one', () => {
    expect(names({ order: 'run' }).slice(0, 2)).toStrictEqual(['fresh', 'quiet']);
  });

  test('by data volume begins with the largest, and ends with the unknown ones', () => {
    const volumes = runQuery(INDEX, { ...ALL, order: 'volume' }).map(
      (position) => INDEX[position]?.[5],
    );
    expect(volumes).toStrictEqual(volumes.toSorted((one = 0, other = 0) => other - one));
    expect(volumes.at(-1)).toBe(-1);
  });
});

test('every database has a place in the blocks', () => {
  const size = blockSize('details');
  expect(placeOf('details', 0)).toStrictEqual({ block: 'details-0', index: 0 });
  expect(placeOf('details', size)).toStrictEqual({ block: 'details-1', index: 0 });
  expect(placeOf('row', blockSize('row') + 7)).toStrictEqual({ block: 'row-1', index: 7 });
});
