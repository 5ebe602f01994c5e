import { describe, expect, test } from 'vitest';
import { asksNotToTrack, decideConsent } from '../../lib/consent.ts';
import type { Facts } from '../../lib/facts.ts';
import { parseTarget, type Target } from '../../lib/target.ts';
import { aJob, aServer, aServerBuiltWithout } from '../support/facts.ts';

/** Whatever could be a name carries the canary. */
const CANARY = 'c4n4ry';
const TARGET: Target = {
  ...parseTarget(JSON.stringify({ name: CANARY, environment: CANARY, secretId: CANARY })),
  host: CANARY,
  database: CANARY,
};
const CHOOSING: Target = { ...TARGET, levelWhenUnset: 'basic' };

describe('DO_NOT_TRACK', () => {
  test.each([undefined, '', '0', 'false', 'False', 'FALSE', ' ', ' 0 '])(
    '%j asks nothing',
    (it) => {
      expect(asksNotToTrack(it)).toBe(false);
      expect(decideConsent(aServer(), TARGET, it).granted).toBe(true);
    },
  );

  test.each(['1', 'true', 'TRUE', 'yes', 'no', 'off', '00', 'disabled'])('%j denies', (it) => {
    expect(asksNotToTrack(it)).toBe(true);
    expect(decideConsent(aServer(), TARGET, it)).toStrictEqual({
      granted: false,
      level: 'basic',
      rule: 'do-not-track',
      where: "the function's environment",
      sentence: 'DO_NOT_TRACK is set on the function.',
      remedy: 'To turn it on, remove DO_NOT_TRACK, or set it to 0.',
      warnings: [],
    });
  });

  test('is named before all other objections', () => {
    const facts = aServer({ jobs: [], level: { session: 'off' } });
    expect(decideConsent(facts, TARGET, '1').rule).toBe('do-not-track');
  });
});

describe('granted', () => {
  test.each([
    [
      "by TimescaleDB's default",
      aServer(),
      'level-default',
      "Telemetry is on: level basic, TimescaleDB's default.",
    ],
    [
      'by what is set',
      aServer({ level: { session: 'no_functions', source: 'database' } }),
      'level-set',
      'Telemetry is on: level no_functions, set by: database.',
    ],
    [
      'by the target, on a server built without telemetry, where a missing job is no objection',
      aServerBuiltWithout(),
      'level-when-unset',
      "Telemetry is on: level basic, this target's choice; the server was built without telemetry.",
    ],
    [
      'on a standby as on its primary',
      aServer({ standby: true }),
      'level-default',
      "Telemetry is on: level basic, TimescaleDB's default.",
    ],
  ])('%s', (_by, facts, rule, sentence) => {
    const consent = decideConsent(facts, CHOOSING, undefined);
    expect(consent).toMatchObject({ granted: true, rule, sentence, warnings: [] });
    expect(consent).not.toHaveProperty('remedy');
  });

  test.each([
    ['default', aServer({ level: { configured: 'no_functions' } })],
    ['choice', aServerBuiltWithout({ level: { configured: 'no_functions' } })],
  ])(
    'the %s does not get the credit for a level that something else has tightened',
    (it, facts) => {
      const { level, sentence } = decideConsent(facts, CHOOSING, undefined);
      expect(level).toBe('no_functions');
      expect(sentence).toContain('configuration file');
      expect(sentence).not.toContain(it);
    },
  );
});

const PAUSED = aJob({ id: 714_714, scheduled: false });

const DENIED: readonly (readonly [
  what: string,
  facts: Facts,
  rule: string,
  sentence: string,
  remedy: string,
])[] = [
  [
    'the level is off',
    aServer({ level: { session: 'off', source: 'configuration file' } }),
    'level-off',
    'Telemetry is off, set by: configuration file.',
    'ALTER DATABASE … SET timescaledb.telemetry_level = basic',
  ],
  [
    'the text of the level is no level',
    aServer({ level: { session: CANARY, source: 'database' } }),
    'level-off',
    'Telemetry is off, set by: database.',
    'ALTER DATABASE … SET timescaledb.telemetry_level = basic',
  ],
  [
    'a role that counts has it off',
    aServer({ level: { stored: [{ place: 'role', holder: 'job owner', value: 'off' }] } }),
    'level-off',
    'Telemetry is off, set by: role (job owner).',
    'ALTER DATABASE … SET timescaledb.telemetry_level = basic',
  ],
  [
    'the reporting role hides the level',
    aServer({ level: { session: 'basic', source: 'user' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: this session has one of its own (user), ' +
      'and a role cannot consent for the database.',
    'ALTER ROLE … RESET timescaledb.telemetry_level',
  ],
  [
    'the library is not loaded',
    aServer({ level: { session: null, source: null, reset: null } }),
    'level-unreadable',
    'The telemetry level cannot be read: the extension has telemetry, but its library is not ' +
      'loaded in this session.',
    'shared_preload_libraries',
  ],
  [
    'the server was built without telemetry and the target chooses nothing',
    aServerBuiltWithout(),
    'level-when-unset',
    "The server was built without telemetry and has no level, and this target's levelWhenUnset " +
      'is off.',
    'set levelWhenUnset to basic or no_functions',
  ],
  [
    'the job was removed',
    aServer({ jobs: [] }),
    'job-removed',
    'The telemetry job was removed from the job catalog.',
    'put the job back',
  ],
  [
    'the job is paused',
    aServer({ jobs: [PAUSED] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'scheduled => true',
  ],
  [
    'one of two jobs is paused',
    aServer({ jobs: [aJob({ id: 1 }), PAUSED] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'scheduled => true',
  ],
];

describe('denied', () => {
  test.each(DENIED)('when %s', (_what, facts, rule, sentence, remedy) => {
    const consent = decideConsent(facts, TARGET, undefined);
    expect(consent).toMatchObject({ granted: false, rule, sentence });
    expect(consent.remedy).toContain(remedy);
    expect(JSON.stringify(consent)).not.toMatch(/c4n4ry|714714/);
  });

  test('when a job is paused on a server built without telemetry', () => {
    const consent = decideConsent(aServerBuiltWithout({ jobs: [PAUSED] }), CHOOSING, undefined);
    expect(consent).toMatchObject({ granted: false, rule: 'job-paused', level: 'basic' });
  });

  test('names the level before the job', () => {
    const facts = aServer({ jobs: [PAUSED], level: { session: 'off' } });
    expect(decideConsent(facts, TARGET, undefined).rule).toBe('level-off');
  });

  test('or granted, it keeps the warnings', () => {
    const level = { source: 'database', stored: [] };
    const warnings = ['A text that is no level counts as off (database).'];
    const facts = aServer({ level: { ...level, session: 'on' } });
    expect(decideConsent(facts, TARGET, undefined).warnings).toStrictEqual(warnings);
    expect(decideConsent(facts, TARGET, '1').warnings).toStrictEqual(warnings);
  });
});
