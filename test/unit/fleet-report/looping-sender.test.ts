import { describe, expect, test } from 'vitest';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { aRun } from '../fleet/runs.ts';
import { addObject, keyOf, startFleetWorld, storedIn } from './fleet-world.ts';

const NOW = '2026-11-28T23:58:10.000Z';
const TODAY = '2026-11-28';
const DAY = `runs/environment=prod/date=${TODAY}/`;
const DATABASES = ['billing', 'metrics', 'orders'].map((name) => ({ name, tickHours: 24 }));

type FleetWorld = Awaited<ReturnType<typeof startFleetWorld>>;

/** Fills the folder of a database with objects. */
function flood({ s3 }: FleetWorld, database: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const key = `${DAY}database=${database}/loop-${String(index).padStart(6, '0')}`;
    addObject(s3, key, Buffer.from('x'), NOW);
  }
}

function listingsOf({ s3 }: FleetWorld): number {
  return s3.requests.filter(({ url = '' }) => url.includes('list-type') && url.includes(TODAY))
    .length;
}

describe('a sender that fills the folder of its database', () => {
  test('costs a thousand objects, and all other databases are read', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    flood(world, 'metrics', 9_000);
    const runs = ['billing', 'orders'].map((database) => aRun(TODAY, { database }));
    world.add(...runs);
    const { line } = await world.run(NOW);
    expect(line).toMatchObject({
      outcome: 'folded',
      severity: 'WARN',
      objects: { listed: 1_002, read: 1_002 },
      warnings: [expect.stringMatching(/^1 folders .* more than 1000 objects .* may be looping/)],
    });
    // Two pages, and the one that begins after the folder.
    expect(listingsOf(world)).toBe(3);
    const { fleet, pending } = await storedIn(world.s3);
    expect(fleet.problems).toContainEqual({
      object: `${DAY}database=metrics/`,
      date: TODAY,
      problem: 'The folder has more than 1000 objects of one day: the others are not read.',
    });
    expect(pending).toHaveLength(1_000);
    for (const name of ['billing', 'orders']) {
      expect(fleet.databases[name]?.lastRun).not.toBeNull();
    }
  });

  test('is no problem any more when its objects have been deleted', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    // The folder is the last one of the day.
    flood(world, 'metrics', 1_001);
    await world.run(NOW);
    expect(listingsOf(world)).toBe(3);
    for (const key of world.s3.objects.keys()) {
      if (key.includes('/loop-')) world.s3.objects.delete(key);
    }
    const { line } = await world.run(NOW);
    expect(line).toMatchObject({ problems: 0 });
    expect(line).not.toHaveProperty('warnings');
  });

  test('does not hold a report up when the time is over between two pages of a day', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    flood(world, 'billing', 700);
    flood(world, 'metrics', 700);
    const run = aRun(TODAY);
    addObject(world.s3, keyOf(run), encodeRun(run), NOW);
    const times = [Date.parse(NOW)];
    const { line } = await world.run(
      NOW,
      {},
      { limitMs: 60_000, now: () => times.shift() ?? Date.parse(NOW) + 40_000 },
    );
    expect(line).toMatchObject({
      outcome: 'folded',
      objects: { listed: 1_000 },
      warnings: [expect.stringContaining(`did not suffice for 14 days up to ${TODAY}`)],
    });
    expect((await storedIn(world.s3)).fleet.databases['orders']?.lastRun).toBeNull();
    await world.run(NOW);
    expect((await storedIn(world.s3)).fleet.databases['orders']?.lastRun).not.toBeNull();
  });

  test('does not hide the newest runs by hand of another day', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    const { scheduledTime: _, attempt: __, ...line } = aRun(TODAY).line;
    for (let index = 0; index < 40; index += 1) {
      const recordedAt = `2026-11-27T04:05:${String(index).padStart(2, '0')}.000Z`;
      const content = { number: index };
      const run = aRun('2026-11-27', { content, recordedAt });
      const { report, receipt } = run.line;
      world.add({
        ...run,
        line: { ...line, ...(report && { report }), ...(receipt && { receipt }) },
      });
    }
    let texts: readonly string[] = [];
    await world.run(
      NOW,
      {},
      {
        async *renderPage(_state, { reportsOf }) {
          texts = (await reportsOf('orders', 3)).map(({ text }) => text);
          yield '';
        },
      },
    );
    expect(texts).toStrictEqual(['{"number":39}', '{"number":38}', '{"number":37}']);
  });
});
