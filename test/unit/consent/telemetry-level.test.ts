import { describe, expect, test } from 'vitest';
import type { Level } from '../../../lib/config/target.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import { resolve, stored } from './resolved-level.ts';

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
