import { describe, expect, test } from 'vitest';
import { type Level, parseTarget } from '../../../lib/config/target.ts';
import type { LevelPlace } from '../../../lib/consent/level-place.ts';
import { type LevelAnswer, resolveLevel } from '../../../lib/consent/telemetry-level.ts';
import type { Facts, Holder, StoredLevel, StoredPlace } from '../../../lib/timescaledb/facts.ts';
import { aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';

const TARGET = parseTarget({ TARGET: '{"name":"orders","environment":"prod","secretId":"s"}' });
const LOOSEST = { ...TARGET, levelWhenUnset: 'basic' } as const;

function stored(place: StoredPlace, value: string, holder: Holder = 'everybody'): StoredLevel {
  return { place, holder, value };
}

/** Formats a place as one text: `role (job-owner)`. */
function nameOf({ where, holder }: LevelPlace): string {
  return holder === undefined ? where : `${where} (${holder})`;
}

/** Returns an answer with its places as texts. */
function told({ place, tightenedBy, ...rest }: LevelAnswer) {
  return {
    ...rest,
    where: nameOf(place),
    ...(tightenedBy && { tightenedBy: nameOf(tightenedBy) }),
  };
}

function resolve(level: Partial<Facts['level']>) {
  return told(resolveLevel(aServer({ level }), TARGET));
}

const NO_WARNINGS: readonly string[] = [];

describe("the source of the session's level", () => {
  test.each([
    ['default', 'level-default'],
    ['configuration file', 'level-set', 'configuration-file'],
    ['command line', 'level-set', 'command-line'],
    ['environment variable', 'level-set', 'environment-variable'],
    ['global', 'level-set', 'all-roles'],
    ['database', 'level-set'],
  ])('a level from the source %s grants', (source, rule, where = source) => {
    for (const session of ['basic', 'no_functions'] as const) {
      expect(resolve({ session, source })).toStrictEqual({
        level: session,
        where,
        rule,
        warnings: NO_WARNINGS,
      });
    }
    expect(resolve({ session: 'off', source })).toStrictEqual({
      level: 'off',
      where,
      rule: 'level-off',
      warnings: NO_WARNINGS,
    });
  });

  test.each([
    ['user', 'role (reporting-role)'],
    ['database user', 'role-in-database (reporting-role)'],
    ['client', 'startup-options'],
    ['override', 'session'],
    ['interactive', 'session'],
    ['a new source', 'session'],
  ])(
    'a level from the source %s does not grant, and hides the level of the database',
    (source, where) => {
      expect(resolve({ session: 'basic', source })).toStrictEqual({
        level: 'off',
        where,
        rule: 'level-hidden',
        warnings: NO_WARNINGS,
      });
    },
  );
});

describe('a level left in a pooled session', () => {
  test.each(['basic', 'no_functions', null])(
    'does not grant with the reset value %s, which may be that of a role',
    (reset) => {
      expect(resolve({ session: 'basic', reset, source: 'session' })).toMatchObject({
        level: 'off',
        rule: 'level-hidden',
        where: 'session',
      });
    },
  );

  test('only tightens the level of the database', () => {
    const everybody = stored('database', 'basic');
    const over = (session: string, reset: string) =>
      resolve({ session, reset, source: 'session', stored: [everybody] });
    expect(over('basic', 'basic')).toMatchObject({ level: 'basic', where: 'database' });
    expect(over('no_functions', 'basic')).toMatchObject({
      level: 'no_functions',
      where: 'database',
      tightenedBy: 'session',
    });
    expect(over('basic', 'off')).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'session-reset-value',
    });
    expect(over('basic', 'nonsense')).toMatchObject({ level: 'off', rule: 'level-off' });
  });
});

