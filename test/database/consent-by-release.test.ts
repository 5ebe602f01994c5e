import { describe, expect, test } from 'vitest';
import { HANDMADE_RELEASES, type HandmadeRelease, has, jobSchema } from '../support/catalogs.ts';
import { createDatabase } from '../support/databases.ts';
import { runFor } from '../support/reports.ts';

/** The rules are in consent.test.ts; here is that each release's catalogs answer them. */
async function consentAfter(
  release: HandmadeRelease,
  sql: (names: { role: string; owner: string }) => string,
) {
  await using database = await createDatabase({ release });
  const owner = `${database.role}_owner`;
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    create role ${owner};
    alter role ${owner} in database ${database.name} set timescaledb.telemetry_level = 'off'`);
  await database.admin.query(sql({ role: database.role, owner }));
  const { outcome, body } = await runFor(database);
  await database.admin.query(`reassign owned by ${owner} to postgres; drop role ${owner}`);
  expect(body === undefined).toBe(outcome.consent?.granted === false);
  return outcome.consent;
}

describe.each(HANDMADE_RELEASES)('in %s', (release) => {
  test('a job that is there consents', async () => {
    expect(await consentAfter(release, () => '')).toMatchObject({
      granted: true,
      rule: 'level-set',
    });
  });

  test('a job that was removed does not', async () => {
    const remove = `delete from ${jobSchema(release)}.bgw_job where id = 1`;
    expect(await consentAfter(release, () => remove)).toMatchObject({
      granted: false,
      rule: 'job-removed',
    });
  });
});

describe.each(HANDMADE_RELEASES.filter((release) => has(release, '2.0.0')))('in %s', (release) => {
  test('a job that is not scheduled does not', async () => {
    const pause = `update ${jobSchema(release)}.bgw_job set scheduled = false`;
    expect(await consentAfter(release, () => pause)).toMatchObject({
      granted: false,
      rule: 'job-paused',
    });
  });
});

describe.each(HANDMADE_RELEASES.filter((release) => has(release, '1.3.2')))('in %s', (release) => {
  test("a job whose owner's level is off does not", async () => {
    const job = `${jobSchema(release)}.bgw_job`;
    // Until 1.7 the job has no owner of its own, but that of the extension's catalogs.
    const change = has(release, '2.0.0')
      ? (owner: string) => `update ${job} set owner = '${owner}'`
      : (owner: string) => `alter table ${job} owner to ${owner}`;
    expect(await consentAfter(release, ({ owner }) => change(owner))).toMatchObject({
      granted: false,
      rule: 'level-off',
      where: 'role in database (job owner)',
    });
  });
});
