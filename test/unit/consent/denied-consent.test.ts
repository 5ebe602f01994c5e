import { describe, expect, test } from 'vitest';
import { DO_NOT_TRACK_DENIAL, decideConsent } from '../../../lib/consent/decide-consent.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import { aJob, aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { BASIC_WHEN_UNSET, CANARY, PAUSED, SET_AT_PLACE, TARGET } from './consent-target.ts';

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
    const consent = decideConsent(aServerBuiltWithout({ jobs: [PAUSED] }), BASIC_WHEN_UNSET);
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

describe('the remedy for a level off', () => {
  test.each([
    ['configuration file', SET_AT_PLACE],
    ['command line', SET_AT_PLACE],
    ['environment variable', SET_AT_PLACE],
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
