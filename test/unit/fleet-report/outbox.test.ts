import { describe, expect, test } from 'vitest';
import { aRun, UP_TO_DATE } from '../fleet/runs.ts';
import { type FleetWorldOptions, startFleetWorld, storedIn } from './fleet-world.ts';

const STATE = 'fleet/environment=prod/state.json.gz';
const DATABASES = ['orders', 'metrics'].map((name) => ({ name, tickHours: 24 }));
const VULNERABLE = {
  ...UP_TO_DATE,
  installed: '2.9.1',
  verdicts: ['upgrade-package'],
  advisories: ['GHSA-44jh-j22r-33wq'],
};
const TODAY = '2026-11-28';

function at(time: string): string {
  return `${TODAY}T${time}.000Z`;
}

/** Starts a world in which S3 refuses a write of the state, by its number from 0. */
async function startRefusing(isRefused: (write: number) => boolean, options: FleetWorldOptions) {
  let writes = 0;
  const world = await startFleetWorld({
    databases: DATABASES,
    ...options,
    s3: {
      refuse(method, key) {
        if (method !== 'PUT' || key !== STATE) return undefined;
        writes += 1;
        return isRefused(writes - 1) ? 'AccessDenied' : undefined;
      },
    },
  });
  world.add(aRun(TODAY, { version: VULNERABLE }));
  return world;
}

const SUBJECT = 'TimescaleDB fleet prod: 1 vulnerable';

describe('a report that ends between its state and its notifications', () => {
  test('leaves them to the next one, but not while it may still publish them', async () => {
    let isRefused = true;
    // As after a crash: neither published nor released.
    await using world = await startRefusing((write) => write === 1, {
      sns: { refuse: () => (isRefused ? 'AuthorizationError' : undefined) },
    });
    await world.run(at('23:58:00'));
    isRefused = false;
    const { outbox } = await storedIn(world.s3);
    expect(outbox).toMatchObject([
      { subject: SUBJECT, claim: { until: '2026-11-29T00:00:30.000Z' } },
    ]);
    const soon = await world.run(at('23:59:00'));
    expect(soon.line).toMatchObject({ outcome: 'folded', notifications: 0 });
    expect(world.sns.messages).toStrictEqual([]);
    const later = await world.run('2026-11-29T00:01:00.000Z');
    expect(later.line).toMatchObject({ outcome: 'folded', notifications: 1 });
    await world.run('2026-11-29T00:02:00.000Z');
    expect(world.sns.messages).toMatchObject([{ subject: SUBJECT }]);
    expect((await storedIn(world.s3)).outbox).toStrictEqual([]);
  });

  test('is repeated by the next one if it ended before they were removed, and says so', async () => {
    await using world = await startRefusing((write) => write === 1, {});
    const { line } = await world.run(at('23:58:00'));
    expect(line).toMatchObject({
      outcome: 'folded',
      severity: 'WARN',
      notifications: 1,
      warnings: [expect.stringMatching(/^The state still has the notification that was published/)],
    });
    expect([...world.s3.objects.keys()]).toContain('fleet/environment=prod/index.html');
    await world.run('2026-11-29T00:01:00.000Z');
    expect(world.sns.messages).toMatchObject([{ subject: SUBJECT }, { subject: SUBJECT }]);
    await world.run('2026-11-29T00:05:00.000Z');
    expect(world.sns.messages).toHaveLength(2);
  });
});

describe('two reports at the same time', () => {
  test('publish each change once, also if one writes its state while the other publishes', async () => {
    const isHeld = Promise.withResolvers<void>();
    const isArrived = Promise.withResolvers<void>();
    let holds = true;
    await using world = await startFleetWorld({
      databases: DATABASES,
      sns: {
        async hold() {
          if (!holds) return;
          holds = false;
          isArrived.resolve();
          await isHeld.promise;
        },
      },
    });
    world.add(aRun(TODAY, { version: VULNERABLE }));
    const first = world.run(at('23:58:00'));
    await isArrived.promise;
    const recordedAt = at('23:57:30');
    world.add(aRun(TODAY, { database: 'metrics', version: VULNERABLE, recordedAt }));
    const second = await world.run(at('23:58:01'));
    expect(second.line).toMatchObject({ outcome: 'folded', notifications: 1 });
    expect((await storedIn(world.s3)).outbox).toMatchObject([{ subject: SUBJECT }]);
    isHeld.resolve();
    expect((await first).line).toMatchObject({ outcome: 'folded', notifications: 1 });
    const { outbox, fleet } = await storedIn(world.s3);
    expect(outbox).toStrictEqual([]);
    // The state is that of the second one.
    expect(fleet.asOf).toBe(at('23:58:01'));
    await world.run(at('23:59:59'));
    expect(world.sns.messages.map(({ body }) => /(\w+): TimescaleDB 2/.exec(body)?.[1])).toEqual([
      'orders',
      'metrics',
    ]);
  });

  test('publish each change once in any order of their requests', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    const changes = [VULNERABLE, UP_TO_DATE, VULNERABLE, UP_TO_DATE];
    for (const [index, version] of changes.entries()) {
      const date = `2026-11-${String(20 + index)}`;
      world.add(aRun(date, { version }), aRun(date, { database: 'metrics' }));
      const now = `${date}T23:58:00.000Z`;
      await Promise.all([world.run(now), world.run(now), world.run(now)]);
      expect((await storedIn(world.s3)).outbox).toStrictEqual([]);
    }
    expect(world.sns.messages.map(({ subject }) => subject)).toStrictEqual([
      SUBJECT,
      'TimescaleDB fleet prod: 1 no longer vulnerable',
      SUBJECT,
      'TimescaleDB fleet prod: 1 no longer vulnerable',
    ]);
  });
});

test('a topic that accepts nothing for a month loses the oldest notifications, with a warning', async () => {
  await using world = await startFleetWorld({
    databases: DATABASES,
    sns: { refuse: () => 'AuthorizationError' },
  });
  world.add(aRun(TODAY));
  for (let index = 0; index < 32; index += 1) {
    const { line } = await world.run(at('23:58:00'), { digest: true });
    const lost = index >= 30;
    expect(line.warnings ?? []).toHaveLength(lost ? 1 : 0);
    if (lost) expect(line.warnings).toMatchObject([expect.stringContaining('1 of them')]);
  }
  expect((await storedIn(world.s3)).outbox).toHaveLength(30);
});
