import { describe, expect, test } from 'vitest';
import { resolveLevel } from '../../../lib/consent/telemetry-level.ts';
import { aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { asTexts, LOOSEST, stored, TARGET } from './resolved-level.ts';

describe('an unset session level', () => {
  const unset = { session: null, source: null, reset: null };

  test('leaves the decision to the level stored for the database on a server built without telemetry', () => {
    const facts = aServerBuiltWithout({ level: { stored: [stored('database', 'no_functions')] } });
    for (const target of [TARGET, LOOSEST]) {
      expect(asTexts(resolveLevel(facts, target))).toMatchObject({
        level: 'no_functions',
        rule: 'level-set',
        where: 'database',
      });
    }
  });

  test('is unreadable on a server built with telemetry', () => {
    expect(asTexts(resolveLevel(aServer({ level: unset }), LOOSEST))).toStrictEqual({
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
        asTexts(resolveLevel(aServerBuiltWithout(), { ...TARGET, levelWhenUnset })),
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
    expect(asTexts(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'database',
    });
  });
});

describe('a level that no loaded library defines', () => {
  const placeholder = { session: 'basic', source: null, reset: null };

  test('is unreadable on a server built with telemetry', () => {
    expect(asTexts(resolveLevel(aServer({ level: placeholder }), LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-unreadable',
    });
  });

  test('grants when it is stored for the database', () => {
    const level = { ...placeholder, stored: [stored('database', 'basic')] };
    for (const facts of [aServer({ level }), aServerBuiltWithout({ level })]) {
      expect(asTexts(resolveLevel(facts, TARGET))).toMatchObject({
        level: 'basic',
        rule: 'level-set',
        where: 'database',
      });
    }
  });

  test('only tightens levelWhenUnset on a server built without telemetry', () => {
    const facts = aServerBuiltWithout({ level: placeholder });
    expect(asTexts(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'basic',
      rule: 'level-when-unset',
    });
    expect(
      asTexts(resolveLevel(facts, { ...TARGET, levelWhenUnset: 'no_functions' })),
    ).toMatchObject({
      level: 'no_functions',
      rule: 'level-when-unset',
    });
    expect(asTexts(resolveLevel(facts, TARGET))).toMatchObject({
      level: 'off',
      rule: 'level-hidden',
    });
  });

  test('off denies', () => {
    const facts = aServerBuiltWithout({ level: { ...placeholder, session: 'off' } });
    expect(asTexts(resolveLevel(facts, LOOSEST))).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'unknown',
    });
  });
});
