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

/** Every name contains the canary. */
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
    const consent = decideConsent(facts, CHOOSING);
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
      const consent = decideConsent(facts, CHOOSING);
      expect(consent).toMatchObject({ granted: true, level: 'no_functions', where });
      expect(consent.sentence).toContain(granting);
      expect(consent.sentence).toContain("restricted in the server's configuration file");
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
    "Telemetry is off: level off, set in the server's configuration file.",
    "Set timescaledb.telemetry_level = 'basic' there, and reload",
  ],
  [
    'the text of the level is invalid',
    aServer({ level: { session: CANARY, source: 'database' } }),
    'level-off',
    'Telemetry is off: the level set for this database is invalid and is treated as off.',
    "ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'",
  ],
  [
    'the level of the job owner is off',
    aServer({ level: { stored: [{ place: 'role', holder: 'job-owner', value: 'off' }] } }),
    'level-off',
    "Telemetry is off: level off, set for the job's owner.",
    "ALTER ROLE <the job's owner> RESET timescaledb.telemetry_level",
  ],
  [
    'the level of the reporting role in this database is off',
    aServer({
      level: { stored: [{ place: 'role-in-database', holder: 'reporting-role', value: 'off' }] },
    }),
    'level-off',
    'Telemetry is off: level off, set for the reporting role in this database.',
    'ALTER ROLE <the reporting role> IN DATABASE <this database> RESET timescaledb.telemetry_level',
  ],
  [
    'the level of all roles is off',
    aServer({ level: { stored: [{ place: 'all-roles', holder: 'everybody', value: 'off' }] } }),
    'level-off',
    'Telemetry is off: level off, set for all roles.',
    'ALTER ROLE ALL RESET timescaledb.telemetry_level',
  ],
  [
    'the level of the reporting role is off',
    aServer({ level: { session: 'off', source: 'user' } }),
    'level-off',
    'Telemetry is off: level off, set for the reporting role.',
    'ALTER ROLE <the reporting role> RESET timescaledb.telemetry_level',
  ],
  [
    'the level of a pooled session is off',
    aServer({ level: { session: 'off', source: 'session' } }),
    'level-off',
    'Telemetry is off: level off, set in the session.',
    'RESET timescaledb.telemetry_level in the pooled session',
  ],
  [
    'the default of the extension is off',
    aServer({ level: { session: 'off', source: 'default' } }),
    'level-off',
    "Telemetry is off: level off, TimescaleDB's default.",
    "ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'",
  ],
  [
    'the level of the reporting role hides that of the database',
    aServer({ level: { session: 'basic', source: 'user' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: the session has its own level, ' +
      'set for the reporting role, which cannot give consent for the database.',
    'ALTER ROLE <the reporting role> RESET timescaledb.telemetry_level',
  ],
  [
    'the level of the reporting role in this database hides that of the database',
    aServer({ level: { session: 'basic', source: 'database user' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: the session has its own level, ' +
      'set for the reporting role in this database, which cannot give consent for the database.',
    'ALTER ROLE <the reporting role> IN DATABASE <this database> RESET timescaledb.telemetry_level',
  ],
  [
    'a level at an unknown place hides that of a server built without telemetry',
    aServerBuiltWithout({ level: { session: 'basic' } }),
    'level-hidden',
    'The telemetry level of this database is hidden: the session has its own level, ' +
      'set in a place that PostgreSQL does not show, which cannot give consent for the database.',
    'or set levelWhenUnset to basic or no_functions',
  ],
  [
    'the reset value of the session is off',
    aServer({ level: { session: 'basic', source: 'session', reset: 'off' } }),
    'level-off',
    "Telemetry is off: level off, set as the session's reset value.",
    "Set the level in the server's configuration, for the database or for the role",
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
    'the server was built without telemetry and levelWhenUnset is not set',
    aServerBuiltWithout(),
    'level-when-unset',
    'The server was built without telemetry and has no level, and levelWhenUnset of this target ' +
      'is off.',
    'Set levelWhenUnset to basic or no_functions',
  ],
  [
    'the job was removed',
    aServer({ jobs: [] }),
    'job-removed',
    'The telemetry job was removed from the job catalog.',
    'Add the telemetry job again',
  ],
  [
    'the job is paused',
    aServer({ jobs: [PAUSED] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'Run SELECT alter_job(<id of the telemetry job>, scheduled => true)',
  ],
  [
    'one of two jobs is paused',
    aServer({ jobs: [aJob({ id: 1 }), PAUSED] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'Run SELECT alter_job(<id of the telemetry job>, scheduled => true)',
  ],
  [
    'the next start of the job is infinite',
    aServer({ jobs: [aJob({ nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is paused: its next_start is infinity.',
    'SELECT alter_job(<id of the telemetry job>, next_start => now()) to turn telemetry on.',
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
    'SELECT alter_job(<id of the telemetry job>, scheduled => true, next_start => now()) to turn telemetry on.',
  ],
  [
    'two jobs are paused, each in its own way',
    aServer({ jobs: [PAUSED, aJob({ nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is not scheduled.',
    'SELECT alter_job(<id of the telemetry job>, scheduled => true, next_start => now()) to turn telemetry on.',
  ],
  [
    'the job of a release without alter_job() is paused',
    aServer({ installedVersion: '1.7.5', jobs: [aJob({ nextStart: 'infinity' })] }),
    'job-paused',
    'The telemetry job is paused: its next_start is infinity.',
    'UPDATE _timescaledb_internal.bgw_job_stat SET next_start = now() WHERE job_id = <id of the telemetry job> to turn telemetry on.',
  ],
  [
    'a dump is being restored',
    aServer({ restoring: true }),
    'restoring',
    'A dump is being restored into this database: timescaledb.restoring is on.',
    'Run SELECT timescaledb_post_restore() when the restore is complete.',
  ],
  [
    'the level of the database owner is off',
    aServer({ level: { stored: [{ place: 'role', holder: 'database-owner', value: 'off' }] } }),
    'level-off',
    "Telemetry is off: level off, set for the database's owner.",
    "ALTER ROLE <the database's owner> RESET timescaledb.telemetry_level",
  ],
];

describe('consent is denied', () => {
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

  test('by the level before the job', () => {
    const facts = aServer({ jobs: [PAUSED], level: { session: 'off' } });
    expect(decideConsent(facts, TARGET).rule).toBe('level-off');
  });

  test('by a paused job before a restore', () => {
    const facts = aServer({ jobs: [PAUSED], restoring: true });
    expect(decideConsent(facts, TARGET).rule).toBe('job-paused');
  });

  test('by DO_NOT_TRACK before every other rule', () => {
    const facts = aServer({ jobs: [PAUSED], level: { session: 'off' }, restoring: true });
    expect(decideConsent(facts, TARGET, true)).toStrictEqual(DO_NOT_TRACK_DENIAL);
    expect(decideConsent(aServer(), TARGET, true)).toStrictEqual(DO_NOT_TRACK_DENIAL);
  });

  test('with the warnings of invalid levels', () => {
    const level = { source: 'database', stored: [] };
    const warnings = ['The level set for this database is invalid and is treated as off.'];
    const facts = aServer({ level: { ...level, session: 'on' } });
    expect(decideConsent(facts, TARGET).warnings).toStrictEqual(warnings);
  });
});

const THERE =
  "Set timescaledb.telemetry_level = 'basic' there, and reload the server's configuration";

describe('the remedy for a level off', () => {
  test.each([
    ['configuration file', THERE],
    ['command line', THERE],
    ['environment variable', THERE],
    [
      null,
      "Reset timescaledb.telemetry_level in the server's configuration, in PGOPTIONS or in the pooled session (PostgreSQL does not show the place without the extension's library)",
    ],
    ['client', "Remove it from PGOPTIONS, or from the startup parameters of the pooler's sessions"],
  ])('fits the source %s', (source, remedyOfPlace) => {
    const { remedy } = decideConsent(aServer({ level: { session: 'off', source } }), TARGET);
    expect(remedy).toBe(`${remedyOfPlace} to turn telemetry on.`);
  });

  test('does not mention levelWhenUnset on a server built with telemetry', () => {
    const { remedy } = decideConsent(aServer({ level: { source: 'session' } }), TARGET);
    expect(remedy).toBe(
      "Run RESET timescaledb.telemetry_level in the pooled session that kept the setting; or set the level for the database: run ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'.",
    );
  });
});

describe('every rule has its own answer, also when another rule decides:', () => {
  const GRANTS = {
    rule: 'level-default',
    decision: 'grants',
    sentence: "Telemetry is on: level basic, TimescaleDB's default.",
  };
  const ENVIRONMENT = {
    rule: 'do-not-track',
    decision: 'no-objection',
    sentence: 'DO_NOT_TRACK is not set.',
  };
  const [PRESENT, SCHEDULED] = [
    {
      rule: 'job-removed',
      decision: 'no-objection',
      sentence: 'The telemetry job is in the job catalog.',
    },
    {
      rule: 'job-paused',
      decision: 'no-objection',
      sentence: 'The telemetry job is scheduled.',
    },
  ];

  const NOT_RESTORING = {
    rule: 'restoring',
    decision: 'no-objection',
    sentence: 'The database is not being restored.',
  };

  test('all rules agree', () => {
    expect(evaluateRules(aServer(), TARGET, false)).toStrictEqual([
      ENVIRONMENT,
      GRANTS,
      PRESENT,
      SCHEDULED,
      NOT_RESTORING,
    ]);
  });

  test('DO_NOT_TRACK denies', () => {
    const { rule, sentence, remedy } = DO_NOT_TRACK_DENIAL;
    expect(evaluateRules(aServer(), TARGET, true)).toStrictEqual([
      { rule, decision: 'denies', sentence, remedy },
      GRANTS,
      PRESENT,
      SCHEDULED,
      NOT_RESTORING,
    ]);
  });

  test('a removed job denies', () => {
    expect(evaluateRules(aServer({ jobs: [] }), TARGET, false).slice(2)).toStrictEqual([
      {
        rule: 'job-removed',
        decision: 'denies',
        sentence: 'The telemetry job was removed from the job catalog.',
        remedy:
          "Add the telemetry job again to turn telemetry on; the extension's next update also adds it.",
      },
      {
        rule: 'job-paused',
        decision: 'no-objection',
        sentence: 'There is no telemetry job to pause.',
      },
      NOT_RESTORING,
    ]);
  });

  test('a missing job is no objection on a server built without telemetry', () => {
    expect(evaluateRules(aServerBuiltWithout(), CHOOSING, false)[2]).toStrictEqual({
      rule: 'job-removed',
      decision: 'no-objection',
      sentence: 'The server was built without telemetry and needs no telemetry job.',
    });
  });

  test('a level off and a paused job deny', () => {
    const facts = aServer({
      jobs: [PAUSED],
      level: { session: 'off', source: 'configuration file' },
    });
    expect(evaluateRules(facts, TARGET, false)).toStrictEqual([
      ENVIRONMENT,
      {
        rule: 'level-off',
        decision: 'denies',
        sentence: "Telemetry is off: level off, set in the server's configuration file.",
        remedy: `${THERE} to turn telemetry on.`,
      },
      PRESENT,
      {
        rule: 'job-paused',
        decision: 'denies',
        sentence: 'The telemetry job is not scheduled.',
        remedy:
          'Run SELECT alter_job(<id of the telemetry job>, scheduled => true) to turn telemetry on.',
      },
      NOT_RESTORING,
    ]);
  });
});
