import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { aRun, UP_TO_DATE } from '../fleet/runs.ts';
import { addObject, keyOf, startFleetWorld, storedIn } from './fleet-world.ts';

const STATE = 'fleet/environment=prod/state.json.gz';
const NOW = '2026-11-28T23:58:10.000Z';
const NEXT = '2026-11-29T23:58:10.000Z';
const TODAY = '2026-11-28';
const DAY = 'runs/environment=prod/date=2026-11-28/';
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

describe('a report fails, and changes nothing,', () => {
  test.each<[what: string, method: string, key: RegExp]>([
    ['if S3 refuses the state', 'GET', /state/],
    ['if S3 refuses a listing', 'GET', /^runs\/.*\/$/],
    ['if S3 refuses every object of the record', 'GET', /^runs\/.*gz$/],
    ['if S3 refuses to write the state', 'PUT', /state/],
  ])('%s', async (_what, method, key) => {
    let isRefused = false;
    await using world = await startFleetWorld({
      s3: {
        refuse: (used, of) =>
          isRefused && used === method && key.test(of) ? 'AccessDenied' : undefined,
      },
    });
    world.add(aRun(TODAY));
    await world.run(NOW);
    const objects = [...world.s3.objects];
    world.add(aRun('2026-11-29'));
    isRefused = true;
    const { line, result, error } = await world.run(NEXT);
    expect(result).toBeUndefined();
    expect(error).toMatchObject({ code: 'RECORD_DENIED', origin: 'AccessDenied' });
    expect(line).toMatchObject({ outcome: 'failed', severity: 'ERROR', environment: 'prod' });
    expect([...world.s3.objects].filter(([name]) => !name.startsWith('runs/'))).toStrictEqual(
      objects.filter(([name]) => !name.startsWith('runs/')),
    );
    expect(world.sns.messages).toStrictEqual([]);
    isRefused = false;
    expect((await world.run(NEXT)).line).toMatchObject({ outcome: 'folded', objects: { read: 1 } });
  });

  test('if S3 does not answer', async () => {
    await using world = await startFleetWorld({
      s3: {
        interfere(response) {
          response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
          return true;
        },
      },
    });
    const { error } = await world.run(NOW);
    expect(error).toMatchObject({
      code: 'RECORD_UNAVAILABLE',
      origin: 'SlowDown',
      retryable: true,
    });
  });

  test('if its time is over', async () => {
    await using world = await startFleetWorld({ s3: { interfere: () => true } });
    const { error } = await world.run(NOW, {}, { limitMs: 300 });
    expect(error).toMatchObject({ code: 'TIME_LIMIT' });
  });

  test.each<[event: unknown, problem: RegExp]>([
    [{ days: 0 }, /days: must be at least 1/],
    [{ days: 401 }, /days: must be at most 400/],
    [{ day: 1 }, /day/],
    [{ before: '2026-13-01' }, /before: must be a date/],
    [[], /event/],
  ])('if its event is %j', async (event, problem) => {
    await using world = await startFleetWorld();
    const { error } = await world.run(NOW, event);
    expect(error).toMatchObject({ code: 'EVENT_INVALID', message: expect.stringMatching(problem) });
    expect(world.s3.requests).toStrictEqual([]);
  });

  test.each<[what: string, settings: object, problem: RegExp]>([
    ['an invalid bucket', { bucket: 'Records' }, /FLEET bucket: must be a bucket name/],
    ['an invalid topic', { topic: 'alarms' }, /FLEET topic: must be the ARN of a topic/],
    ['a missing file', { file: '/nonexistent.json' }, /FLEET file: cannot be read \(ENOENT\)/],
    ['an unknown key', { buckets: 'a' }, /FLEET/],
  ])('if its configuration has %s', async (_what, settings, problem) => {
    await using world = await startFleetWorld({ settings: { ...settings } });
    const { error } = await world.run(NOW);
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(problem),
    });
  });
});

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

  test('twice ends the report', async () => {
    await using world = await startWithOthers(2);
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
