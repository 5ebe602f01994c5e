import { describe, expect, test } from 'vitest';
import { fold } from '../../../lib/fleet/fold.ts';
import { ORDERS_ONLY, orders } from './orders.ts';
import { aRun, aWithheldRun, CONTEXT, endOf, UP_TO_DATE } from './runs.ts';

describe('a database that the environment has', () => {
  test('is awaited until two ticks are over, and is silent then', () => {
    const first = fold(undefined, [], { ...CONTEXT, ...ORDERS_ONLY });
    expect(orders(first)).toMatchObject({
      lastRun: null,
      awaitedSince: CONTEXT.now,
      conditions: ['unknown'],
      action: 'Wait for the first version check.',
    });
    const later = fold(first, [], endOf('2026-11-30', ORDERS_ONLY));
    expect(orders(later)).toMatchObject({
      awaitedSince: CONTEXT.now,
      conditions: ['silent', 'unknown'],
      since: { silent: '2026-11-29' },
      action: 'Check the schedule, and RECORD_NOT_WRITTEN in the log: no run was ever recorded.',
    });
  });

  test.each([
    [24, '2026-11-28T04:35:05.000Z', '2026-11-28T04:35:06.000Z'],
    [1, '2026-11-26T06:35:05.000Z', '2026-11-26T06:35:06.000Z'],
  ])(
    'with ticks every %i hours is silent after two of them and half an hour',
    (tickHours, before, after) => {
      const databases = [{ name: 'orders', tickHours }];
      const conditionsAt = (now: string) =>
        orders(fold(undefined, [aRun('2026-11-26')], { ...CONTEXT, databases, now })).conditions;
      expect([conditionsAt(before), conditionsAt(after)]).toEqual([[], ['silent']]);
    },
  );

  test('is counted with its denominator', () => {
    const runs = [
      aRun('2026-11-28', { version: { ...UP_TO_DATE, verdicts: ['upgrade-package'] } }),
      aWithheldRun('2026-11-28', { database: 'metrics' }),
    ];
    const databases = [...(CONTEXT.databases ?? []), { name: 'new', tickHours: 24 }];
    expect(fold(undefined, runs, { ...CONTEXT, databases }).counts).toEqual({
      databases: 3,
      silent: { count: 0, of: 3 },
      broken: { count: 0, of: 1 },
      vulnerable: { count: 0, of: 1 },
      behind: { count: 1, of: 1 },
      withheld: { count: 1, of: 2 },
    });
  });
});

describe('a database that was removed from the environment', () => {
  const broken = { database: 'old', version: { ...UP_TO_DATE, verdicts: ['jobs-broken'] } };

  test('keeps its row, and is no longer judged and counted', () => {
    const before = fold(undefined, [aRun('2026-11-20', broken)], {
      ...endOf('2026-11-20'),
      databases: [{ name: 'old', tickHours: 24 }],
    });
    expect(before.databases['old']?.conditions).toEqual(['broken']);
    const after = fold(before, [aRun('2026-11-28')], { ...CONTEXT, ...ORDERS_ONLY });
    expect(after.databases['old']).toMatchObject({
      configured: false,
      conditions: [],
      severity: 'ok',
    });
    expect(after.counts).toMatchObject({ databases: 1, broken: { count: 0, of: 1 } });
    expect(after.daily.map(({ databases }) => databases)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('is named by the database with the same identifier that followed', () => {
    const runs = [
      aRun('2026-11-20', { database: 'old', uuid: 'u-1' }),
      aRun('2026-11-28', { uuid: 'u-1' }),
    ];
    expect(orders(fold(undefined, runs, CONTEXT)).formerName).toBe('old');
    // A restored snapshot has the same identifier, too.
    const databases = [...(CONTEXT.databases ?? []), { name: 'old', tickHours: 24 }];
    expect(orders(fold(undefined, runs, { ...CONTEXT, databases })).formerName).toBeUndefined();
  });

  test('is left out when its history is over', () => {
    const before = fold(undefined, [aRun('2026-11-20', broken)], endOf('2026-11-20'));
    expect(Object.keys(fold(before, [], endOf('2027-12-24')).databases)).toContain('old');
    expect(Object.keys(fold(before, [], endOf('2027-12-25')).databases)).not.toContain('old');
  });
});

describe('without the environment', () => {
  test('every database with a run counts as configured', () => {
    const { databases: _databases, ...context } = CONTEXT;
    const state = fold(undefined, [aRun('2026-11-28', { database: 'anything' })], context);
    expect(state.databases).toMatchObject({ anything: { configured: true, tickHours: 24 } });
  });
});
