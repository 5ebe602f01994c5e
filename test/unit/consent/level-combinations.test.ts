import { describe, expect, test } from 'vitest';
import { resolveLevel } from '../../../lib/consent/telemetry-level.ts';
import type { Facts, StoredLevel } from '../../../lib/timescaledb/facts.ts';
import { aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { LOOSEST, stored, TARGET } from './resolved-level.ts';

describe('every combination of places and levels', () => {
  const SOURCES = [
    'default',
    'configuration file',
    'global',
    'database',
    'user',
    'database user',
    'client',
    'session',
    null,
  ];
  const TEXTS = [null, 'off', 'no_functions', 'basic', 'nonsense'];
  const STORED: readonly StoredLevel[][] = [
    [],
    ...(['off', 'no_functions', 'basic'] as const).flatMap((level) => [
      [stored('database', level)],
      [stored('all-roles', level)],
      [stored('role', level, 'reporting-role')],
      [stored('role', level, 'job-owner'), stored('database', 'basic')],
    ]),
  ];

  /** Every combination, on each kind of server. */
  const COMBINATIONS = SOURCES.flatMap((source) =>
    TEXTS.flatMap((session) =>
      TEXTS.flatMap((reset) =>
        TEXTS.flatMap((configured) =>
          STORED.map((own) => ({ source, session, reset, configured, stored: own })),
        ),
      ),
    ),
  ).flatMap((level) =>
    [false, true].flatMap((standby) => [
      aServer({ standby, level }),
      aServerBuiltWithout({ standby, level }),
    ]),
  );

  const rankOf = (text: string): number =>
    Math.max(0, ['off', 'no_functions', 'basic'].indexOf(text));

  function visibleIn({ level: { session, reset, configured, stored: own } }: Facts): string[] {
    return [session, reset, configured, ...own.map(({ value }) => value)].filter(
      (text) => text !== null,
    );
  }

  /** Whether any of the levels applies to all roles. */
  function speaksForDatabase({ standby, level: { session, source, stored: own } }: Facts): boolean {
    const sources = ['global', 'database', ...(standby ? [] : ['default', 'configuration file'])];
    const isSeen = session !== null && source !== null && sources.includes(source);
    return isSeen || own.some(({ holder }) => holder === 'everybody');
  }

  test('gives an answer that is not looser than any visible level', () => {
    expect(COMBINATIONS).toHaveLength(9 * 5 * 5 * 5 * 13 * 2 * 2);
    const looser = COMBINATIONS.filter((facts) => {
      const { level } = resolveLevel(facts, LOOSEST);
      return visibleIn(facts).some((text) => rankOf(text) < rankOf(level));
    });
    expect(looser).toEqual([]);
  });

  test('grants only by a level that applies to all roles, or by the target of a server built without telemetry', () => {
    const granted = COMBINATIONS.filter(
      (facts) => !speaksForDatabase(facts) && resolveLevel(facts, LOOSEST).level !== 'off',
    );
    expect(granted.length).toBeGreaterThan(0);
    const wrong = granted.filter(
      (facts) =>
        facts.builtWithTelemetry || resolveLevel(facts, LOOSEST).rule !== 'level-when-unset',
    );
    expect(wrong).toEqual([]);
    expect(granted.filter((facts) => resolveLevel(facts, TARGET).level !== 'off')).toEqual([]);
  });

  test.each(['session', 'reset', 'configured'] as const)(
    'is denied when the value "%s" is off',
    (key) => {
      const undecided = COMBINATIONS.filter(({ level }) => level[key] === 'off').filter(
        (facts) => resolveLevel(facts, LOOSEST).rule !== 'level-off',
      );
      expect(undecided).toEqual([]);
    },
  );
});
