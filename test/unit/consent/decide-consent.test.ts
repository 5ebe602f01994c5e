import { describe, expect, test } from 'vitest';
import { parseTarget, type Target } from '../../../lib/config/target.ts';
import {
  DO_NOT_TRACK_DENIAL,
  decideConsent,
  evaluateRules,
  isDoNotTrackSet,
} from '../../../lib/consent/decide-consent.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import { aJob, aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';

/** Whatever could be a name carries the canary. */
const CANARY = 'c4n4ry';
const TARGET: Target = {
  ...parseTarget({
    TARGET: JSON.stringify({ name: CANARY, environment: CANARY, secretId: CANARY }),
  }),
  host: CANARY,
  database: CANARY,
};
const CHOOSING: Target = { ...TARGET, levelWhenUnset: 'basic' };

describe('DO_NOT_TRACK', () => {
  test.each([undefined, '', '  ', '0', 'false', 'FALSE', ' 0 '])('%j does not ask for it', (it) => {
    expect(isDoNotTrackSet(it)).toBe(false);
  });

  test.each(['1', 'true', 'TRUE', 'yes', 'no', 'off', '2', '00', 'null'])(
    '%j asks for it',
    (it) => {
      expect(isDoNotTrackSet(it)).toBe(true);
    },
  );

  test('is an answer without a look at the database', () => {
    expect(DO_NOT_TRACK_DENIAL).toStrictEqual({
      granted: false,
      level: 'off',
      rule: 'do-not-track',
      where: "the function's environment",
      sentence: 'DO_NOT_TRACK is set.',
      remedy: 'To turn it on, remove DO_NOT_TRACK from the environment, or set it to 0.',
      warnings: [],
    });
  });
});

