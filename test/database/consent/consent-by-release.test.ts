import { describe, expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { type HandmadeRelease, has, jobSchema } from '../../support/timescaledb/catalogs.ts';
import { runFor } from '../../support/timescaledb/reports.ts';

/** One release of each form of the job catalog, and the last one before each change. */
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

/**
 * Returns the consent of a database with level basic after `sql` has run. consent.test.ts tests the rules; this file tests that
 * the catalogs of each release are read for them.
 */
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
  test('grants consent with a telemetry job', async () => {
    expect(await consentAfter(release, () => '')).toMatchObject({
      granted: true,
      rule: 'level-set',
    });
  });

  test('denies consent when the job was removed', async () => {
    const remove = `delete from ${jobSchema(release)}.bgw_job where id = 1`;
    expect(await consentAfter(release, () => remove)).toMatchObject({
      granted: false,
      rule: 'job-removed',
    });
  });
});

/** Returns the statistics that the scheduler writes after a run a day ago, with this next start. */
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
  test('denies consent when the next start of the job is infinite', async () => {
    expect(await consentAfter(release, () => statistics(release, "'infinity'"))).toMatchObject({
      granted: false,
      rule: 'job-paused',
      sentence: 'The telemetry job is paused: its next_start is infinity.',
    });
  });

  test('grants consent when the next start of the job is within a day', async () => {
    const nextStart = "now() + interval '1 day'";
    expect(await consentAfter(release, () => statistics(release, nextStart))).toMatchObject({
      granted: true,
    });
  });

  test('denies consent during a restore', async () => {
    expect(
      await consentAfter(
        release,
        ({ role }) => `alter role ${role} set timescaledb.restoring = 'on'`,
      ),
    ).toMatchObject({ granted: false, rule: 'restoring' });
  });

  test(`${has(release, '2.32.0') ? 'obeys' : 'ignores'} the level of the database's owner`, async () => {
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
  test('denies consent when the job is not scheduled', async () => {
    const pause = `update ${jobSchema(release)}.bgw_job set scheduled = false`;
    expect(await consentAfter(release, () => pause)).toMatchObject({
      granted: false,
      rule: 'job-paused',
    });
  });
});

/** Changes the owner of the job. Until 1.7 it is the owner of the extension's catalogs. */
function giveTo(release: HandmadeRelease, owner: string): string {
  const job = `${jobSchema(release)}.bgw_job`;
  return has(release, '2.0.0')
    ? `update ${job} set owner = '${owner}'`
    : `alter table ${job} owner to ${owner}`;
}

describe.each(RELEASES.filter((release) => has(release, '1.3.2')))('in %s', (release) => {
  test("denies consent when the level of the job's owner is off", async () => {
    expect(await consentAfter(release, ({ owner }) => giveTo(release, owner))).toMatchObject({
      granted: false,
      rule: 'level-off',
      where: 'role-in-database',
      holder: 'job-owner',
    });
  });
});

test('ignores the level of the owner of the catalogs in 1.3.1, whose job runs as the bootstrap superuser', async () => {
  expect(await consentAfter('1.3.1', ({ owner }) => giveTo('1.3.1', owner))).toMatchObject({
    granted: true,
  });
});
