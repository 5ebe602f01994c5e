import { describe, expect, test } from 'vitest';
import { type Level, parseTarget } from '../../../lib/config/target.ts';
import { type LevelAnswer, nameOf, resolveLevel } from '../../../lib/consent/telemetry-level.ts';
import type { Facts, Holder, StoredLevel, StoredPlace } from '../../../lib/timescaledb/facts.ts';
import { aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';

const TARGET = parseTarget({ TARGET: '{"name":"orders","environment":"prod","secretId":"s"}' });
const LOOSEST = { ...TARGET, levelWhenUnset: 'basic' } as const;

function stored(place: StoredPlace, value: string, holder: Holder = 'everybody'): StoredLevel {
  return { place, holder, value };
}

/** An answer with its places by name. */
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

describe('where the session has its level from', () => {
  test.each([
    ['default', 'level-default'],
    ['configuration file', 'level-set'],
    ['command line', 'level-set'],
    ['environment variable', 'level-set'],
    ['global', 'level-set', 'all roles'],
    ['database', 'level-set'],
  ])('%s speaks for the database', (source, rule, where = source) => {
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
    ['user', 'role (reporting role)'],
    ['database user', 'role in database (reporting role)'],
    ['client', 'start-up options'],
    ['override', 'session'],
    ['interactive', 'session'],
    ['a new source', 'session'],
  ])('%s does not, and hides the level of the database', (source, where) => {
    expect(resolve({ session: 'basic', source })).toStrictEqual({
      level: 'off',
      where,
      rule: 'level-hidden',
      warnings: NO_WARNINGS,
    });
  });
});

describe('a value that a pooled session has left over', () => {
  test.each(['basic', 'no_functions', null])(
    'cannot consent, whatever it would fall back to (%s): a role may be behind that, too',
    (reset) => {
      expect(resolve({ session: 'basic', reset, source: 'session' })).toMatchObject({
        level: 'off',
        rule: 'level-hidden',
        where: 'session',
      });
    },
  );

  test('gives way to what is set for the database, and can only tighten that', () => {
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
      where: 'fall-back of the session',
    });
    expect(over('basic', 'nonsense')).toMatchObject({ level: 'off', rule: 'level-off' });
  });
});

describe('the reporting role', () => {
  const own = stored('role', 'basic', 'reporting role');

  test('cannot consent for the database', () => {
    expect(resolve({ session: 'basic', source: 'user', stored: [own] })).toMatchObject({
      level: 'off',
      rule: 'level-hidden',
      where: 'role (reporting role)',
    });
  });

  test.each(['database', 'all roles'] as const)('gives way to what is set for the %s', (place) => {
    expect(
      resolve({ session: 'basic', source: 'user', stored: [own, stored(place, 'no_functions')] }),
    ).toMatchObject({ level: 'no_functions', rule: 'level-set', where: place });
  });

  test('does not count as everybody in a database', () => {
    const inDatabase = stored('role in database', 'basic', 'reporting role');
    expect(
      resolve({ session: 'basic', source: 'database user', stored: [inDatabase] }),
    ).toMatchObject({
      level: 'off',
      rule: 'level-hidden',
      where: 'role in database (reporting role)',
    });
  });

  test('can say no', () => {
    const no = stored('role', 'off', 'reporting role');
    expect(
      resolve({ session: 'off', source: 'user', stored: [no, stored('database', 'basic')] }),
    ).toMatchObject({ level: 'off', rule: 'level-off', where: 'role (reporting role)' });
  });
});

describe('a stricter level tightens, wherever it is', () => {
  const TIGHTENING: readonly (readonly [string, (level: Level) => Partial<Facts['level']>])[] = [
    ['database', (level) => ({ stored: [stored('database', level)] })],
    ['all roles', (level) => ({ stored: [stored('all roles', level)] })],
    ['role (reporting role)', (level) => ({ stored: [stored('role', level, 'reporting role')] })],
    ['role (job owner)', (level) => ({ stored: [stored('role', level, 'job owner')] })],
    [
      'role in database (job owner)',
      (level) => ({ stored: [stored('role in database', level, 'job owner')] }),
    ],
    [
      'role (bootstrap superuser)',
      (level) => ({ stored: [stored('role', level, 'bootstrap superuser')] }),
    ],
    ['configuration file', (level) => ({ configured: level })],
  ];

  test.each(TIGHTENING)('%s', (where, at) => {
    const loose = { session: 'basic', source: 'database' };
    expect(resolve({ ...loose, ...at('off') })).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where,
    });
    // It did not grant, so it is not named as what did.
    expect(resolve({ ...loose, ...at('no_functions') })).toMatchObject({
      level: 'no_functions',
      rule: 'level-set',
      where: 'database',
      tightenedBy: where,
    });
  });

  test.each(TIGHTENING)('%s cannot loosen', (_where, at) => {
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

  test('the strictest of several decides', () => {
    expect(
      resolve({
        session: 'basic',
        source: 'global',
        stored: [stored('all roles', 'basic'), stored('role', 'off', 'bootstrap superuser')],
        configured: 'no_functions',
      }),
    ).toMatchObject({ level: 'off', where: 'role (bootstrap superuser)' });
  });

  test('what is set for the database is looked at before what is set for all roles', () => {
    expect(
      resolve({
        session: 'basic',
        source: 'client',
        stored: [stored('all roles', 'basic'), stored('database', 'basic')],
      }).where,
    ).toBe('database');
  });

  test('an off that somebody has set explains more than a level that is hidden', () => {
    const boss = stored('role', 'off', 'job owner');
    expect(resolve({ session: 'basic', source: 'user', stored: [boss] })).toMatchObject({
      rule: 'level-off',
      where: 'role (job owner)',
    });
  });
});

