import { expect, test } from 'vitest';
import { answerWithVersion } from '../../../emulator/telemetry-endpoint.ts';
import { createDatabase } from '../../support/postgres/databases.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';
import { consenting, reportOf } from './session-report.ts';

test('reports the tuning settings and the cloud, and no empty string', async () => {
  await using database = await consenting();
  const set = (name: string, value: string) =>
    database.admin.query(`alter database ${database.name} set ${name} = '${value}'`);
  await set('timescaledb.last_tune_time', '2024-05-06T07:08:09Z');
  await set('timescaledb.last_tune_version', '0.18.1');
  await set('timescaledb_telemetry.cloud', 'own');

  const { report } = await reportOf(database);
  expect(report).toMatchObject({
    last_tuned_time: '2024-05-06T07:08:09Z',
    last_tuned_version: '0.18.1',
    instance_metadata: { cloud: 'own' },
    license: { edition: 'community' },
  });

  await set('timescaledb.last_tune_time', '');
  await set('timescaledb_telemetry.cloud', '');
  await set('timescaledb.license', 'apache');
  const { report: later } = await reportOf(database);
  expect(later).not.toHaveProperty('last_tuned_time');
  expect(later).not.toHaveProperty('instance_metadata');
  expect(later.license).toEqual({ edition: 'apache_only' });
});

test.each(['03/02/2024 04:05:06 UTC', '03.02.2024 04:05:06 CET', 'yesterday'])(
  'omits an install time in another style than ISO (%s)',
  async (written) => {
    await using database = await consenting();
    await database.admin.query(
      `update _timescaledb_catalog.metadata set value = '${written}' where key = 'install_timestamp'`,
    );
    expect((await reportOf(database)).report).not.toHaveProperty('installed_time');
  },
);

test('sends a report without db_uuid, with a warning, when the database has no uuid', async () => {
  // The version is up to date, so that this is the only warning.
  await using database = await createDatabase({ release: '2.29.2' });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    delete from _timescaledb_catalog.metadata where key = 'uuid'`);
  await using world = await startWorld({
    secret: secretFor(database),
    answer: answerWithVersion('2.29.2'),
  });

  const { outcome } = await world.run();

  expect(outcome).toMatchObject({ outcome: 'sent', severity: 'WARN' });
  expect(outcome.warnings).toEqual([expect.stringContaining('has no uuid')]);
  expect(world.endpoint.reports[0]?.body.toString('utf8')).not.toContain('"db_uuid"');
});

test('omits a field without a known value', async () => {
  await using database = await consenting();
  await database.admin.query(`
    delete from _timescaledb_catalog.metadata where key = 'exported_uuid';
    alter extension timescaledb drop function _timescaledb_functions.get_os_info()`);

  const { report } = await reportOf(database);

  for (const name of [
    'exported_db_uuid',
    'install_method',
    'build_os_name',
    'build_os_version',
    'os_version',
    'os_release',
    'os_name_pretty',
    'instance_metadata',
    'last_tuned_time',
  ]) {
    expect(report).not.toHaveProperty(name);
  }
  expect(report.functions_used).toBeNull();
  // The extension's own text for an unknown host.
  expect(report.os_name).toBe('Unknown');
  expect(report.build_architecture_bit_size).toBe(64);
});
