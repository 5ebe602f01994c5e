import { describe, expect, test } from 'vitest';
import type { FleetState, Problem } from '../../../lib/fleet/fleet-state.ts';
import { fold, startFold } from '../../../lib/fleet/fold.ts';
import { dayOf, formatDay, pointsOf } from '../../../lib/fleet/history.ts';
import { parseFleetState } from '../../../lib/fleet/parse-state.ts';
import {
  aFailedRun,
  aRun,
  aWithheldRun,
  CONTEXT,
  endOf,
  GRANTED,
  UP_TO_DATE,
  WITHHELD,
} from './runs.ts';

const ORDERS_ONLY = { databases: [{ name: 'orders', tickHours: 24 }] };

function orders({ databases }: FleetState) {
  const found = databases['orders'];
  if (found === undefined) throw new TypeError('The state has no orders.');
  return found;
}

describe('the row of a database', () => {
  test('has the facts of its last run', () => {
    const content = { data_volume: 1_000, postgresql_version: '17.5', relations: {} };
    const run = aRun('2026-11-28', {
      content,
      nextDue: '2026-11-29T00:00:00Z',
      uuid: 'u-1',
      receipt: {
        endpoint: 'telemetry.example.com',
        status: 200,
        at: '2026-11-28T04:05:04Z',
      },
    });
    const at = '2026-11-28T04:05:05.000Z';
    const { bytes, sha256 } = run.line.report ?? {};
    expect(orders(fold(undefined, [run], CONTEXT))).toMatchObject({
      name: 'orders',
      configured: true,
      lastRun: { at, tick: '2026-11-28T04:05:00.000Z', attempt: 0, outcome: 'sent', bytes, sha256 },
      lastSuccess: at,
      version: { at, installed: '2.31.2', advisories: [], dataAsOf: '2026-11-28' },
      jobs: { at, scheduled: 14, failing: 0 },
      consent: { at, ...GRANTED },
      figures: { at, postgresql: '17.5', dataVolume: 1_000, chunks: null },
      sent: { at, bytes, sha256, endpoint: 'telemetry.example.com', status: 200 },
      due: { at, nextDue: '2026-11-29T00:00:00Z' },
      identity: { at, uuid: 'u-1' },
      conditions: [],
      severity: 'ok',
      action: 'No action needed.',
      since: { installed: '2026-11-28', granted: '2026-11-28' },
    });
  });

  test('keeps the facts that a failed run has not read', () => {
    const state = fold(undefined, [aRun('2026-11-27'), aFailedRun('2026-11-28')], CONTEXT);
    expect(orders(state)).toMatchObject({
      lastRun: { outcome: 'failed', code: 'DATABASE_UNREACHABLE' },
      lastSuccess: '2026-11-27T04:05:05.000Z',
      version: { at: '2026-11-27T04:05:05.000Z', installed: '2.31.2' },
      conditions: ['failed'],
      action: 'Check that the server is running.',
      since: { failed: '2026-11-28', installed: '2026-11-27' },
    });
  });

  test('has the result of the retry, also when the record lists it first', () => {
    const retry = aRun('2026-11-28', { attempt: 1, recordedAt: '2026-11-28T05:05:05Z' });
    const state = fold(undefined, [retry, aFailedRun('2026-11-28')], CONTEXT);
    expect(orders(state)).toMatchObject({
      lastRun: { attempt: 1, outcome: 'sent' },
      conditions: [],
      recent: [{ attempt: 1 }, { attempt: 0, code: 'DATABASE_UNREACHABLE' }],
    });
    expect(state.daily).toMatchObject([{ date: '2026-11-28', reported: 1, failed: 0 }]);
  });

  test('keeps the last 14 runs, the newest first', () => {
    const runs = Array.from({ length: 20 }, (_, index) =>
      aRun(`2026-11-${String(index + 1).padStart(2, '0')}`),
    );
    const { recent } = orders(fold(undefined, runs, CONTEXT));
    expect(recent.map(({ tick }) => tick.slice(8, 10))).toEqual(
      Array.from({ length: 14 }, (_, index) => String(20 - index).padStart(2, '0')),
    );
  });

  test('says since when its condition holds without a break', () => {
    const vulnerable = { version: { ...UP_TO_DATE, advisories: ['GHSA-1'] } };
    const runs = [
      aRun('2026-11-20', vulnerable),
      aRun('2026-11-21'),
      aRun('2026-11-24', vulnerable),
      aFailedRun('2026-11-26'),
      aRun('2026-11-28', { ...vulnerable, consent: WITHHELD }),
    ];
    expect(orders(fold(undefined, runs, CONTEXT)).since).toEqual({
      vulnerable: '2026-11-24',
      withheld: '2026-11-28',
      installed: '2026-11-20',
    });
  });

  test('limits texts and lists of an object', () => {
    const run = aRun('2026-11-28', {
      message: `\u001b[31m${'x'.repeat(1_000_000)}`,
      version: {
        ...UP_TO_DATE,
        installed: 'y'.repeat(1_000_000),
        advisories: Array.from({ length: 10_000 }, (_, index) => `GHSA-${index}`),
      },
    });
    const state = fold(undefined, [run], CONTEXT);
    expect(JSON.stringify(state).length).toBeLessThan(10_000);
    expect(orders(state).lastRun?.message).toMatch(/^\\u001b\[31mx+…$/);
  });
});

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
      action: 'Check the schedule and the deployment: no run was ever recorded.',
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

describe('the history', () => {
  test('has one point for each day with a run, and the values of its last runs', () => {
    const report = (volume: number) => ({
      content: {
        data_volume: volume,
        relations: {
          hypertables: {
            num_children: 7,
            compression: { uncompressed_heap_size: 250, compressed_heap_size: 20 },
          },
        },
      },
    });
    const runs = [
      aRun('2026-11-25', report(100)),
      aRun('2026-11-27', report(300)),
      aRun('2026-11-27', { ...report(200), recordedAt: '2026-11-27T04:05:01Z' }),
      aFailedRun('2026-11-28'),
    ];
    const points = pointsOf(orders(fold(undefined, runs, CONTEXT)).history);
    const figures = { version: '2.31.2', chunks: 7, ratio: 12.5 };
    expect(points).toMatchObject([
      { ...figures, dataVolume: 100 },
      { ...figures, dataVolume: 300 },
      { ...figures, dataVolume: 300 },
    ]);
  });

  test('of 400 days makes a state of less than 10 kB', () => {
    const folding = startFold(undefined, { ...CONTEXT, ...ORDERS_ONLY });
    const today = dayOf(CONTEXT.now);
    for (let day = today - 399; day <= today; day += 1) {
      const volume = 987_654_321_000 + day * 123_456_789 + (day % 7) * 1_234_567;
      folding.add(aRun(formatDay(day), { content: { data_volume: volume, relations: {} } }));
    }
    const row = orders(folding.finish());
    expect(pointsOf(row.history)).toHaveLength(400);
    expect(JSON.stringify(row).length).toBeLessThan(10_000);
  });

  test('ends after 400 days', () => {
    const before = fold(undefined, [aRun('2026-11-28')], CONTEXT);
    const later = (date: string) => fold(before, [], endOf(date, ORDERS_ONLY));
    expect(later('2028-01-01').daily).toHaveLength(400);
    expect(later('2028-01-02').daily).toHaveLength(0);
    expect(orders(later('2028-01-02'))).toMatchObject({ history: { days: '' }, since: {} });
  });
});

describe('the figures of the fleet', () => {
  test('have a day without a run, on which nothing has changed', () => {
    const runs = [
      aRun('2026-11-25', { version: { ...UP_TO_DATE, advisories: ['GHSA-1'] } }),
      aRun('2026-11-25', { database: 'metrics', version: { ...UP_TO_DATE, installed: '2.9.3' } }),
    ];
    const { daily } = fold(undefined, runs, endOf('2026-11-27'));
    const counted = {
      databases: 2,
      vulnerable: { count: 1, of: 2 },
      versions: { '2.9': 1, '2.31': 1 },
    };
    expect(daily).toMatchObject([
      { date: '2026-11-25', ...counted, reported: 2, silent: { count: 0, of: 2 } },
      { date: '2026-11-26', ...counted, reported: 0, silent: { count: 0, of: 2 } },
      { date: '2026-11-27', ...counted, reported: 0, silent: { count: 2, of: 2 } },
    ]);
  });
});

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

describe('a stored state', () => {
  test('is parsed', () => {
    const state = fold(undefined, [aRun('2026-11-28')], CONTEXT);
    expect(parseFleetState(JSON.stringify(state))).toEqual(state);
  });

  test.each(['', '{', 'null', '[]', '{"version":1}', '{"version":2,"environment":"prod"}'])(
    'is undefined for the text %j',
    (text) => {
      expect(parseFleetState(text)).toBeUndefined();
    },
  );

  test('is undefined with a damaged database', () => {
    const state = { ...fold(undefined, [], CONTEXT), databases: { orders: { name: 'orders' } } };
    expect(parseFleetState(JSON.stringify(state))).toBeUndefined();
  });
});

describe('a database with the name of a property', () => {
  test.each(['__proto__', 'constructor', 'toString'])('%s has a row', (database) => {
    const { databases: _databases, ...context } = CONTEXT;
    const state = fold(undefined, [aRun('2026-11-28', { database })], context);
    expect(Object.keys(state.databases)).toEqual([database]);
    const stored = parseFleetState(JSON.stringify(state));
    expect(fold(stored, [], context).databases).toEqual(state.databases);
  });
});
