import { describe, expect, test } from 'vitest';
import { fold } from '../../../lib/fleet/fold.ts';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { aFailedRun, aRun, aWithheldRun, CONTEXT } from '../fleet/runs.ts';
import { addObject, keyOf, readKeys, startFleetWorld, storedIn, textIn } from './fleet-world.ts';

const PAGE = 'fleet/environment=prod/index.html';
const FLEET = 'fleet/environment=prod/fleet.json';
const STATE = 'fleet/environment=prod/state.json.gz';
const NOW = '2026-11-28T23:58:10.000Z';
const TODAY = '2026-11-28';

describe('a report', () => {
  test('folds the record and writes state, page and JSON', async () => {
    await using world = await startFleetWorld();
    const runs = [aRun('2026-11-27', { content: { a: 1 } }), aRun(TODAY)];
    world.add(...runs);
    const { line, result, error } = await world.run(NOW);
    expect(error).toBeUndefined();
    expect(result).toBe(line);
    expect(line).toMatchObject({
      outcome: 'folded',
      severity: 'INFO',
      message: expect.stringContaining('1 database: broken 0 of 1'),
      environment: 'prod',
      asOf: NOW,
      days: ['2026-11-15', TODAY],
      objects: { listed: 2, read: 2, refused: 0 },
      problems: 0,
      page: `s3://records/${PAGE}`,
    });
    expect((await storedIn(world.s3)).fleet).toStrictEqual(
      fold(undefined, runs, {
        environment: 'prod',
        region: 'us-east-1',
        now: NOW,
        databases: [{ name: 'orders', tickHours: 24 }],
      }),
    );
    expect(textIn(world.s3, PAGE)).toBe('<!doctype html>prod');
    const { databases } = JSON.parse(textIn(world.s3, FLEET));
    expect(databases).toMatchObject([{ name: 'orders', severity: 'ok' }]);
    expect(databases[0]).not.toHaveProperty('history');
    const [put] = world.s3.requests.filter(({ url }) => url?.endsWith('index.html'));
    expect(put?.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
    });
  });

  test('of a record without objects has a row for each database', async () => {
    await using world = await startFleetWorld();
    const { line } = await world.run(NOW);
    expect(line).toMatchObject({ outcome: 'folded', objects: { listed: 0, read: 0 } });
    const { fleet } = await storedIn(world.s3);
    expect(fleet.databases['orders']).toMatchObject({ lastRun: null, conditions: ['unknown'] });
  });

  test('reads only the objects that were written since the last one', async () => {
    await using world = await startFleetWorld();
    const late = aRun('2026-11-27', { attempt: 1, recordedAt: '2026-11-29T02:00:00.000Z' });
    const today = aRun('2026-11-29');
    world.add(aRun('2026-11-27'), aRun(TODAY));
    await world.run(NOW);
    const before = world.s3.requests.length;
    world.add(late, today);
    const { line } = await world.run('2026-11-29T23:58:00.000Z');
    expect(readKeys(world.s3, before)).toStrictEqual([keyOf(today), keyOf(late)]);
    expect(line).toMatchObject({ objects: { listed: 4, read: 2 } });
  });

  test('day by day gives the same state as one report of all days', async () => {
    const dates = Array.from({ length: 12 }, (_, index) => `2026-11-${17 + index}`);
    const runsOf = (date: string, index: number) => [
      index % 3 === 0 ? aFailedRun(date) : aRun(date, { content: { data_volume: index } }),
      ...(index % 4 === 0 ? [aRun(date, { attempt: 1 })] : []),
      aWithheldRun(date, { database: 'metrics' }),
    ];
    const databases = CONTEXT.databases ?? [];
    await using daily = await startFleetWorld({ databases });
    await using once = await startFleetWorld({ databases });
    for (const [index, date] of dates.entries()) {
      daily.add(...runsOf(date, index));
      once.add(...runsOf(date, index));
      await daily.run(`${date}T23:58:00.000Z`);
    }
    await once.run('2026-11-28T23:58:00.000Z');
    expect((await storedIn(daily.s3)).fleet).toStrictEqual((await storedIn(once.s3)).fleet);
    // The same objects once more change nothing.
    await daily.run('2026-11-28T23:58:00.000Z', { days: 30 });
    expect((await storedIn(daily.s3)).fleet).toStrictEqual((await storedIn(once.s3)).fleet);
  });

  test('reads the days without a report, and the whole record on request', async () => {
    await using world = await startFleetWorld();
    world.add(aRun('2026-10-01'));
    await world.run('2026-11-08T23:58:00.000Z');
    expect((await storedIn(world.s3)).fleet.databases['orders']?.lastRun).toBeNull();
    world.add(aRun('2026-11-10'), aRun('2026-11-12'));
    const { line } = await world.run('2026-11-14T23:58:00.000Z');
    expect(line).toMatchObject({ objects: { read: 2 } });
    expect(line).not.toHaveProperty('warnings');
    const later = await world.run('2026-12-14T23:58:00.000Z');
    expect(later.line).toMatchObject({
      severity: 'WARN',
      warnings: [expect.stringContaining('16 days of the record were not read')],
    });
    const all = await world.run('2026-12-14T23:59:00.000Z', { days: 400 });
    expect(all.line).toMatchObject({
      objects: { listed: 3, read: 3 },
      days: ['2025-11-10', '2026-12-14'],
    });
    const { fleet } = await storedIn(world.s3);
    expect(fleet.daily[0]?.date).toBe('2026-10-01');
  });

  test('stops to read when its time is nearly over, and names the event that reads the rest', async () => {
    await using world = await startFleetWorld();
    world.add(aRun('2026-11-27'), aRun(TODAY));
    const times = [Date.parse(NOW)];
    const { line } = await world.run(
      NOW,
      { days: 30 },
      { limitMs: 60_000, now: () => times.shift() ?? Date.parse(NOW) + 40_000 },
    );
    expect(line).toMatchObject({
      objects: { read: 1 },
      warnings: [expect.stringContaining('{ "days": 29, "before": "2026-11-28" }')],
    });
    const rest = await world.run(NOW, { days: 29, before: TODAY });
    expect(rest.line).toMatchObject({ objects: { read: 1 }, days: ['2026-10-30', '2026-11-27'] });
    expect((await storedIn(world.s3)).fleet.daily).toHaveLength(2);
  });

  test('reads neither another environment nor another prefix of the bucket', async () => {
    await using world = await startFleetWorld();
    const other = aRun(TODAY, { environment: 'prod-eu', database: 'orders' });
    world.add(aRun(TODAY), other);
    addObject(world.s3, `copy/${keyOf(other)}`, encodeRun(other), other.recordedAt);
    const { line } = await world.run(NOW);
    expect(line).toMatchObject({ objects: { listed: 1, read: 1 }, problems: 0 });
    const eu = await startFleetWorld({ settings: { environment: 'prod-eu' } });
    for (const [key, bytes] of world.s3.objects) eu.s3.objects.set(key, bytes);
    await eu.run(NOW);
    expect((await storedIn(eu.s3, 'prod-eu')).fleet.databases['orders']?.lastRun?.at).toBe(
      other.recordedAt,
    );
    // The other environment's state is as it was.
    expect(eu.s3.objects.get(STATE)).toBe(world.s3.objects.get(STATE));
    await eu[Symbol.asyncDispose]();
  });

  test('writes below the prefix of the record', async () => {
    await using world = await startFleetWorld({ settings: { prefix: 'telemetry/v1' } });
    const run = aRun(TODAY);
    addObject(world.s3, `telemetry/v1/${keyOf(run)}`, encodeRun(run), run.recordedAt);
    expect((await world.run(NOW)).line).toMatchObject({ objects: { read: 1 }, problems: 0 });
    const written = [...world.s3.objects.keys()].filter((key) => !key.includes('/runs/'));
    expect(written.toSorted()).toStrictEqual(
      ['fleet.json', 'index.html', 'state.json.gz'].map(
        (name) => `telemetry/v1/fleet/environment=prod/${name}`,
      ),
    );
  });

  test('gives the page the exact texts of the last reports, also of failed runs and of runs by hand', async () => {
    await using world = await startFleetWorld();
    const { scheduledTime: _, attempt: __, ...line } = aRun(TODAY, { content: { c: 3 } }).line;
    const byHand = { ...aRun(TODAY, { content: { c: 3 } }), line };
    world.add(
      aRun('2026-11-26', { content: { a: 1 } }),
      aFailedRun('2026-11-27', {
        content: { b: 2 },
        receipt: { endpoint: 'telemetry.example.com', status: 503, at: '2026-11-27T04:05:04Z' },
      }),
      byHand,
    );
    let reports: unknown;
    await world.run(
      NOW,
      {},
      {
        async *renderPage(_state, { reportsOf, recordedIn }) {
          reports = [await reportsOf('orders', 2), await reportsOf('unknown', 2), recordedIn];
          yield '';
        },
      },
    );
    expect(reports).toStrictEqual([
      [
        { at: byHand.recordedAt, text: '{"c":3}', status: 200 },
        { at: '2026-11-27T04:05:05.000Z', text: '{"b":2}', status: 503 },
      ],
      [],
      's3://records/runs/environment=prod/',
    ]);
  });
});
