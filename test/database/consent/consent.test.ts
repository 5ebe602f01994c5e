import { expect, test } from 'vitest';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { type Settings, secretFor, startWorld } from '../../support/run/world.ts';

const LEVEL = 'timescaledb.telemetry_level';

/** Statements of the superuser, and the rule that then decides. */
const CASES: readonly {
  readonly what: string;
  readonly sql: (database: TestDatabase) => string;
  readonly settings?: Settings;
  readonly expected: { outcome: 'sent' | 'skipped'; rule: string; level: string };
}[] = [
  {
    what: 'no level is set, and the library of the extension is not loaded',
    sql: () => '',
    expected: { outcome: 'skipped', rule: 'level-unreadable', level: 'off' },
  },
  {
    what: 'the level of the database is basic',
    sql: ({ name }) => `alter database ${name} set ${LEVEL} = 'basic'`,
    expected: { outcome: 'sent', rule: 'level-set', level: 'basic' },
  },
  {
    what: 'the level of the database is No_Functions',
    sql: ({ name }) => `alter database ${name} set ${LEVEL} = 'No_Functions'`,
    expected: { outcome: 'sent', rule: 'level-set', level: 'no_functions' },
  },
  {
    what: 'the level of the database is off',
    sql: ({ name }) => `alter database ${name} set ${LEVEL} = 'off'`,
    expected: { outcome: 'skipped', rule: 'level-off', level: 'off' },
  },
  {
    what: 'the level of the database is invalid',
    sql: ({ name }) => `alter database ${name} set ${LEVEL} = 'everything'`,
    expected: { outcome: 'skipped', rule: 'level-off', level: 'off' },
  },
  {
    what: 'only the reporting role has the level basic, which cannot give consent for the database',
    sql: ({ role }) => `alter role ${role} set ${LEVEL} = 'basic'`,
    expected: { outcome: 'skipped', rule: 'level-unreadable', level: 'off' },
  },
  {
    what: 'the level of the database is off, and that of the reporting role basic',
    sql: ({ name, role }) =>
      `alter database ${name} set ${LEVEL} = 'off'; alter role ${role} set ${LEVEL} = 'basic'`,
    expected: { outcome: 'skipped', rule: 'level-off', level: 'off' },
  },
  {
    what: 'the level of the database is basic, and that of the reporting role in this database no_functions',
    sql: ({ name, role }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; alter role ${role} in database ${name} set ${LEVEL} = 'no_functions'`,
    expected: { outcome: 'sent', rule: 'level-set', level: 'no_functions' },
  },
  {
    what: "the level of the database is basic, and that of the job's owner off",
    sql: ({ name, role }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; create role ${role}_owner; alter role ${role}_owner set ${LEVEL} = 'off';
       update _timescaledb_catalog.bgw_job set owner = '${role}_owner'`,
    expected: { outcome: 'skipped', rule: 'level-off', level: 'off' },
  },
  {
    what: "the level of the job's owner is off, and the name of the setting is in mixed case",
    sql: ({ name, role }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; create role ${role}_owner;
       alter role ${role}_owner set "TimescaleDB"."Telemetry_Level" = 'off';
       update _timescaledb_catalog.bgw_job set owner = '${role}_owner'`,
    expected: { outcome: 'skipped', rule: 'level-off', level: 'off' },
  },
  {
    what: 'the level of the database is basic, and that of the bootstrap superuser off',
    sql: ({ name, role }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; alter role postgres in database ${name} set ${LEVEL} = 'off';
       update _timescaledb_catalog.bgw_job set owner = '${role}'`,
    expected: { outcome: 'skipped', rule: 'level-off', level: 'off' },
  },
  {
    what: "the level of the database is basic, and the role's level for another database off",
    sql: ({ name, role }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; alter role ${role} in database postgres set ${LEVEL} = 'off'`,
    expected: { outcome: 'sent', rule: 'level-set', level: 'basic' },
  },
  {
    what: 'only a job of another schema has the name of the telemetry job',
    sql: ({ name }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; update _timescaledb_catalog.bgw_job set proc_schema = '_timescaledb_internal'`,
    expected: { outcome: 'skipped', rule: 'job-removed', level: 'basic' },
  },
  {
    what: 'the job is not scheduled',
    sql: ({ name }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; update _timescaledb_catalog.bgw_job set scheduled = false`,
    expected: { outcome: 'skipped', rule: 'job-paused', level: 'basic' },
  },
  {
    what: 'the job was removed',
    sql: ({ name }) =>
      `alter database ${name} set ${LEVEL} = 'basic'; delete from _timescaledb_catalog.bgw_job`,
    expected: { outcome: 'skipped', rule: 'job-removed', level: 'basic' },
  },
  {
    what: 'DO_NOT_TRACK is set on the function',
    sql: ({ name }) => `alter database ${name} set ${LEVEL} = 'basic'`,
    settings: { environment: { DO_NOT_TRACK: '1' } },
    expected: { outcome: 'skipped', rule: 'do-not-track', level: 'off' },
  },
  {
    what: 'the server was built without telemetry, and the target has no levelWhenUnset',
    sql: () => 'alter extension timescaledb drop function get_telemetry_report()',
    expected: { outcome: 'skipped', rule: 'level-when-unset', level: 'off' },
  },
  {
    what: 'the server was built without telemetry and has no job, and levelWhenUnset is basic',
    sql: () =>
      'alter extension timescaledb drop function get_telemetry_report(); delete from _timescaledb_catalog.bgw_job',
    settings: { target: { levelWhenUnset: 'basic' } },
    expected: { outcome: 'sent', rule: 'level-when-unset', level: 'basic' },
  },
  {
    what: 'the server was built without telemetry, and a user created a function get_telemetry_report()',
    sql: () =>
      `alter extension timescaledb drop function get_telemetry_report(); delete from _timescaledb_catalog.bgw_job;
       create schema intruder; create function intruder.get_telemetry_report() returns int language sql as 'select 1';
       alter function intruder.get_telemetry_report() depends on extension timescaledb;
       create schema other; create function other.get_telemetry_report() returns int language sql as 'select 1';
       alter extension plpgsql add function other.get_telemetry_report()`,
    settings: { target: { levelWhenUnset: 'no_functions' } },
    expected: { outcome: 'sent', rule: 'level-when-unset', level: 'no_functions' },
  },
  {
    what: 'the server was built without telemetry and its job is not scheduled',
    sql: () =>
      'alter extension timescaledb drop function get_telemetry_report(); update _timescaledb_catalog.bgw_job set scheduled = false',
    settings: { target: { levelWhenUnset: 'basic' } },
    expected: { outcome: 'skipped', rule: 'job-paused', level: 'basic' },
  },
  {
    what: 'the server has telemetry, and levelWhenUnset is basic, which has no effect',
    sql: () => '',
    settings: { target: { levelWhenUnset: 'basic' } },
    expected: { outcome: 'skipped', rule: 'level-unreadable', level: 'off' },
  },
];

test.each(CASES)(
  '$what: $expected.outcome by $expected.rule',
  async ({ sql, settings, expected }) => {
    await using database = await createDatabase({ release: '2.28.3' });
    const statements = sql(database);
    if (statements !== '') await database.admin.query(statements);
    await using world = await startWorld({ secret: secretFor(database) });

    const { outcome, error } = await world.run(settings);

    expect(error).toBeUndefined();
    expect({
      outcome: outcome.outcome,
      rule: outcome.consent?.rule,
      level: outcome.consent?.level,
    }).toEqual(expected);
    expect(world.endpoint.connections()).toBe(expected.outcome === 'sent' ? 1 : 0);
    if (expected.outcome === 'skipped') {
      expect(outcome.remedy).toMatch(/\S/);
      expect(outcome.message).toBe(outcome.consent?.sentence);
    }
  },
);

test('obeys a level of ALTER SYSTEM that is not loaded, for a role that can read it', async () => {
  await using database = await createDatabase({ release: '2.28.3' });
  const { admin, name, role } = database;
  await admin.query(`alter database ${name} set ${LEVEL} = 'basic'`);
  await using world = await startWorld({ secret: secretFor(database) });
  await admin.query(`alter system set ${LEVEL} = 'off'`);
  try {
    expect((await world.run()).outcome.outcome).toBe('sent');
    await admin.query(`grant select on pg_catalog.pg_file_settings to ${role};
      grant execute on function pg_catalog.pg_show_all_file_settings() to ${role}`);
    expect((await world.run()).outcome.consent).toMatchObject({
      granted: false,
      rule: 'level-off',
      where: 'configuration-file',
    });
  } finally {
    await admin.query(`alter system reset ${LEVEL}`);
    await admin.query(`drop owned by ${role}`);
  }
});

test.each([
  'grant select on pg_catalog.pg_file_settings',
  'grant execute on function pg_catalog.pg_show_all_file_settings()',
])(
  'ignores the configuration file with an incomplete privilege on pg_file_settings: %s',
  async (grant) => {
    await using database = await createDatabase({ release: '2.28.3' });
    const { admin, name, role } = database;
    await admin.query(`alter database ${name} set ${LEVEL} = 'basic'; ${grant} to ${role}`);
    await using world = await startWorld({ secret: secretFor(database) });
    const { outcome } = await world.run();
    await admin.query(`drop owned by ${role}`);
    expect(outcome.outcome).toBe('sent');
  },
);

test('treats an empty session level as unset', async () => {
  await using database = await createDatabase({ release: '2.28.3' });
  await database.admin.query('alter extension timescaledb drop function get_telemetry_report()');
  const connection = await loginTo(database);
  await connection.client.query(`set ${LEVEL} = 'basic'; reset ${LEVEL}`);
  const { level } = await snapshotOf(connection, readFacts);
  expect(level.session).toBeNull();
});

test('denies consent under DO_NOT_TRACK before the database is read', async () => {
  await using world = await startWorld({ secret: 'not even a secret' });
  const { outcome, error } = await world.run({ environment: { DO_NOT_TRACK: '1' } });
  expect(error).toBeUndefined();
  expect(outcome).toMatchObject({ outcome: 'skipped', consent: { rule: 'do-not-track' } });
  expect(world.secrets.connections()).toBe(0);
  expect(world.endpoint.connections()).toBe(0);
});
