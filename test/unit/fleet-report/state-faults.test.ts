import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { aRun, UP_TO_DATE } from '../fleet/runs.ts';
import { startFleetWorld, storedIn } from './fleet-world.ts';

const STATE = 'fleet/environment=prod/state.json.gz';
const NOW = '2026-11-28T23:58:10.000Z';
const TODAY = '2026-11-28';
const DATABASES = [
  { name: 'orders', tickHours: 24 },
  { name: 'metrics', tickHours: 24 },
];

const VULNERABLE = {
  ...UP_TO_DATE,
  installed: '2.9.1',
  verdicts: ['upgrade-package'],
  advisories: ['GHSA-44jh-j22r-33wq'],
};

describe('a state', () => {
  test.each<[what: string, bytes: Buffer]>([
    ['damaged', Buffer.from('damaged')],
    ['not JSON', gzipSync('{"version":1')],
    ['another version', gzipSync('{"version":2,"databases":{\n}}\n')],
  ])('that is %s is replaced, with a warning', async (_what, bytes) => {
    await using world = await startFleetWorld();
    world.add(aRun(TODAY));
    world.s3.objects.set(STATE, bytes);
    expect((await world.run(NOW)).line).toMatchObject({
      outcome: 'folded',
      warnings: [expect.stringContaining('was damaged or of another version, and was replaced')],
    });
    expect((await storedIn(world.s3)).fleet.databases['orders']?.lastRun).not.toBeNull();
  });

  test('is JSON that any program can read', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    await world.run(NOW);
    const text = gunzipSync(world.s3.objects.get(STATE) ?? '').toString('utf8');
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      environment: 'prod',
      databases: { orders: { name: 'orders' }, metrics: { name: 'metrics' } },
    });
  });
});

describe('a state that another report has written meanwhile', () => {
  /** Starts a world in which another report writes its state before each of the first writes. */
  async function startWithOthers(writes: number) {
    const others: Buffer[] = [];
    let left = writes;
    const world = await startFleetWorld({
      s3: {
        refuse(method, key) {
          if (method !== 'PUT' || key !== STATE || left === 0) return undefined;
          left -= 1;
          world.s3.objects.set(STATE, others.shift() ?? Buffer.alloc(0));
          return undefined;
        },
      },
    });
    world.add(aRun('2026-11-27', { version: VULNERABLE }));
    for (let index = 0; index < writes; index += 1) {
      await using other = await startFleetWorld();
      for (const [key, bytes] of world.s3.objects) other.s3.objects.set(key, bytes);
      await other.run(`2026-11-27T23:5${index}:00.000Z`);
      others.push(other.s3.objects.get(STATE) ?? Buffer.alloc(0));
    }
    return world;
  }

  test('is read again, and what it has published is not published twice', async () => {
    await using world = await startWithOthers(1);
    world.add(aRun(TODAY, { database: 'orders' }));
    const { line } = await world.run(NOW);
    expect(line).toMatchObject({ outcome: 'folded' });
    expect((await storedIn(world.s3)).fleet.databases['orders']?.recent).toHaveLength(2);
    // The other one has published that the database is vulnerable; now it is not any more.
    expect(world.sns.messages.map(({ subject }) => subject)).toStrictEqual([
      'TimescaleDB fleet prod: 1 no longer vulnerable',
    ]);
  });

  test('three times ends the report', async () => {
    await using world = await startWithOthers(3);
    const { error } = await world.run(NOW);
    expect(error).toMatchObject({ code: 'FLEET_STATE_CONFLICT', retryable: true });
    expect(world.sns.messages).toStrictEqual([]);
  });

  test('is its own after a write whose answer was lost', async () => {
    let isLost = false;
    await using world = await startFleetWorld({
      s3: {
        interfere(response, count) {
          const { method, url = '' } = world.s3.requests[count] ?? {};
          if (isLost || method !== 'PUT' || !url.includes('state')) return false;
          isLost = true;
          response.end = () => response.destroy();
          return false;
        },
      },
    });
    world.add(aRun('2026-11-27', { version: VULNERABLE }));
    expect((await world.run(NOW)).line).toMatchObject({ outcome: 'folded' });
    expect(world.sns.messages).toHaveLength(1);
  });
});
