import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { runFor } from '../../support/timescaledb/reports.ts';
import { setForDatabase } from './set-for-database.ts';

test('omits the cloud, the license and the tuning when their settings are unset', async () => {
  await using database = await createDatabase({ release: '2.13.1', level: 'basic' });
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  for (const name of [
    'instance_metadata',
    'license',
    'distributed_member',
    'last_tuned_time',
    'last_tuned_version',
  ]) {
    expect(report).not.toHaveProperty(name);
  }
});

test.each([
  ['timescaledb.last_tuned', 'not a time'],
  ['timescaledb.last_tuned_version', 'the password is in the drawer'],
])('omits %s when timescaledb-tune cannot have written it', async (setting, value) => {
  await using database = await createDatabase({ release: '2.13.1', level: 'basic' });
  await setForDatabase(database, { [setting]: value });
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  expect(Object.keys(report).filter((name) => name.startsWith('last_tuned'))).toStrictEqual([]);
});

test('reports every row of the metadata in 1.3, which has no flag, except the three that have other fields', async () => {
  await using database = await createDatabase({ release: '1.3.2', level: 'basic' });
  await database.admin.query(
    `insert into _timescaledb_catalog.telemetry_metadata values ('one', '1'), ('other', '2')`,
  );
  expect((await runFor(database)).report['db_metadata']).toStrictEqual({ one: '1', other: '2' });
});

test.each([
  { encoding: 'LATIN1', text: 'Zürich £', sql: "'Zürich £'" },
  { encoding: 'EUC_JP', text: '東京', sql: "'東京'" },
  // The encoding of such bytes is unknown: U+FFFD replaces them.
  {
    encoding: 'SQL_ASCII',
    text: 'caf\uFFFD',
    sql: "convert_from('\\x636166e9', 'SQL_ASCII')",
  },
])(
  'sends UTF-8 when the encoding of the database is $encoding',
  async ({ encoding, text, sql }) => {
    await using database = await createDatabase({ release: '2.28.3', encoding, level: 'basic' });
    await database.admin.query(
      `insert into _timescaledb_catalog.metadata values ('place', ${sql}, true)`,
    );

    const { body, report } = await runFor(database);

    expect(report['db_metadata']).toStrictEqual({ place: text });
    expect(body?.includes(Buffer.from(text, 'utf8'))).toBe(true);
  },
);

test.each([
  ['2024-02-29 23:59:59.999999-08', '2024-03-01T07:59:59+00'],
  ['2023-02-29 00:00:00+00', undefined],
  ['2024-13-01 00:00:00+00', undefined],
  ['2024-04-31 00:00:00+00', undefined],
  ['2024-04-30 24:00:00+00', undefined],
  ['2024-04-30 10:60:00+00', undefined],
  ['2024-04-30 10:00:00+16', undefined],
  ['2024-04-30 10:00:00', undefined],
  ['2024-04-30', undefined],
  ['04/30/2024 10:00:00 UTC', undefined],
])('reports the install time %s as %s', async (written, expected) => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query(
    `update _timescaledb_catalog.metadata set value = '${written}' where key = 'install_timestamp'`,
  );
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  expect(report['installed_time']).toBe(expected);
});

test('calls no function in a schema that the role may not use, and sends the report', async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query('revoke usage on schema _timescaledb_functions from public');
  const { outcome, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  expect(report).toMatchObject({ os_name: 'Unknown' });
});

/** All names that releases and tools have used for the settings of timescaledb-tune. */
const TUNE_SETTINGS = {
  'timescaledb.last_tuned': '2001-01-01T00:00:00Z',
  'timescaledb.last_tune_time': '2002-02-02T00:00:00Z',
  'timescaledb.last_tuned_time': '2003-03-03T00:00:00Z',
  'timescaledb.last_tuned_version': '0.1.1',
  'timescaledb.last_tune_version': '0.2.2',
};

test.each([
  ['2.24.0', { last_tuned_time: '2001-01-01T00:00:00Z', last_tuned_version: '0.1.1' }],
  ['2.25.0', { last_tuned_time: '2002-02-02T00:00:00Z', last_tuned_version: '0.2.2' }],
  ['2.29.2', { last_tuned_time: '2002-02-02T00:00:00Z', last_tuned_version: '0.2.2' }],
] as const)('%s reports the settings that its own reporter reads', async (release, expected) => {
  await using database = await createDatabase({ release, level: 'basic' });
  await setForDatabase(database, TUNE_SETTINGS);
  expect((await runFor(database)).report).toMatchObject(expected);
});

test.each([
  ['2.24.0', ['timescaledb.last_tune_time', 'timescaledb.last_tune_version']],
  ['2.25.0', ['timescaledb.last_tuned', 'timescaledb.last_tuned_version']],
  ['2.29.2', ['timescaledb.last_tuned', 'timescaledb.last_tuned_version']],
] as const)('%s does not report the settings of other releases', async (release, names) => {
  await using database = await createDatabase({ release, level: 'basic' });
  const others = Object.entries(TUNE_SETTINGS).filter(([name]) =>
    names.some((one) => one === name),
  );
  await setForDatabase(database, Object.fromEntries(others));
  const { report } = await runFor(database);
  expect(Object.keys(report).filter((name) => name.startsWith('last_tuned'))).toStrictEqual([]);
});

test('reports a host without a name of its system as Unknown', async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query(`
    create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text, out version_pretty text)
      language sql as $$ select null::text, null::text, null::text, null::text $$`);
  const { report } = await runFor(database);
  expect(report).toMatchObject({ os_name: 'Unknown' });
  for (const name of ['os_version', 'os_release', 'os_name_pretty']) {
    expect(report).not.toHaveProperty(name);
  }
});
