import { expect, test } from 'vitest';
import { reportChanges } from '../../../lib/fleet-page/data/report-changes.ts';

function changes(before: unknown, after: unknown) {
  return reportChanges(JSON.stringify(before), JSON.stringify(after));
}

test('names the place of each value that was changed, added or removed', () => {
  const before = {
    os: 'Linux',
    relations: { tables: { rows: 10 }, views: { rows: 1 } },
    list: [1, 2],
  };
  const after = {
    os: 'Linux',
    relations: { tables: { rows: 1_010 } },
    list: [1, 3],
    new: { a: null },
  };
  expect(changes(before, after)).toStrictEqual([
    { path: 'relations.tables.rows', before: '10', after: '1,010', difference: '+1,000' },
    { path: 'relations.views', before: '{"rows":1}' },
    { path: 'list.1', before: '2', after: '3', difference: '+1' },
    { path: 'new', after: '{"a":null}' },
  ]);
});

test('finds nothing in equal values that are written differently', () => {
  expect(reportChanges('{"a": 1, "b": 2}', '{"b":2,"a":1}')).toStrictEqual([]);
});

test('has no difference of values of two types', () => {
  expect(changes({ a: 1 }, { a: '1' })).toStrictEqual([{ path: 'a', before: '1', after: '1' }]);
  expect(changes({ a: 5 }, { a: 2 })?.[0]?.difference).toBe('−3');
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'treats the key %s as any other key',
  (key) => {
    const withKey = `{"a":{"${key}":{"name":"Date"}}}`;
    expect(reportChanges('{"a":{}}', withKey)).toStrictEqual([
      { path: `a.${key}`, after: '{"name":"Date"}' },
    ]);
    expect(reportChanges(withKey, '{"a":{}}')).toStrictEqual([
      { path: `a.${key}`, before: '{"name":"Date"}' },
    ]);
  },
);

test('compares reports that are no objects', () => {
  expect(reportChanges('1', '[2]')).toStrictEqual([{ path: '', before: '1', after: '[2]' }]);
});

test('shows invisible characters, and shortens long values', () => {
  const [change] = changes({ 'a\u202e': 'x' }, { 'a\u202e': 'y'.repeat(1_000) }) ?? [];
  expect(change?.path).toBe('a‹U+202E›');
  expect(change?.after).toHaveLength(200);
});

test.each([
  ['a text that is not JSON', 'no JSON'],
  ['JSON that is nested too deeply', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
])('cannot compare %s', (_, text) => {
  expect(reportChanges('{}', text)).toBeUndefined();
  expect(reportChanges(text, '{}')).toBeUndefined();
});
