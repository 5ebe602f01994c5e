import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../lib/fleet/fleet-state.ts';
import { fold, startFold } from '../../../lib/fleet/fold.ts';
import { orders } from './orders.ts';
import { aRun, CONTEXT, endOf } from './runs.ts';

describe('an object that cannot be used', () => {
  const damaged: Problem = {
    object: 'runs/damaged.json.gz',
    date: '2026-11-28',
    problem: 'The object is not JSON.',
  };

  test('is listed once, and the others are folded', () => {
    const objects = [damaged, aRun('2026-11-28'), damaged];
    const state = fold(undefined, objects, CONTEXT);
    expect(state.problems).toEqual([damaged]);
    expect(orders(fold(state, objects, CONTEXT)).lastRun).not.toBeNull();
    expect(fold(state, objects, CONTEXT).problems).toEqual([damaged]);
  });

  test('is forgotten after 14 days', () => {
    const state = fold(undefined, [damaged], CONTEXT);
    expect(fold(state, [], endOf('2026-12-11')).problems).toEqual([damaged]);
    expect(fold(state, [], endOf('2026-12-12')).problems).toEqual([]);
  });

  test('is one of at most 100', () => {
    const objects = Array.from({ length: 500 }, (_, index) => ({ ...damaged, object: `${index}` }));
    expect(fold(undefined, objects, CONTEXT).problems).toHaveLength(100);
  });

  test('is one of the newest 100, in any order of many thousands', () => {
    const dates = ['2026-11-26', '2026-11-28', '2026-11-27'];
    const objects = Array.from({ length: 6_000 }, (_, index) => ({
      ...damaged,
      date: dates[index % 3] ?? '',
      object: String(index % 5_000).padStart(4, '0'),
    }));
    const { problems } = fold(undefined, objects, CONTEXT);
    expect(new Set(problems.map(({ date }) => date))).toEqual(new Set(['2026-11-28']));
    expect(fold(undefined, objects.toReversed(), CONTEXT).problems).toEqual(problems);
  });

  test('is named by its place in the record, and told from a run whose time has not come', () => {
    const place = { object: 'runs/a.json.gz', date: '2026-11-28' };
    const folding = startFold(undefined, CONTEXT);
    expect([
      folding.add(aRun('2026-11-28'), place),
      folding.add(aRun('2026-11-28', { recordedAt: '2026-11-29T13:00:01Z' }), place),
      folding.add(aRun('2026-11-28', { environment: 'test' }), place),
      folding.add(damaged),
    ]).toEqual(['used', 'early', 'unusable', 'unusable']);
    expect(new Set(folding.finish().problems.map(({ object }) => object))).toEqual(
      new Set(['runs/a.json.gz', damaged.object]),
    );
  });

  test.each([
    [
      'belongs to another environment',
      aRun('2026-11-28', { environment: 'test' }),
      'test/orders 2026-11-28T04:05:00Z',
      'The run belongs to another environment.',
    ],
    [
      'was recorded by a clock that is ahead',
      aRun('2026-11-28', { recordedAt: '2026-11-28T13:00:01Z' }),
      'prod/orders 2026-11-28T04:05:00Z',
      'The run is in the future: the clock that recorded it was wrong.',
    ],
    [
      'has a tick in the future',
      aRun('2027-01-01', { recordedAt: '2026-11-28T04:05:00Z' }),
      'prod/orders 2027-01-01T04:05:00Z',
      'The run is in the future: the clock that recorded it was wrong.',
    ],
    [
      'was recorded long after its tick',
      aRun('2026-11-20', { recordedAt: '2026-11-28T04:05:00Z' }),
      'prod/orders 2026-11-20T04:05:00Z',
      'The run was recorded 8 days after its tick, or later.',
    ],
    [
      'has no database',
      aRun('2026-11-28', { database: '' }),
      'prod/ 2026-11-28T04:05:00Z',
      'The name of the database is empty or longer than 100 characters.',
    ],
  ])('%s', (_, run, object, problem) => {
    const state = fold(undefined, [run, aRun('2026-11-28', { database: 'metrics' })], CONTEXT);
    expect(state.problems).toMatchObject([{ object, problem }]);
    expect(state.databases).toMatchObject({
      orders: { lastRun: null },
      metrics: { lastRun: { outcome: 'sent' } },
    });
  });

  test('is a state of another environment', () => {
    const other = fold(undefined, [aRun('2026-11-27', { environment: 'test' })], {
      ...CONTEXT,
      environment: 'test',
    });
    const state = fold(other, [aRun('2026-11-28')], CONTEXT);
    expect(orders(state).recent).toHaveLength(1);
    expect(state.problems).toMatchObject([{ object: 'test' }]);
  });
});
