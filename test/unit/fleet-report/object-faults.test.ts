import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { aRun } from '../fleet/runs.ts';
import { addObject, keyOf, startFleetWorld, storedIn } from './fleet-world.ts';

const NOW = '2026-11-28T23:58:10.000Z';
const NEXT = '2026-11-29T23:58:10.000Z';
const TODAY = '2026-11-28';
const DAY = 'runs/environment=prod/date=2026-11-28/';
const DATABASES = [
  { name: 'orders', tickHours: 24 },
  { name: 'metrics', tickHours: 24 },
];

describe('an object that cannot be used', () => {
  const other = aRun(TODAY, { database: 'metrics' });
  test.each<[what: string, key: string, bytes: Uint8Array, problem: RegExp]>([
    ['damaged', keyOf(other), encodeRun(other).subarray(0, 40), /not gzip/],
    ['not JSON', keyOf(other), gzipSync('<html>'), /not JSON/],
    ['of another version', keyOf(other), gzipSync('{"version":2}'), /not a run/],
    [
      'of another database',
      keyOf(aRun(TODAY, { database: 'sales' })),
      encodeRun(other),
      /another run/,
    ],
    ['with the name of no run', `${DAY}report.csv`, Buffer.from('a;b'), /not that of a run/],
    [
      'larger than 4 MB',
      keyOf(other),
      Buffer.alloc(4 * 1_048_576 + 1),
      /larger than 4194304 bytes/,
    ],
    [
      'that inflates to 64 MB',
      keyOf(other),
      gzipSync(Buffer.alloc(64 * 1_048_576)),
      /not gzip, or larger/,
    ],
  ])(
    'because it is %s is a problem, and all others are used',
    async (_what, key, bytes, problem) => {
      await using world = await startFleetWorld({ databases: DATABASES });
      world.add(aRun(TODAY));
      addObject(world.s3, key, bytes, `${TODAY}T04:05:10.000Z`);
      const { line } = await world.run(NOW);
      expect(line).toMatchObject({ outcome: 'folded', problems: 1 });
      const { fleet } = await storedIn(world.s3);
      expect(fleet.problems).toStrictEqual([
        { object: key, date: TODAY, problem: expect.stringMatching(problem) },
      ]);
      expect(fleet.databases['orders']?.lastRun).toMatchObject({ outcome: 'sent' });
      expect(fleet.databases['metrics']?.lastRun).toBeNull();
    },
  );

  test('is read again the next time, and is no problem any more when it was repaired', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    world.add(aRun(TODAY));
    addObject(world.s3, keyOf(other), Buffer.from('damaged'), other.recordedAt);
    await world.run(NOW);
    await world.run(NEXT);
    expect((await storedIn(world.s3)).fleet.problems).toHaveLength(1);
    world.add(other);
    await world.run(NEXT);
    const { fleet } = await storedIn(world.s3);
    expect(fleet.problems).toStrictEqual([]);
    expect(fleet.databases['metrics']?.lastRun).not.toBeNull();
  });

  test('because S3 refuses it is a problem, and is read when S3 allows it', async () => {
    let isRefused = true;
    const refused = keyOf(other);
    await using world = await startFleetWorld({
      databases: DATABASES,
      s3: { refuse: (_method, key) => (isRefused && key === refused ? 'AccessDenied' : undefined) },
    });
    world.add(aRun(TODAY), other);
    const { line } = await world.run(NOW);
    expect(line).toMatchObject({
      severity: 'WARN',
      objects: { listed: 2, read: 2, refused: 1 },
      problems: 1,
      warnings: ['S3 refused 1 objects of the record; the page lists them.'],
    });
    isRefused = false;
    await world.run(NEXT);
    const { fleet } = await storedIn(world.s3);
    expect(fleet.problems).toStrictEqual([]);
    expect(fleet.databases['metrics']?.lastRun).not.toBeNull();
  });

  test('that is missing among the results is no failure where S3 refuses missing objects', async () => {
    await using world = await startFleetWorld({
      s3: {
        refuse: (method, key) =>
          method === 'GET' && !key.endsWith('/') && !world.s3.objects.has(key)
            ? 'AccessDenied'
            : undefined,
      },
    });
    world.add(aRun(TODAY));
    expect((await world.run(NOW)).line).toMatchObject({ outcome: 'folded', problems: 0 });
    expect((await world.run(NEXT)).line).toMatchObject({ outcome: 'folded', problems: 0 });
  });

  test('is left out if it is the empty object of a folder', async () => {
    await using world = await startFleetWorld();
    addObject(world.s3, DAY, Buffer.alloc(0), NOW);
    expect((await world.run(NOW)).line).toMatchObject({ objects: { listed: 0 }, problems: 0 });
  });

  test('is one of 100 problems at the most', async () => {
    await using world = await startFleetWorld();
    for (let index = 0; index < 300; index += 1) {
      addObject(world.s3, `${DAY}foreign-${index}`, Buffer.from('x'), NOW);
    }
    expect((await world.run(NOW)).line).toMatchObject({ problems: 100 });
  });
});
