import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../lib/fleet/fleet-state.ts';
import { fold } from '../../../lib/fleet/fold.ts';
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
