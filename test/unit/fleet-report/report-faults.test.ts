import { describe, expect, test } from 'vitest';
import { aRun } from '../fleet/runs.ts';
import { startFleetWorld } from './fleet-world.ts';

const NOW = '2026-11-28T23:58:10.000Z';
const NEXT = '2026-11-29T23:58:10.000Z';
const TODAY = '2026-11-28';

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
