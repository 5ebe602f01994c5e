import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tickExpression } from '../../../infra/cron.ts';
import { enoughStacks, fullStacks, resourcesOf, stackOf } from '../../../infra/stacks/placement.ts';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import { aDatabase, checked, type Synthesis, synthesise } from '../../support/aws/synthesis.ts';

const aName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
const someNames = fc.uniqueArray(aName, { minLength: 1, maxLength: 60 });

describe('the stack of a database', () => {
  test('is one of the stacks of the environment, whatever its name', () => {
    fc.assert(
      fc.property(aName, fc.integer({ min: 1, max: 99 }), (name, stacks) => {
        const stack = stackOf(name, stacks);
        expect(stack).toBeGreaterThanOrEqual(1);
        expect(stack).toBeLessThanOrEqual(stacks);
      }),
    );
  });

  test('stays the same when stacks are added, or becomes one of the new stacks', () => {
    fc.assert(
      fc.property(
        aName,
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 9 }),
        (name, stacks, more) => {
          const before = stackOf(name, stacks);
          const after = stackOf(name, stacks + more);
          expect(after === before || after > stacks).toBe(true);
        },
      ),
    );
  });

  test('is chosen so that databases are spread evenly, and a new stack receives only its share', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `database-${index}`);
    const counts = Map.groupBy(names, (name) => stackOf(name, 20));
    expect(counts.size).toBe(20);
    for (const { length } of counts.values()) {
      expect(length).toBeGreaterThan(60);
      expect(length).toBeLessThan(145);
    }
    const moved = names.filter((name) => stackOf(name, 21) !== stackOf(name, 20));
    expect(moved.length).toBeGreaterThan(50);
    expect(moved.length).toBeLessThan(150);
  });

  // Another stack would delete and recreate the functions of the database.
  test('is the same as in the previous release', () => {
    expect(['metrics', 'orders', 'events', 'vendor'].map((name) => stackOf(name, 12))).toEqual([
      12, 2, 10, 9,
    ]);
  });
});

test('the suggested number of stacks is the smallest without a full stack', () => {
  const databases = Array.from({ length: 300 }, (_, index) => ({ name: `db-${index}` }));
  const enough = enoughStacks(databases, 1, 'database') ?? 0;
  expect(fullStacks(databases, enough, 'database')).toEqual([]);
  expect(fullStacks(databases, enough - 1, 'database')).not.toEqual([]);
});

describe('the templates', () => {
  const stacks = 3;

  function synthesiseDatabases(names: readonly string[]): Synthesis {
    return synthesise(checked({ stacks, databases: names.map((name) => aDatabase(name)) }));
  }

  /** Returns the resources of one database, by stack and logical id. */
  function resourcesNamed(
    { resources }: Synthesis,
    name: string,
  ): Readonly<Record<string, string>> {
    const own = resources().filter(([, resource]) => {
      const text = JSON.stringify(resource);
      return text.includes(`/Database-${name}/`);
    });
    return Object.fromEntries(own.map(([where, resource]) => [where, JSON.stringify(resource)]));
  }

  test('contain the same resources of a database when other databases are added or removed', () => {
    fc.assert(
      fc.property(someNames, someNames, (names, others) => {
        const [kept = ''] = names;
        const before = resourcesNamed(synthesiseDatabases(names), kept);
        const after = resourcesNamed(
          synthesiseDatabases([...new Set([...others, kept])].toSorted()),
          kept,
        );
        expect(Object.keys(before)).toHaveLength(8);
        expect(after).toEqual(before);
      }),
      { numRuns: 12 },
    );
  });

  test('keep databases apart whose names are similar, or equal to the names of constructs', () => {
    const names = [
      'Default',
      'Resource',
      'SchedulerRole',
      'Code0',
      'a.b',
      'a-b',
      'a_b',
      'A-B',
      'ab',
    ];
    const synthesis = synthesise(checked({ databases: names.map((name) => aDatabase(name)) }));
    const schedules = synthesis.resources('AWS::Scheduler::Schedule');
    expect(schedules.map(([, { Properties }]) => Properties['Name'])).toEqual([
      '_fleet-report',
      ...names,
    ]);
  });

  test.each(['database', 'environment'] as const)(
    'contain as many resources as the check for full stacks counts, with alarms: %s',
    (alarms) => {
      const databases = [
        aDatabase('plain'),
        aDatabase('with', { configure: { secret: 'test/with/administrator' } }),
      ];
      const { templates } = synthesise(checked({ databases, alarms }));
      const { Resources } = templates['timescaledb-telemetry-test-1'] ?? { Resources: {} };
      expect(Object.keys(Resources)).toHaveLength(resourcesOf(databases, alarms));
    },
  );
});

describe('the schedule of a database', () => {
  test.each(TICK_HOURS)(
    'fires every %i h, and early enough to end within its hour',
    (tickHours) => {
      fc.assert(
        fc.property(aName, (name) => {
          const expression = tickExpression({ environment: 'test', name, tickHours });
          const [, minute, hours] = /^cron\((\d+) ([\d,*]+) \* \* \? \*\)$/.exec(expression) ?? [];
          expect(Number(minute)).toBeLessThanOrEqual(40);
          const all =
            hours === '*'
              ? Array.from({ length: 24 }, (_, hour) => hour)
              : (hours ?? '').split(',').map(Number);
          expect(all).toHaveLength(24 / tickHours);
          for (const [index, hour] of all.entries()) {
            expect(hour).toBe((all[0] ?? 0) + index * tickHours);
            expect(hour).toBeLessThan(24);
          }
        }),
      );
    },
  );

  test('is spread over the day, so that few of 1,000 databases share a minute', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `database-${index}`);
    const at = names.map((name) => tickExpression({ environment: 'test', name, tickHours: 24 }));
    const crowd = [...Map.groupBy(at, (expression) => expression).values()];
    expect(Math.max(...crowd.map(({ length }) => length))).toBeLessThan(10);
    expect(crowd.length).toBeGreaterThan(500);
  });

  test('is the same as in the previous release', () => {
    expect(tickExpression({ environment: 'prod', name: 'metrics', tickHours: 6 })).toBe(
      'cron(21 1,7,13,19 * * ? *)',
    );
  });
});
