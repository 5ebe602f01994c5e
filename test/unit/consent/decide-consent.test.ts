import { describe, expect, test } from 'vitest';
import {
  DO_NOT_TRACK_DENIAL,
  decideConsent,
  isDoNotTrackSet,
} from '../../../lib/consent/decide-consent.ts';
import { aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { BASIC_WHEN_UNSET, TARGET } from './consent-target.ts';

describe('DO_NOT_TRACK', () => {
  test.each([undefined, '', '  ', '0', 'false', 'FALSE', ' 0 '])('is not set by %j', (it) => {
    expect(isDoNotTrackSet(it)).toBe(false);
  });

  test.each(['1', 'true', 'TRUE', 'yes', 'no', 'off', '2', '00', 'null'])('is set by %j', (it) => {
    expect(isDoNotTrackSet(it)).toBe(true);
  });

  test('denies without facts of the database', () => {
    expect(DO_NOT_TRACK_DENIAL).toStrictEqual({
      granted: false,
      level: 'off',
      rule: 'do-not-track',
      where: 'function-environment',
      sentence: 'DO_NOT_TRACK is set.',
      remedy:
        "Remove DO_NOT_TRACK from the function's environment, or set it to 0, to turn telemetry on.",
      warnings: [],
    });
  });
});

describe('a standby', () => {
  test.each(['default', 'configuration file', 'command line', 'environment variable'])(
    'does not grant by its own level from the source %s',
    (source) => {
      const consent = decideConsent(aServer({ standby: true, level: { source } }), TARGET);
      expect(consent).toMatchObject({
        granted: false,
        rule: 'level-hidden',
        where: source.replaceAll(' ', '-'),
      });
      expect(consent.sentence).toContain('this server is a standby');
      expect(consent.remedy).toContain("= 'basic' on the primary.");
    },
  );

  test('names the session when the session has its own level', () => {
    const facts = aServer({ standby: true, level: { source: 'session' } });
    expect(decideConsent(facts, TARGET)).toMatchObject({
      rule: 'level-hidden',
      sentence:
        'The telemetry level of this database is hidden: the session has its own level, set in the session, which cannot give consent for the database.',
    });
  });

  test.each(['database', 'global'])(
    'grants by a level from the source %s, which the primary replicates',
    (source) => {
      const consent = decideConsent(aServer({ standby: true, level: { source } }), TARGET);
      expect(consent).toMatchObject({ granted: true, rule: 'level-set' });
    },
  );

  test('denies by its own level', () => {
    const facts = aServer({
      standby: true,
      level: {
        session: 'off',
        source: 'configuration file',
        stored: [{ place: 'database', holder: 'everybody', value: 'basic' }],
      },
    });
    expect(decideConsent(facts, TARGET)).toMatchObject({ granted: false, rule: 'level-off' });
  });
});

describe('consent is granted', () => {
  test.each([
    [
      "TimescaleDB's default",
      aServer(),
      'level-default',
      "Telemetry is on: level basic, TimescaleDB's default.",
    ],
    [
      'a level for the database',
      aServer({ level: { session: 'no_functions', source: 'database' } }),
      'level-set',
      'Telemetry is on: level no_functions, set for this database.',
    ],
    [
      'levelWhenUnset of a server built without telemetry, also without a telemetry job',
      aServerBuiltWithout(),
      'level-when-unset',
      "Telemetry is on: level basic, set by the target's levelWhenUnset; the server was built without telemetry.",
    ],
  ])('by %s', (_by, facts, rule, sentence) => {
    const consent = decideConsent(facts, BASIC_WHEN_UNSET);
    expect(consent).toMatchObject({ granted: true, rule, sentence, warnings: [] });
    expect(consent).not.toHaveProperty('remedy');
  });

  test.each([
    ['default', aServer({ level: { configured: 'no_functions' } }), "TimescaleDB's default"],
    [
      'level-when-unset',
      aServerBuiltWithout({ level: { configured: 'no_functions' } }),
      "set by the target's levelWhenUnset",
    ],
  ])(
    'by the place "%s" and restricted by another, and the sentence names both',
    (where, facts, granting) => {
      const consent = decideConsent(facts, BASIC_WHEN_UNSET);
      expect(consent).toMatchObject({ granted: true, level: 'no_functions', where });
      expect(consent.sentence).toContain(granting);
      expect(consent.sentence).toContain("restricted in the server's configuration file");
    },
  );
});
