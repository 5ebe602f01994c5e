import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { runFor } from '../../support/timescaledb/reports.ts';
import { setForDatabase } from './set-for-database.ts';

function licenseKey(license: Readonly<Record<string, string>>): string {
  return `E1${Buffer.from(JSON.stringify(license)).toString('base64')}`;
}

const ENTERPRISE_KEY = licenseKey({
  id: '490FB260-A292-4AD9-9AA2-0360835791B8',
  kind: 'trial',
  start_time: '2018-08-31 20:00:00-04',
  end_time: '2018-09-30 20:00:00-04',
});

async function licenseOf(key: string | undefined, grant = 'pg_read_all_settings') {
  await using database = await createDatabase({ release: '1.7.5', level: 'basic' });
  if (key !== undefined) await setForDatabase(database, { 'timescaledb.license_key': key });
  if (grant !== '') await database.admin.query(`grant ${grant} to ${database.role}`);
  const { outcome, body, report } = await runFor(database);
  expect(outcome.outcome).toBe('sent');
  if (key !== undefined) expect(body?.includes(key)).toBe(false);
  return report['license'];
}

test('reports an enterprise license of 1.x as in the documentation, with times in UTC', async () => {
  expect(await licenseOf(ENTERPRISE_KEY)).toStrictEqual({
    id: '490FB260-A292-4AD9-9AA2-0360835791B8',
    kind: 'trial',
    edition: 'enterprise',
    end_time: '2018-10-01 00:00:00+00',
    start_time: '2018-09-01 00:00:00+00',
  });
});

test('reports only the edition with a role that may not read the license key', async () => {
  expect(await licenseOf(ENTERPRISE_KEY, '')).toStrictEqual({ edition: 'enterprise' });
});

test.each([
  ['that is unset', undefined, { edition: 'community' }],
  ['"CommunityLicense"', 'CommunityLicense', { edition: 'community' }],
  ['"ApacheOnly"', 'ApacheOnly', { edition: 'apache_only' }],
  ['that is not base64', 'E1%%%', { edition: 'enterprise' }],
  [
    'that is not JSON',
    `E1${Buffer.from('\0\xff no').toString('base64')}`,
    { edition: 'enterprise' },
  ],
  [
    'with texts that do not have the published form',
    licenseKey({ id: 'a b', kind: 'own', end_time: 'soon' }),
    { edition: 'enterprise' },
  ],
] as const)('sends the report with a license key %s', async (_what, key, license) => {
  expect(await licenseOf(key)).toStrictEqual(license);
});

test('reports an expired enterprise license as the edition community', async () => {
  await using database = await createDatabase({ release: '1.7.5', level: 'basic' });
  await setForDatabase(database, {
    'timescaledb.license_key': ENTERPRISE_KEY,
    'handmade.license_expired': 'yes',
  });
  await database.admin.query(`grant pg_read_all_settings to ${database.role}`);
  expect((await runFor(database)).report['license']).toStrictEqual({ edition: 'community' });
});

test('reports only the edition with a member of pg_read_all_settings that does not inherit its privileges', async () => {
  await using database = await createDatabase({ release: '1.7.5', level: 'basic' });
  await setForDatabase(database, { 'timescaledb.license_key': ENTERPRISE_KEY });
  await database.admin.query(
    `alter role ${database.role} noinherit; grant pg_read_all_settings to ${database.role}`,
  );
  expect((await runFor(database)).report['license']).toStrictEqual({ edition: 'enterprise' });
});

test('calls no function that the role may not call, and sends the report', async () => {
  await using database = await createDatabase({ release: '1.7.5', level: 'basic' });
  await setForDatabase(database, { 'timescaledb.license_key': ENTERPRISE_KEY });
  await database.admin.query(`
    grant pg_read_all_settings to ${database.role};
    revoke execute on all functions in schema _timescaledb_internal, public from public`);

  const { outcome, report } = await runFor(database, { target: { reportSource: 'function' } });

  expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
  expect(report).toMatchObject({ os_name: 'Unknown' });
  for (const name of ['os_version', 'license']) expect(report).not.toHaveProperty(name);
});
