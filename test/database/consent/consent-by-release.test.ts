import { describe, expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { type HandmadeRelease, has, jobSchema } from '../../support/timescaledb/catalogs.ts';
import { runFor } from '../../support/timescaledb/reports.ts';

/** One of each form of the job catalog, and the last before each change. */
const RELEASES = [
  '0.12.1',
  '1.3.1',
  '1.3.2',
  '1.7.5',
  '2.0.0',
  '2.8.1',
  '2.9.0',
  '2.10.0',
  '2.10.2',
  '2.11.2',
  '2.12.0',
  '2.24.0',
  '2.25.0',
  '2.29.2',
  '2.31.2',
  '2.32.0',
] as const;

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

describe.each(RELEASES)('in %s', (release) => {
  test('a telemetry job consents', async () => {
    expect(await consentAfter(release, () => '')).toMatchObject({
      granted: true,
      rule: 'level-set',
    });
  });

  test('a removed job denies', async () => {
    const remove = `delete from ${jobSchema(release)}.bgw_job where id = 1`;
    expect(await consentAfter(release, () => remove)).toMatchObject({
      granted: false,
      rule: 'job-removed',
    });
  });
});

/** One run of the job that ended a day before, as the scheduler leaves it behind, with its next start. */
function withNextStart(nextStart: string): string {
  return `insert into _timescaledb_internal.bgw_job_stat (job_id, last_start, last_finish, next_start, total_runs, total_duration,
      ${'total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes'})
    values (1, now() - interval '1 day', now() - interval '1 day', ${nextStart}, 1, '0', 1, 0, 0, 0, 0)`;
}

function statistics(release: HandmadeRelease, nextStart: string): string {
  const insert = withNextStart(nextStart);
  return has(release, '2.9.0')
    ? insert
        .replace('total_runs,', 'total_runs, total_duration_failures,')
        .replace("1, '0', 1", "1, '0', '0', 1")
    : insert;
}

describe.each(RELEASES)('in %s', (release) => {
  test('a job with an infinite next start denies', async () => {
    expect(await consentAfter(release, () => statistics(release, "'infinity'"))).toMatchObject({
      granted: false,
      rule: 'job-paused',
      sentence: 'The telemetry job is paused: its next_start is infinity.',
    });
  });

  test('a job with a next start within a day consents', async () => {
    const nextStart = "now() + interval '1 day'";
    expect(await consentAfter(release, () => statistics(release, nextStart))).toMatchObject({
      granted: true,
    });
  });

  test('a restore denies', async () => {
    expect(
      await consentAfter(
        release,
        ({ role }) => `alter role ${role} set timescaledb.restoring = 'on'`,
      ),
    ).toMatchObject({ granted: false, rule: 'restoring' });
  });

  test(`the level of the database's owner ${has(release, '2.32.0') ? 'counts' : 'does not count'}`, async () => {
    const give = ({ owner }: { owner: string }) =>
      `do $$ begin execute format('alter database %I owner to ${owner}', current_database()); end $$`;
    expect(await consentAfter(release, give)).toMatchObject(
      has(release, '2.32.0')
        ? { granted: false, rule: 'level-off', where: 'role-in-database', holder: 'database-owner' }
        : { granted: true },
    );
  });
});

describe.each(RELEASES.filter((release) => has(release, '2.0.0')))('in %s', (release) => {
  test('a job that is not scheduled denies', async () => {
    const pause = `update ${jobSchema(release)}.bgw_job set scheduled = false`;
    expect(await consentAfter(release, () => pause)).toMatchObject({
      granted: false,
      rule: 'job-paused',
    });
  });
});

/** Until 1.7 the job has no owner of its own, but that of the extension's catalogs. */
function giveTo(release: HandmadeRelease, owner: string): string {
  const job = `${jobSchema(release)}.bgw_job`;
  return has(release, '2.0.0')
    ? `update ${job} set owner = '${owner}'`
    : `alter table ${job} owner to ${owner}`;
}

describe.each(RELEASES.filter((release) => has(release, '1.3.2')))('in %s', (release) => {
  test("a level off of the job's owner denies", async () => {
    expect(await consentAfter(release, ({ owner }) => giveTo(release, owner))).toMatchObject({
      granted: false,
      rule: 'level-off',
      where: 'role-in-database',
      holder: 'job-owner',
    });
  });
});

test('in 1.3.1 the job runs as the bootstrap superuser, for every owner of the catalogs', async () => {
  expect(await consentAfter('1.3.1', ({ owner }) => giveTo('1.3.1', owner))).toMatchObject({
    granted: true,
  });
});
