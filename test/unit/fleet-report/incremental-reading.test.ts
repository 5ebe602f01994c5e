import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FleetState } from '../../../lib/fleet/fleet-state.ts';
import { dayOf, formatDay, OPEN_DAYS } from '../../../lib/fleet/history.ts';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import type { RecordedRun } from '../../../lib/record/recorded-run.ts';
import { aFailedRun, aRun } from '../fleet/runs.ts';
import { addObject, keyOf, readKeys, startFleetWorld, storedIn } from './fleet-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_DAY = dayOf('2026-11-01T00:00:00Z');
const DAYS = 4;
const LAST_DAY = FIRST_DAY + DAYS + OPEN_DAYS + 1;
const DATABASES = [
  { name: 'orders', tickHours: 24 },
  { name: 'metrics', tickHours: 24 },
];

/** An object of the record: a run, when S3 received it, and until which day S3 refuses it. */
interface Written {
  readonly run: RecordedRun;
  readonly writtenAt: string;
  readonly refusedUntil: number;
}

const objects: fc.Arbitrary<readonly Written[]> = fc.array(
  fc
    .record({
      day: fc.integer({ min: 0, max: DAYS - 1 }),
      database: fc.constantFrom('orders', 'metrics'),
      attempt: fc.constantFrom(0, 1),
      isByHand: fc.boolean(),
      isFailed: fc.boolean(),
      /** How far the clock of the function is ahead, and the tick of its event. */
      clockMs: fc.constantFrom(0, 0, 2 * HOUR_MS, 3 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS),
      tickMs: fc.constantFrom(0, 0, 0, 20 * HOUR_MS, 3 * DAY_MS),
      refusedDays: fc.constantFrom(0, 0, 0, 1, 3),
    })
    .map(({ day, isByHand, isFailed, clockMs, tickMs, refusedDays, ...line }): Written => {
      const date = formatDay(FIRST_DAY + day);
      const tick = Date.parse(`${date}T04:05:00Z`);
      const run = (isFailed ? aFailedRun : aRun)(date, {
        ...line,
        scheduledTime: new Date(tick + tickMs).toISOString(),
        recordedAt: new Date(tick + 5_000 + clockMs).toISOString(),
      });
      const { scheduledTime: _scheduledTime, attempt: _attempt, ...byHand } = run.line;
      return {
        run: isByHand ? { ...run, line: byHand } : run,
        writtenAt: new Date(tick + 5_000).toISOString(),
        refusedUntil: FIRST_DAY + day + refusedDays,
      };
    }),
  { minLength: 1, maxLength: 25 },
);

/**
 * A database without a run is expected from the first report on, so the time depends on the reports. A state lists a hundred
 * problems, and which ones remain of more depends on the order in which they end.
 */
function comparable({ counts, databases, problems, ...state }: FleetState, foreign: number) {
  const withRuns = Object.values(databases).filter(({ lastRun }) => lastRun !== null);
  return { ...state, databases: withRuns, problems: foreign < 50 ? problems : [] };
}

async function writeAll(all: readonly Written[], foreign: number) {
  let day = FIRST_DAY;
  const refusedUntil = new Map(all.map((one) => [keyOf(one.run), one.refusedUntil]));
  const world = await startFleetWorld({
    databases: DATABASES,
    settings: { topic: undefined },
    s3: {
      refuse: (method, key) =>
        method === 'GET' && (refusedUntil.get(key) ?? 0) > day ? 'AccessDenied' : undefined,
    },
  });
  const write = (upTo: string): void => {
    for (const { run, writtenAt } of all) {
      if (writtenAt <= upTo) addObject(world.s3, keyOf(run), encodeRun(run), writtenAt);
    }
  };
  for (let index = 0; index < foreign; index += 1) {
    const key = `runs/environment=prod/date=${formatDay(FIRST_DAY)}/foreign-${index}`;
    addObject(world.s3, key, Buffer.from('x'), `${formatDay(FIRST_DAY)}T00:00:00.000Z`);
  }
  return {
    world,
    async report(today: number, event: unknown = {}) {
      day = today;
      const now = `${formatDay(today)}T23:58:00.000Z`;
      write(now);
      return world.run(now, event);
    },
  };
}

async function foldedDaily(all: readonly Written[], foreign: number) {
  const { world, report } = await writeAll(all, foreign);
  await using _ = world;
  for (let day = FIRST_DAY; day <= LAST_DAY; day += 1) await report(day);
  return comparable((await storedIn(world.s3)).fleet, foreign);
}

async function foldedOnce(all: readonly Written[], foreign: number) {
  const { world, report } = await writeAll(all, foreign);
  await using _ = world;
  await report(LAST_DAY, { days: 60 });
  return comparable((await storedIn(world.s3)).fleet, foreign);
}

describe('daily reports', () => {
  test('give the state of one report of all days, also with wrong clocks and refused objects', async () => {
    await fc.assert(
      fc.asyncProperty(objects, fc.constantFrom(0, 40, 150), async (all, foreign) => {
        expect(await foldedDaily(all, foreign)).toStrictEqual(await foldedOnce(all, foreign));
      }),
      { numRuns: 8 },
    );
  }, 120_000);

  test('use a run of the future when its time has come', async () => {
    const tick = formatDay(FIRST_DAY);
    const ahead = `${formatDay(FIRST_DAY + 3)}T04:05:05.000Z`;
    const run = aRun(tick, { recordedAt: ahead });
    const { world, report } = await writeAll(
      [{ run, writtenAt: `${tick}T04:05:05.000Z`, refusedUntil: 0 }],
      0,
    );
    await using _ = world;
    for (const day of [0, 1, 2]) await report(FIRST_DAY + day);
    const early = await storedIn(world.s3);
    expect(early.pending).toStrictEqual([keyOf(run)]);
    expect(early.fleet.problems).toMatchObject([
      { object: keyOf(run), problem: expect.stringContaining('in the future') },
    ]);
    expect(early.fleet.databases['orders']?.lastRun).toBeNull();
    await report(FIRST_DAY + 3);
    const { fleet, pending } = await storedIn(world.s3);
    expect([fleet.problems, pending]).toStrictEqual([[], []]);
    expect(fleet.databases['orders']?.lastRun).toMatchObject({ at: ahead });
  });

  test('use a run that a wrong clock has put into the folder of a later day', async () => {
    const later = formatDay(FIRST_DAY + 2);
    const run = aRun(later, { recordedAt: `${formatDay(FIRST_DAY)}T04:05:05.000Z` });
    const { world, report } = await writeAll(
      [{ run, writtenAt: `${formatDay(FIRST_DAY)}T04:05:05.000Z`, refusedUntil: 0 }],
      0,
    );
    await using _ = world;
    for (const day of [0, 1, 2]) await report(FIRST_DAY + day);
    expect((await storedIn(world.s3)).fleet.databases['orders']?.lastRun).not.toBeNull();
  });

  test('read a refused object again, also behind a hundred other problems', async () => {
    const date = formatDay(FIRST_DAY);
    const run = aRun(date);
    const { world, report } = await writeAll(
      [{ run, writtenAt: run.recordedAt, refusedUntil: FIRST_DAY + 2 }],
      150,
    );
    await using _ = world;
    for (const day of [0, 1]) await report(FIRST_DAY + day);
    const before = world.s3.requests.length;
    await report(FIRST_DAY + 2);
    expect(readKeys(world.s3, before)).toContain(keyOf(run));
    const { fleet, pending } = await storedIn(world.s3);
    expect(fleet.databases['orders']?.lastRun).not.toBeNull();
    expect(pending).not.toContain(keyOf(run));
  });
});
