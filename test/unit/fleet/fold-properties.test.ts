import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FleetContext, FleetState, Problem } from '../../../lib/fleet/fleet-state.ts';
import { fold, startFold } from '../../../lib/fleet/fold.ts';
import { dayOf, formatDay, OPEN_DAYS } from '../../../lib/fleet/history.ts';
import type { RecordedRun } from '../../../lib/record/recorded-run.ts';
import { aFailedRun, aRun, aWithheldRun, CONTEXT, endOf, UP_TO_DATE } from './runs.ts';

const FIRST_DAY = dayOf('2026-11-01T00:00:00Z');
const DAYS = 5;
const LAST_DATE = formatDay(FIRST_DAY + DAYS - 1);

const changes = fc.record({
  date: fc.integer({ min: 0, max: DAYS - 1 }).map((day) => formatDay(FIRST_DAY + day)),
  hour: fc.constantFrom('04', '23'),
  database: fc.constantFrom('orders', 'metrics', 'removed', 'constructor'),
  environment: fc.constantFrom('prod', 'prod', 'prod', 'test'),
  attempt: fc.constantFrom(0, 0, 1),
  isByHand: fc.boolean(),
  /** Time from the tick to the record: retries of a weekly job can take days. */
  delayMs: fc.constantFrom(5_000, 5_000, 3_600_000, (OPEN_DAYS - 1) * 86_400_000),
  kind: fc.constantFrom('sent', 'failed', 'withheld'),
  installed: fc.constantFrom('2.28.3', '2.31.2', 'unknown build'),
  verdicts: fc.constantFrom(['up-to-date'], ['upgrade-package'], ['jobs-broken'], ['unknown']),
  advisories: fc.constantFrom([], ['GHSA-hcfx-29v5-2rcw']),
  failing: fc.constantFrom(0, 3),
  uuid: fc.constantFrom('one', 'two'),
  volume: fc.option(fc.nat(), { nil: undefined }),
});

const runs: fc.Arbitrary<RecordedRun> = changes.map(
  ({
    date,
    hour,
    isByHand,
    delayMs,
    kind,
    installed,
    verdicts,
    advisories,
    failing,
    volume,
    ...line
  }) => {
    const scheduledTime = `${date}T${hour}:05:00Z`;
    const common = {
      ...line,
      scheduledTime,
      recordedAt: new Date(Date.parse(scheduledTime) + delayMs).toISOString(),
      jobs: { scheduled: 14, failing, oldestFailure: null },
      version: { ...UP_TO_DATE, installed, verdicts, advisories },
      ...(volume !== undefined && { content: { data_volume: volume, relations: {} } }),
    };
    const make = { sent: aRun, failed: aFailedRun, withheld: aWithheldRun }[kind];
    const run = make(date, common);
    if (!isByHand) return run;
    const { scheduledTime: _scheduledTime, attempt: _attempt, ...byHand } = run.line;
    return { ...run, line: byHand };
  },
);

const damaged: fc.Arbitrary<Problem> = fc.record({
  object: fc.constantFrom('runs/a.json.gz', 'runs/b.json.gz'),
  date: fc.integer({ min: 0, max: DAYS - 1 }).map((day) => formatDay(FIRST_DAY + day)),
  problem: fc.constant('The object is not JSON.'),
});

const objects = fc.array(fc.oneof({ weight: 8, arbitrary: runs }, damaged), { maxLength: 80 });

const DAYS_AFTER = OPEN_DAYS + 2;
const MORNING = 'T06:00:00.000Z';

/** Whether a fold in the morning of a day lists an object: the folders of the day and of the open days before it. */
function isListed(object: RecordedRun | Problem, day: number): boolean {
  const date = 'problem' in object ? object.date : (object.line.scheduledTime ?? object.recordedAt);
  const age = day - dayOf(date);
  const isWritten = 'problem' in object || object.recordedAt <= formatDay(day) + MORNING;
  return isWritten && age >= 0 && age <= OPEN_DAYS;
}

/** Folds every morning. */
function foldDaily(all: readonly (RecordedRun | Problem)[]): FleetState {
  let state: FleetState | undefined;
  for (let day = FIRST_DAY; day < FIRST_DAY + DAYS + DAYS_AFTER; day += 1) {
    const listed = all.filter((object) => isListed(object, day));
    state = fold(state, listed, { ...CONTEXT, now: formatDay(day) + MORNING });
  }
  return state ?? fold(undefined, [], CONTEXT);
}

const END = formatDay(FIRST_DAY + DAYS + DAYS_AFTER - 1) + MORNING;

/** A database without a run is expected from the first fold on, so the time depends on the folds. */
function withoutAwaited(state: FleetState): unknown {
  const databases = Object.values(state.databases).map((database) => {
    const { lastRun, awaitedSince, conditions, severity, action, since, ...rest } = database;
    return lastRun === null ? rest : database;
  });
  return { ...state, counts: {}, databases };
}

describe('a fold', () => {
  test('of one more day gives the same state as a fold of all days', () => {
    fc.assert(
      fc.property(objects, (all) => {
        const full = fold(undefined, all, { ...CONTEXT, now: END });
        expect(withoutAwaited(foldDaily(all))).toEqual(withoutAwaited(full));
      }),
      { numRuns: 150 },
    );
  });

  test('of a record that is read day by day, in any order, gives the same state when it closes the days', () => {
    const many = fc.array(runs, { minLength: 100, maxLength: 150 });
    const days = Array.from(
      { length: dayOf(END) - FIRST_DAY + 1 },
      (_, index) => FIRST_DAY + index,
    );
    const anyOrder = fc.shuffledSubarray(days, { minLength: days.length });
    fc.assert(
      fc.property(many, anyOrder, (all, order) => {
        const context = { ...CONTEXT, now: END };
        const folding = startFold(undefined, context);
        const byDate = Map.groupBy(all, ({ line, recordedAt }) =>
          (line.scheduledTime ?? recordedAt).slice(0, 10),
        );
        for (const day of order) {
          for (const run of byDate.get(formatDay(day)) ?? []) folding.add(run);
          folding.close(formatDay(day));
        }
        expect(folding.finish()).toEqual(fold(undefined, all, context));
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  test('does not depend on the order of the objects', () => {
    const shuffled = objects.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        const context = endOf(LAST_DATE);
        expect(fold(undefined, other, context)).toEqual(fold(undefined, all, context));
      }),
      { numRuns: 150 },
    );
  });

  test('of the same objects again changes nothing, also after the state was stored', () => {
    fc.assert(
      fc.property(objects, (all) => {
        const context: FleetContext = endOf(LAST_DATE);
        const once = fold(undefined, all, context);
        const stored: FleetState = JSON.parse(JSON.stringify(once));
        expect(stored).toEqual(once);
        expect(fold(stored, all, context)).toEqual(once);
        expect(fold(once, [...all, ...all], context)).toEqual(once);
      }),
      { numRuns: 150 },
    );
  });

  test('does not change the earlier state', () => {
    fc.assert(
      fc.property(objects, objects, (first, second) => {
        const before = fold(undefined, first, endOf(LAST_DATE));
        const text = JSON.stringify(before);
        fold(before, second, endOf(LAST_DATE));
        expect(JSON.stringify(before)).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});