describe('a standby', () => {
  test.each(['default', 'configuration file', 'command line', 'environment variable'])(
    'has a %s of its own, which says nothing of the primary',
    (source) => {
      const consent = decideConsent(aServer({ standby: true, level: { source } }), TARGET);
      expect(consent).toMatchObject({
        granted: false,
        rule: 'level-hidden',
        where: source,
      });
      expect(consent.sentence).toContain('this is a standby');
      expect(consent.remedy).toContain("in the primary's catalogs: ALTER DATABASE");
    },
  );

  test('whose session has a level of its own is told of the session', () => {
    const facts = aServer({ standby: true, level: { source: 'session' } });
    expect(decideConsent(facts, TARGET)).toMatchObject({
      rule: 'level-hidden',
      sentence:
        'The telemetry level of this database is hidden: the session has one of its own (session), which cannot consent for the database.',
    });
  });

  test.each(['database', 'global'])('has what is set for the %s from its primary', (source) => {
    const consent = decideConsent(aServer({ standby: true, level: { source } }), TARGET);
    expect(consent).toMatchObject({ granted: true, rule: 'level-set' });
  });

  test('can say no by itself', () => {
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
  ])('%s', (_by, facts, rule, sentence) => {
    const consent = decideConsent(facts, CHOOSING);
    expect(consent).toMatchObject({ granted: true, rule, sentence, warnings: [] });
    expect(consent).not.toHaveProperty('remedy');
  });

  test.each([
    ['default', aServer({ level: { configured: 'no_functions' } }), "TimescaleDB's default"],
    [
      'levelWhenUnset',
      aServerBuiltWithout({ level: { configured: 'no_functions' } }),
      "this target's choice",
    ],
  ])(
    'by %s and tightened by something else, it names both, each for what it did',
    (where, facts, granting) => {
      const consent = decideConsent(facts, CHOOSING);
      expect(consent).toMatchObject({ granted: true, level: 'no_functions', where });
      expect(consent.sentence).toContain(granting);
      expect(consent.sentence).toContain('tightened by: configuration file');
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
    "set timescaledb.telemetry_level = 'basic' there, and reload",
  ],
  [
    'the text of the level is no level',
    aServer({ level: { session: CANARY, source: 'database' } }),
    'level-off',
    'Telemetry is off: what is set by database is no level, and counts as off.',
    "ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'",
  ],
  [
    'a role that counts has it off',
    aServer({ level: { stored: [{ place: 'role', holder: 'job owner', value: 'off' }] } }),
    'level-off',
    'Telemetry is off, set by: role (job owner).',
    'ALTER ROLE <the job owner> RESET timescaledb.telemetry_level',
  ],
  [
    'a role that counts has it off in this database',
    aServer({
      level: { stored: [{ place: 'role in database', holder: 'reporting role', value: 'off' }] },
    }),
    'level-off',
    'Telemetry is off, set by: role in database (reporting role).',
    'ALTER ROLE <the reporting role> IN DATABASE <this database> RESET timescaledb.telemetry_level',
  ],
  [
    'it is off for all roles',
    aServer({ level: { stored: [{ place: 'all roles', holder: 'everybody', value: 'off' }] } }),
    'level-off',
    'Telemetry is off, set by: all roles.',
    'ALTER ROLE ALL RESET timescaledb.telemetry_level',
  ],
  [
    'the reporting role has it off',
    aServer({ level: { session: 'off', source: 'user' } }),
    'level-off',
    'Telemetry is off, set by: role (reporting role).',
    'ALTER ROLE <the reporting role> RESET timescaledb.telemetry_level',
  ],
  [
    'the session was left with it off',
    aServer({ level: { session: 'off', source: 'session' } }),
    'level-off',
    'Telemetry is off, set by: session.',
    'RESET timescaledb.telemetry_level in the pooled session',
  ],
  [
    'the extension was built with it off',
    aServer({ level: { session: 'off', source: 'default' } }),
    'level-off',
    'Telemetry is off, set by: default.',
    "ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'",
  ],
  [
    'the reporting role hides the level',
    aServer({ level: { session: 'basic', source: 'user' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: the session has one of its own ' +
      '(role (reporting role)), which cannot consent for the database.',
    'ALTER ROLE <the reporting role> RESET timescaledb.telemetry_level',
  ],
  [
    'the reporting role hides the level in this database alone',
    aServer({ level: { session: 'basic', source: 'database user' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: the session has one of its own ' +
      '(role in database (reporting role)), which cannot consent for the database.',
    'ALTER ROLE <the reporting role> IN DATABASE <this database> RESET timescaledb.telemetry_level',
  ],
  [
    'what PostgreSQL does not say where it is set hides the level of a server built without telemetry',
    aServerBuiltWithout({ level: { session: 'basic' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: the session has one of its own (unknown place), ' +
      'which cannot consent for the database.',
    'or set levelWhenUnset to basic or no_functions',
  ],
  [
    'the session would fall back to off',
    aServer({ level: { session: 'basic', source: 'session', reset: 'off' } }),
    'level-off',
    'Telemetry is off, set by: fall-back of the session.',
    'set the level where the server, the database or the role has it',
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
  [
    'the next start of the job is infinite',
    aServer({ jobs: [aJob({ nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is paused: its next_start is infinity.',
    'SELECT alter_job(<id of the telemetry job>, next_start => now()).',
  ],
  [
    'the next start of one of two jobs is infinite',
    aServer({ jobs: [aJob(), aJob({ id: 1001, nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is paused: its next_start is infinity.',
    'next_start => now()',
  ],
  [
    'the job is paused in both ways',
    aServer({ jobs: [aJob({ scheduled: false, nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'SELECT alter_job(<id of the telemetry job>, scheduled => true, next_start => now()).',
  ],
  [
    'two jobs are paused, each in its own way',
    aServer({ jobs: [PAUSED, aJob({ nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'SELECT alter_job(<id of the telemetry job>, scheduled => true, next_start => now()).',
  ],
  [
    'the job of a release without alter_job() is paused',
    aServer({ installedVersion: '1.7.5', jobs: [aJob({ nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is paused: its next_start is infinity.',
    'UPDATE _timescaledb_internal.bgw_job_stat SET next_start = now() WHERE job_id = <id of the telemetry job>.',
  ],
  [
    'a dump is being restored',
    aServer({ restoring: true }),
    'restoring',
    'A dump is being restored into this database: timescaledb.restoring is on.',
    'SELECT timescaledb_post_restore().',
  ],
  [
    'the level of the owner of the database is off',
    aServer({ level: { stored: [{ place: 'role', holder: 'database owner', value: 'off' }] } }),
    'level-off',
    'Telemetry is off, set by: role (database owner).',
    'ALTER ROLE <the database owner> RESET timescaledb.telemetry_level',
  ],
];

describe('denied', () => {
  test.each(DENIED)('when %s', (_what, facts, rule, sentence, remedy) => {
    const consent = decideConsent(facts, TARGET);
    expect(consent).toMatchObject({ granted: false, rule, sentence });
    expect(consent.remedy).toContain(remedy);
    expect(JSON.stringify(consent)).not.toMatch(/c4n4ry|714714/);
  });

  test('when a job is paused on a server built without telemetry', () => {
    const consent = decideConsent(aServerBuiltWithout({ jobs: [PAUSED] }), CHOOSING);
    expect(consent).toMatchObject({ granted: false, rule: 'job-paused', level: 'basic' });
  });

  test('names the level before the job', () => {
    const facts = aServer({ jobs: [PAUSED], level: { session: 'off' } });
    expect(decideConsent(facts, TARGET).rule).toBe('level-off');
  });

  test('names a paused job before a restore', () => {
    const facts = aServer({ jobs: [PAUSED], restoring: true });
    expect(decideConsent(facts, TARGET).rule).toBe('job-paused');
  });

  test('DO_NOT_TRACK decides before everything else', () => {
    const facts = aServer({ jobs: [PAUSED], level: { session: 'off' }, restoring: true });
    expect(decideConsent(facts, TARGET, true)).toStrictEqual(DO_NOT_TRACK_DENIAL);
    expect(decideConsent(aServer(), TARGET, true)).toStrictEqual(DO_NOT_TRACK_DENIAL);
  });

  test('or granted, it keeps the warnings', () => {
    const level = { source: 'database', stored: [] };
    const warnings = ['A text that is no level counts as off (database).'];
    const facts = aServer({ level: { ...level, session: 'on' } });
    expect(decideConsent(facts, TARGET).warnings).toStrictEqual(warnings);
  });
});

const THERE =
  "set timescaledb.telemetry_level = 'basic' there, and reload the server's configuration";

describe('an off is undone where it stands:', () => {
  test.each([
    ['configuration file', THERE],
    ['command line', THERE],
    ['environment variable', THERE],
    [
      null,
      "RESET timescaledb.telemetry_level where it is set: without the extension's library PostgreSQL does not say where; look at the server's configuration, ALTER SYSTEM, PGOPTIONS, and what a pooler keeps",
    ],
    ['client', 'remove it from PGOPTIONS, or from what the pooler sends at the start of a session'],
  ])('%s', (source, undo) => {
    const { remedy } = decideConsent(aServer({ level: { session: 'off', source } }), TARGET);
    expect(remedy).toBe(`To turn it on: ${undo}.`);
  });

  test('a level that hides another, where levelWhenUnset cannot stand in for it', () => {
    const { remedy } = decideConsent(aServer({ level: { source: 'session' } }), TARGET);
    expect(remedy).toBe(
      "Either RESET timescaledb.telemetry_level in the pooled session that was left with it; or set the level for the database: ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'.",
    );
  });
});

describe('every rule has an answer of its own, whether it decides or not:', () => {
  const GRANTS = {
    rule: 'level-default',
    decision: 'grants',
    sentence: "Telemetry is on: level basic, TimescaleDB's default.",
  };
  const ENVIRONMENT = {
    rule: 'do-not-track',
    decision: 'does not object',
    sentence: 'DO_NOT_TRACK is not set.',
  };
  const [PRESENT, SCHEDULED] = [
    {
      rule: 'job-removed',
      decision: 'does not object',
      sentence: 'The telemetry job is in the job catalog.',
    },
    {
      rule: 'job-paused',
      decision: 'does not object',
      sentence: 'The telemetry job is scheduled.',
    },
  ];

  const NOT_RESTORING = {
    rule: 'restoring',
    decision: 'does not object',
    sentence: 'The database is not being restored.',
  };

  test('all for it', () => {
    expect(evaluateRules(aServer(), TARGET, false)).toStrictEqual([
      ENVIRONMENT,
      GRANTS,
      PRESENT,
      SCHEDULED,
      NOT_RESTORING,
    ]);
  });

  test('the environment against it', () => {
    const { rule, sentence, remedy } = DO_NOT_TRACK_DENIAL;
    expect(evaluateRules(aServer(), TARGET, true)).toStrictEqual([
      { rule, decision: 'denies', sentence, remedy },
      GRANTS,
      PRESENT,
      SCHEDULED,
      NOT_RESTORING,
    ]);
  });

  test('no job, which is an objection', () => {
    expect(evaluateRules(aServer({ jobs: [] }), TARGET, false).slice(2)).toStrictEqual([
      {
        rule: 'job-removed',
        decision: 'denies',
        sentence: 'The telemetry job was removed from the job catalog.',
        remedy: "To turn it on, put the job back; the extension's next update does so by itself.",
      },
      {
        rule: 'job-paused',
        decision: 'does not object',
        sentence: 'There is no telemetry job that could be paused.',
      },
      NOT_RESTORING,
    ]);
  });

  test('no job, where there is none by nature', () => {
    expect(evaluateRules(aServerBuiltWithout(), CHOOSING, false)[2]).toStrictEqual({
      rule: 'job-removed',
      decision: 'does not object',
      sentence: 'The server was built without telemetry and needs no telemetry job.',
    });
  });

  test('a level against it, and a job that is paused', () => {
    const facts = aServer({
      jobs: [PAUSED],
      level: { session: 'off', source: 'configuration file' },
    });
    expect(evaluateRules(facts, TARGET, false)).toStrictEqual([
      ENVIRONMENT,
      {
        rule: 'level-off',
        decision: 'denies',
        sentence: 'Telemetry is off, set by: configuration file.',
        remedy: `To turn it on: ${THERE}.`,
      },
      PRESENT,
      {
        rule: 'job-paused',
        decision: 'denies',
        sentence: 'The telemetry job is not scheduled.',
        remedy: 'To turn it on: SELECT alter_job(<id of the telemetry job>, scheduled => true).',
      },
      NOT_RESTORING,
    ]);
  });
});
