import { describe, expect, test } from 'vitest';
import { postgresqlOf } from '../../../lib/fleet/action.ts';
import { fold, startFold } from '../../../lib/fleet/fold.ts';
import { dayOf, formatDay, pointsOf } from '../../../lib/fleet/history.ts';
import { ORDERS_ONLY, orders } from './orders.ts';
import { aFailedRun, aRun, CONTEXT, endOf, GRANTED, UP_TO_DATE, WITHHELD } from './runs.ts';

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
      sent: {
        at,
        bytes,
        sha256,
        sentAt: '2026-11-28T04:05:04Z',
        endpoint: 'telemetry.example.com',
        status: 200,
        arrival: 'accepted',
      },
      due: { at, nextDue: '2026-11-29T00:00:00Z' },
      identity: { at, uuid: 'u-1' },
      conditions: [],
      severity: 'ok',
      action: 'No action needed.',
      since: { installed: '2026-11-28', granted: '2026-11-28' },
    });
  });

  test.each([
    ['answered with 503', 503, 'answered'],
    ['not answered', null, 'unknown'],
  ] as const)('has the report of a failed run that was posted and %s', (_what, status, arrival) => {
    const run = aFailedRun('2026-11-28', {
      content: { relations: {} },
      durationMs: { delivery: 10_000, total: 11_000 },
      error: { code: 'ENDPOINT_TIMEOUT', retryable: true },
      ...(status !== null && {
        receipt: { endpoint: 'telemetry.example.com', status, at: '2026-11-28T04:05:04Z' },
      }),
    });
    const { sha256 } = run.line.report ?? {};
    const isAnswered = status !== null;
    expect(orders(fold(undefined, [aRun('2026-11-27'), run], CONTEXT))).toMatchObject({
      recent: [{ outcome: 'failed', sha256, status }, { outcome: 'sent' }],
      sent: {
        sha256,
        status,
        arrival,
        sentAt: isAnswered ? '2026-11-28T04:05:04Z' : '2026-11-28T04:05:05.000Z',
        endpoint: isAnswered ? 'telemetry.example.com' : null,
      },
    });
  });

  test('has the hash of a report whose line was shortened', () => {
    const run = aRun('2026-11-28', { content: { relations: {} } });
    const { report: summary, ...line } = run.line;
    expect(orders(fold(undefined, [{ ...run, line }], CONTEXT)).sent).toMatchObject({
      bytes: summary?.bytes,
      sha256: summary?.sha256,
    });
  });

  test.each([
    ['the check, also without a report', { postgresql: '18.1' }, undefined, '18.1'],
    ['the check, which is as recent as the report', { postgresql: '18.1' }, '17.5', '18.1'],
    ['the report of a run of an earlier version', {}, '17.5', '17.5'],
    ['neither', {}, undefined, null],
  ])('has the version of PostgreSQL by %s', (_, version, reported, expected) => {
    const run = aRun('2026-11-28', {
      version: { ...UP_TO_DATE, ...version },
      ...(reported !== undefined && { content: { postgresql_version: reported } }),
    });
    expect(postgresqlOf(orders(fold(undefined, [run], CONTEXT)))).toBe(expected);
  });

  test('has the version of PostgreSQL by a report that is later than the check', () => {
    const { version: _, ...line } = aRun('2026-11-28', {
      content: { postgresql_version: '18.1' },
    }).line;
    const report = { ...aRun('2026-11-28', { content: { postgresql_version: '18.1' } }), line };
    const check = aRun('2026-11-27', { version: { ...UP_TO_DATE, postgresql: '17.5' } });
    expect(postgresqlOf(orders(fold(undefined, [check, report], CONTEXT)))).toBe('18.1');
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