describe('the reporting role', () => {
  const own = stored('role', 'basic', 'reporting-role');

  test('cannot give consent for the database', () => {
    expect(resolve({ session: 'basic', source: 'user', stored: [own] })).toMatchObject({
      level: 'off',
      rule: 'level-hidden',
      where: 'role (reporting-role)',
    });
  });

  test.each(['database', 'all-roles'] as const)(
    'does not override the level set for the place "%s"',
    (place) => {
      expect(
        resolve({ session: 'basic', source: 'user', stored: [own, stored(place, 'no_functions')] }),
      ).toMatchObject({ level: 'no_functions', rule: 'level-set', where: place });
    },
  );

  test('cannot give consent with a level for one database', () => {
    const inDatabase = stored('role-in-database', 'basic', 'reporting-role');
    expect(
      resolve({ session: 'basic', source: 'database user', stored: [inDatabase] }),
    ).toMatchObject({
      level: 'off',
      rule: 'level-hidden',
      where: 'role-in-database (reporting-role)',
    });
  });

  test('off denies', () => {
    const no = stored('role', 'off', 'reporting-role');
    expect(
      resolve({ session: 'off', source: 'user', stored: [no, stored('database', 'basic')] }),
    ).toMatchObject({ level: 'off', rule: 'level-off', where: 'role (reporting-role)' });
  });
});

describe('a stricter level', () => {
  const TIGHTENING: readonly (readonly [string, (level: Level) => Partial<Facts['level']>])[] = [
    ['database', (level) => ({ stored: [stored('database', level)] })],
    ['all-roles', (level) => ({ stored: [stored('all-roles', level)] })],
    ['role (reporting-role)', (level) => ({ stored: [stored('role', level, 'reporting-role')] })],
    ['role (job-owner)', (level) => ({ stored: [stored('role', level, 'job-owner')] })],
    [
      'role-in-database (job-owner)',
      (level) => ({ stored: [stored('role-in-database', level, 'job-owner')] }),
    ],
    [
      'role (bootstrap-superuser)',
      (level) => ({ stored: [stored('role', level, 'bootstrap-superuser')] }),
    ],
    ['configuration-file', (level) => ({ configured: level })],
  ];

  test.each(TIGHTENING)('tightens when it is set at the place "%s"', (where, at) => {
    const loose = { session: 'basic', source: 'database' };
    expect(resolve({ ...loose, ...at('off') })).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where,
    });
    expect(resolve({ ...loose, ...at('no_functions') })).toMatchObject({
      level: 'no_functions',
      rule: 'level-set',
      where: 'database',
      tightenedBy: where,
    });
  });

  test.each(TIGHTENING)('is not loosened by a level at the place "%s"', (_where, at) => {
    const strict = { session: 'no_functions', source: 'database' };
    expect(resolve({ ...strict, ...at('basic') })).toMatchObject({
      level: 'no_functions',
      where: 'database',
    });
    expect(resolve({ ...strict, session: 'off', ...at('basic') })).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'database',
    });
  });

  test('decides when it is the strictest of several', () => {
    expect(
      resolve({
        session: 'basic',
        source: 'global',
        stored: [stored('all-roles', 'basic'), stored('role', 'off', 'bootstrap-superuser')],
        configured: 'no_functions',
      }),
    ).toMatchObject({ level: 'off', where: 'role (bootstrap-superuser)' });
  });

  test('of the database takes precedence over that of all roles', () => {
    expect(
      resolve({
        session: 'basic',
        source: 'client',
        stored: [stored('all-roles', 'basic'), stored('database', 'basic')],
      }).where,
    ).toBe('database');
  });

  test('off decides before the rule for a hidden level', () => {
    const boss = stored('role', 'off', 'job-owner');
    expect(resolve({ session: 'basic', source: 'user', stored: [boss] })).toMatchObject({
      rule: 'level-off',
      where: 'role (job-owner)',
    });
  });
});