describe('the text of a level', () => {
  test.each([
    ['BASIC', 'basic'],
    ['No_Functions', 'no_functions'],
    [' basic ', 'basic'],
    ['OFF', 'off'],
  ])('%j is %s', (session, level) => {
    expect(resolve({ session })).toMatchObject({ level, warnings: [] });
    const answer = resolve({ session: 'basic', stored: [stored('database', session)] });
    expect(answer).toMatchObject({ level, warnings: [] });
  });

  test.each(['on', 'true', 'no-functions', 'c4n4ry', '', 'basic;'])(
    '%j is none: it counts as off, with a warning that does not quote it',
    (text) => {
      expect(resolve({ session: text, source: 'database' })).toStrictEqual({
        level: 'off',
        where: 'database',
        rule: 'level-off',
        isInvalid: true,
        warnings: ['A text that is no level counts as off (database).'],
      });
    },
  );

  test('each place with such a text has its warning, and the first of them decides', () => {
    expect(
      resolve({
        stored: [stored('all roles', 'nonsense'), stored('role', 'on', 'job owner')],
        configured: 'yes',
      }),
    ).toStrictEqual({
      level: 'off',
      where: 'all roles',
      rule: 'level-off',
      isInvalid: true,
      warnings: [
        'A text that is no level counts as off (all roles).',
        'A text that is no level counts as off (role (job owner)).',
        'A text that is no level counts as off (configuration file).',
      ],
    });
  });

  test('such a text for everybody does not consent behind a hidden level either', () => {
    const nonsense = stored('database', 'nonsense');
    expect(resolve({ session: 'basic', source: 'client', stored: [nonsense] })).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'database',
    });
  });
});

describe('no level at all', () => {
  const unset = { session: null, source: null, reset: null };

  test('but one that is stored for the database, on a server built without telemetry: it decides', () => {
    const facts = aServerBuiltWithout({ level: { stored: [stored('database', 'no_functions')] } });
    for (const target of [TARGET, LOOSEST]) {
      expect(told(resolveLevel(facts, target))).toMatchObject({
        level: 'no_functions',
        rule: 'level-set',
        where: 'database',
      });
    }
  });

  test('on a server built with telemetry means that the library is not loaded', () => {
    expect(told(resolveLevel(aServer({ level: unset }), LOOSEST))).toStrictEqual({
      level: 'off',
      where: 'not readable',
      rule: 'level-unreadable',
      warnings: [],
    });
  });

  test.each(['off', 'no_functions', 'basic'] as const)(
    "on a server built without telemetry is the target's levelWhenUnset: %s",
    (levelWhenUnset) => {
      expect(
        told(resolveLevel(aServerBuiltWithout(), { ...TARGET, levelWhenUnset })),
      ).toStrictEqual({
        level: levelWhenUnset,
        where: 'levelWhenUnset',
        rule: 'level-when-unset',
        warnings: [],
      });
    },
  );

  test("what is stored, though no session has it yet, tightens the target's choice", () => {
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

  test('consents where it is set for the database', () => {
    const level = { ...placeholder, stored: [stored('database', 'basic')] };
    for (const facts of [aServer({ level }), aServerBuiltWithout({ level })]) {
      expect(told(resolveLevel(facts, TARGET))).toMatchObject({
        level: 'basic',
        rule: 'level-set',
        where: 'database',
      });
    }
  });

  test("on a server built without telemetry is no more than the target's choice", () => {
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

  test('can say no', () => {
    const facts = aServerBuiltWithout({ level: { ...placeholder, session: 'off' } });
    expect(told(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'unknown place',
    });
  });
});

describe('whatever is set where', () => {
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
      [stored('all roles', level)],
      [stored('role', level, 'reporting role')],
      [stored('role', level, 'job owner'), stored('database', 'basic')],
    ]),
  ];

  /** Every combination of them, on a server of each kind. */
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

  /** Whether anything there may speak for the database. */
  function speaksForDatabase({ standby, level: { session, source, stored: own } }: Facts): boolean {
    const sources = ['global', 'database', ...(standby ? [] : ['default', 'configuration file'])];
    const isSeen = session !== null && source !== null && sources.includes(source);
    return isSeen || own.some(({ holder }) => holder === 'everybody');
  }

  test('the answer is never looser than anything that is visible', () => {
    expect(COMBINATIONS).toHaveLength(9 * 5 * 5 * 5 * 13 * 2 * 2);
    const looser = COMBINATIONS.filter((facts) => {
      const { level } = resolveLevel(facts, LOOSEST);
      return visibleIn(facts).some((text) => rankOf(text) < rankOf(level));
    });
    expect(looser).toEqual([]);
  });

  test('only what speaks for the database grants, or the target of a server built without telemetry', () => {
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
    'an off that is visible as %s decides',
    (key) => {
      const undecided = COMBINATIONS.filter(({ level }) => level[key] === 'off').filter(
        (facts) => resolveLevel(facts, LOOSEST).rule !== 'level-off',
      );
      expect(undecided).toEqual([]);
    },
  );
});
