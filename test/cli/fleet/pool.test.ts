import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mapWithLimit } from '../../../cli/fleet/pool.ts';

test.each([1, 3, 8, 20])(
  'works on at most %i items at a time, and on all of them',
  async (limit) => {
    const items = Array.from({ length: 10 }, (_, index) => index);
    let running = 0;
    let most = 0;
    const results = await mapWithLimit(items, limit, async (item) => {
      running += 1;
      most = Math.max(most, running);
      // The first items take the longest.
      for (let left = 20 - item; left > 0; left -= 1) await turn();
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(Math.min(limit, items.length));
  },
);

test('returns nothing for no items', async () => {
  expect(await mapWithLimit([], 8, () => Promise.reject(new Error('called')))).toEqual([]);
});
