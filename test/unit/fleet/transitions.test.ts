import { describe, expect, test } from 'vitest';
import type { Mute } from '../../../lib/fleet/database-state.ts';
import type { FleetState } from '../../../lib/fleet/fleet-state.ts';
import { fold } from '../../../lib/fleet/fold.ts';
import { transitions } from '../../../lib/fleet/transitions.ts';
import type { RecordedRun } from '../../../lib/record/recorded-run.ts';
import { aRun, aWithheldRun, endOf, UP_TO_DATE } from './runs.ts';

const databases = [{ name: 'orders', tickHours: 24 }];

/** Folds the state of the evening of a day. */
function on(
  date: string,
  runs: readonly RecordedRun[],
  before?: FleetState,
  mutes: readonly Mute[] = [],
): FleetState {
  return fold(before, runs, endOf(date, { databases, mutes }));
}

const HEALTHY = on('2026-11-24', [aRun('2026-11-24')]);

const VULNERABLE = {
  version: {
    ...UP_TO_DATE,
    installed: '2.28.3',
    verdicts: ['upgrade-package'],
    advisories: ['GHSA-1'],
    fix: '2.29.2',
  },
};
const BROKEN = { version: { ...UP_TO_DATE, verdicts: ['jobs-broken'] } };

function changes(before: FleetState | undefined, after: FleetState): readonly string[] {
  return transitions(before, after).map(({ condition, change }) => `${condition} ${change}`);
}

describe('a transition', () => {
  test.each([
    ['vulnerable', [aRun('2026-11-25', VULNERABLE)]],
    ['broken', [aRun('2026-11-25', BROKEN)]],
    ['withheld', [aWithheldRun('2026-11-25')]],
  ])(
    'is notified once when a database becomes %s, and once when it recovers',
    (condition, runs) => {
      const begun = on('2026-11-25', runs, HEALTHY);
      const same = on('2026-11-25', runs, begun);
      const ended = on('2026-11-26', [aRun('2026-11-26')], same);
      expect([changes(HEALTHY, begun), changes(begun, same), changes(same, ended)]).toEqual([
        [`${condition} began`],
        [],
        [`${condition} ended`],
      ]);
    },
  );

  test('is notified once when a database falls silent, and once when it runs again', () => {
    const waiting = on('2026-11-25', [], HEALTHY);
    const silent = on('2026-11-26', [], waiting);
    const still = on('2026-11-27', [], silent);
    const again = on('2026-11-28', [aRun('2026-11-28')], still);
    const states = [HEALTHY, waiting, silent, still, again];
    expect(states.slice(1).map((after, index) => changes(states[index], after))).toEqual([
      [],
      ['silent began'],
      [],
      ['silent ended'],
    ]);
  });

  test('names the database, what has changed and what to do', () => {
    const begun = on('2026-11-25', [aRun('2026-11-25', VULNERABLE)], HEALTHY);
    expect(transitions(HEALTHY, begun)).toEqual([
      {
        database: 'orders',
        condition: 'vulnerable',
        change: 'began',
        sentence:
          'orders: TimescaleDB 2.28.3 is affected by GHSA-1. Install TimescaleDB 2.29.2, then run ALTER EXTENSION timescaledb UPDATE in each database of the server.',
      },
    ]);
  });

  test('is notified again for another advisory', () => {
    const { version } = VULNERABLE;
    const one = on('2026-11-25', [aRun('2026-11-25', VULNERABLE)], HEALTHY);
    const advisories = ['GHSA-1', 'GHSA-2'];
    const two = on(
      '2026-11-26',
      [aRun('2026-11-26', { version: { ...version, advisories } })],
      one,
    );
    expect(changes(one, two)).toEqual(['vulnerable began']);
    const fewer = on('2026-11-27', [aRun('2026-11-27', VULNERABLE)], two);
    expect(changes(two, fewer)).toEqual([]);
  });

  test('has begun for every condition that holds in the first state', () => {
    expect(changes(undefined, on('2026-11-25', [aRun('2026-11-25', BROKEN)]))).toEqual([
      'broken began',
    ]);
  });

  test('does not follow the removal of a database', () => {
    const broken = on('2026-11-25', [aRun('2026-11-25', BROKEN)], HEALTHY);
    expect(changes(broken, fold(broken, [], endOf('2026-11-26', { databases: [] })))).toEqual([]);
  });
});

describe('a mute', () => {
  const runs = [aRun('2026-11-25', VULNERABLE)];

  test.each<[string, Mute]>([
    ['of the database', { database: 'orders', reason: 'is replaced' }],
    ['of all databases', { reason: 'maintenance' }],
    ['of the advisory', { advisory: 'GHSA-1', reason: 'not reachable' }],
    ['of the advisory in the database', { database: 'orders', advisory: 'GHSA-1', reason: 'x' }],
    ['until today', { database: 'orders', until: '2026-11-25', reason: 'x' }],
  ])('%s suppresses the transition, and the row has the reason', (_, mute) => {
    const muted = on('2026-11-25', runs, HEALTHY, [mute]);
    expect(changes(HEALTHY, muted)).toEqual([]);
    expect(muted.databases['orders']).toMatchObject({
      conditions: ['vulnerable', 'behind'],
      mutes: [mute],
    });
  });

  test.each<[string, Mute]>([
    ['of another database', { database: 'metrics', reason: 'x' }],
    ['of another advisory', { advisory: 'GHSA-2', reason: 'x' }],
    ['until yesterday', { until: '2026-11-24', reason: 'x' }],
  ])('%s suppresses nothing', (_, mute) => {
    expect(changes(HEALTHY, on('2026-11-25', runs, HEALTHY, [mute]))).toEqual(['vulnerable began']);
  });

  test('of an advisory does not hide broken jobs', () => {
    const version = { ...VULNERABLE.version, verdicts: ['jobs-broken'] };
    const mutes = [{ advisory: 'GHSA-1', reason: 'x' }];
    const after = on('2026-11-25', [aRun('2026-11-25', { version })], HEALTHY, mutes);
    expect(changes(HEALTHY, after)).toEqual(['broken began']);
  });

  test('that begins is no recovery, and when it ends the condition is notified', () => {
    const begun = on('2026-11-25', runs, HEALTHY);
    const mutes = [{ database: 'orders', until: '2026-11-26', reason: 'x' }];
    const muted = on('2026-11-26', [aRun('2026-11-26', VULNERABLE)], begun, mutes);
    const over = on('2026-11-27', [aRun('2026-11-27', VULNERABLE)], muted, mutes);
    expect([changes(begun, muted), changes(muted, over)]).toEqual([[], ['vulnerable began']]);
  });
});