describe('the text of a level', () => {
  test.each([
    ['BASIC', 'basic'],
    ['No_Functions', 'no_functions'],
    [' basic ', 'basic'],
    ['OFF', 'off'],
  ])('%j is read as %s', (session, level) => {
    expect(resolve({ session })).toMatchObject({ level, warnings: [] });
    const answer = resolve({ session: 'basic', stored: [stored('database', session)] });
    expect(answer).toMatchObject({ level, warnings: [] });
  });

  test.each(['on', 'true', 'no-functions', 'c4n4ry', '', 'basic;'])(
    '%j is invalid and treated as off, with a warning that does not quote it',
    (text) => {
      expect(resolve({ session: text, source: 'database' })).toStrictEqual({
        level: 'off',
        where: 'database',
        rule: 'level-off',
        isInvalid: true,
        warnings: ['The level set for this database is invalid and is treated as off.'],
      });
    },
  );

  test('that is invalid gives one warning for each place, and the first place decides', () => {
    expect(
      resolve({
        stored: [stored('all-roles', 'nonsense'), stored('role', 'on', 'job-owner')],
        configured: 'yes',
      }),
    ).toStrictEqual({
      level: 'off',
      where: 'all-roles',
      rule: 'level-off',
      isInvalid: true,
      warnings: [
        'The level set for all roles is invalid and is treated as off.',
        "The level set for the job's owner is invalid and is treated as off.",
        "The level set in the server's configuration file is invalid and is treated as off.",
      ],
    });
  });

  test('that is invalid for the database denies also when the session has its own level', () => {
    const nonsense = stored('database', 'nonsense');
    expect(resolve({ session: 'basic', source: 'client', stored: [nonsense] })).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'database',
    });
  });
});

describe('an unset session level', () => {
  const unset = { session: null, source: null, reset: null };

  test('leaves the decision to the level stored for the database on a server built without telemetry', () => {
    const facts = aServerBuiltWithout({ level: { stored: [stored('database', 'no_functions')] } });
    for (const target of [TARGET, LOOSEST]) {
      expect(told(resolveLevel(facts, target))).toMatchObject({
        level: 'no_functions',
        rule: 'level-set',
        where: 'database',
      });
    }
  });

  test('is unreadable on a server built with telemetry', () => {
    expect(told(resolveLevel(aServer({ level: unset }), LOOSEST))).toStrictEqual({
      level: 'off',
      where: 'not-readable',
      rule: 'level-unreadable',
      warnings: [],
    });
  });

  test.each(['off', 'no_functions', 'basic'] as const)(
    'is replaced by levelWhenUnset %s on a server built without telemetry',
    (levelWhenUnset) => {
      expect(
        told(resolveLevel(aServerBuiltWithout(), { ...TARGET, levelWhenUnset })),
      ).toStrictEqual({
        level: levelWhenUnset,
        where: 'level-when-unset',
        rule: 'level-when-unset',
        warnings: [],
      });
    },
  );

  test('does not hide a stored level, which tightens levelWhenUnset', () => {
    const facts = aServerBuiltWithout({ level: { stored: [stored('database', 'off')] } });
    expect(told(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'database',
    });
  });
});

describe('a level that no loaded library defines', () => {
  const placeholder = { session: 'basic', source: null, reset: null };

  test('is unreadable on a server built with telemetry', () => {
    expect(told(resolveLevel(aServer({ level: placeholder }), LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-unreadable',
    });
  });

  test('grants when it is stored for the database', () => {
    const level = { ...placeholder, stored: [stored('database', 'basic')] };
    for (const facts of [aServer({ level }), aServerBuiltWithout({ level })]) {
      expect(told(resolveLevel(facts, TARGET))).toMatchObject({
        level: 'basic',
        rule: 'level-set',
        where: 'database',
      });
    }
  });

  test('only tightens levelWhenUnset on a server built without telemetry', () => {
    const facts = aServerBuiltWithout({ level: placeholder });
    expect(told(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'basic',
      rule: 'level-when-unset',
    });
    expect(told(resolveLevel(facts, { ...TARGET, levelWhenUnset: 'no_functions' }))).toMatchObject({
      level: 'no_functions',
      rule: 'level-when-unset',
    });
    expect(told(resolveLevel(facts, TARGET))).toMatchObject({ level: 'off', rule: 'level-hidden' });
  });

  test('off denies', () => {
    const facts = aServerBuiltWithout({ level: { ...placeholder, session: 'off' } });
    expect(told(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'unknown',
    });
  });
});

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

  /** Every combination, on a server of each kind. */
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

  /** Whether any of the levels applies to everybody. */
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

  test('grants only by a level that applies to everybody, or by the target of a server built without telemetry', () => {
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
