import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobHealth } from '../../lib/timescaledb/facts.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import {
  isOldPostgresHere,
  type OldPostgres,
  startOldPostgres,
} from '../support/postgres/old-postgres.ts';
import { secretFor, startWorld } from '../support/run/world.ts';
import {
  BOUNDARY_RELEASES,
  HANDMADE_RELEASES,
  type HandmadeRelease,
  has,
  jobSchema,
} from '../support/timescaledb/catalogs.ts';
import { JOB_RUNS, jobSql, PAUSED } from '../support/timescaledb/job-runs.ts';
import { runFor } from '../support/timescaledb/reports.ts';

const NEWEST = '2.32.0';
const NO_JOBS = { scheduled: 0, failing: 0, oldestFailure: null };

/** Adds a job of each kind, and returns the expected numbers. */
async function addJobs({ admin }: TestDatabase, release: HandmadeRelease): Promise<JobHealth> {
  const statements = JOB_RUNS.map(([, run], index) =>
    jobSql(release, run.isTelemetry ? 1 : 1_000 + index, run),
  );
  const canPause = has(release, '2.0.0');
  await admin.query(
    [...statements, ...(canPause ? [jobSql(release, 2_000, PAUSED)] : [])].join('\n'),
  );
  return {
    scheduled: JOB_RUNS.filter(([, { isTelemetry }]) => !isTelemetry).length,
    failing: JOB_RUNS.filter(([, , isFailing]) => isFailing).length,
    oldestFailure: has(release, '1.5.0') ? '2026-11-17T02:00:00.250Z' : null,
  };
}

describe.each([...HANDMADE_RELEASES, ...BOUNDARY_RELEASES])('a run for %s', (release) => {
  test('counts scheduled and failing jobs in its outcome, and not in the report', async () => {
    await using database = await createDatabase({ release, level: 'basic' });
    const expected = await addJobs(database, release);

    const { outcome, body } = await runFor(database, { event: { ignoreSchedule: true } });

    expect(outcome).toMatchObject({ outcome: 'sent', jobs: expected });
    expect(body?.toString('utf8')).not.toMatch(/oldestFailure|"failing"|2026-11-17T02/);
  });
});

describe('a run', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase({ release: NEWEST, level: 'off' });
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  test.each(JOB_RUNS)('counts a job that %s', async (_what, run, isFailing) => {
    const { admin } = database;
    await admin.query(jobSql(NEWEST, run.isTelemetry ? 1 : 1_000, run));
    const { outcome } = await runFor(database);
    await admin.query(`delete from ${jobSchema(NEWEST)}.bgw_job where id >= 1000;
      delete from _timescaledb_internal.bgw_job_stat`);

    expect(outcome.jobs).toMatchObject({
      scheduled: run.isTelemetry ? 0 : 1,
      failing: isFailing ? 1 : 0,
    });
  });

  test('does not count a paused job', async () => {
    await database.admin.query(jobSql(NEWEST, 1_000, PAUSED));
    const { outcome } = await runFor(database);
    await database.admin.query(`delete from ${jobSchema(NEWEST)}.bgw_job where id >= 1000;
      delete from _timescaledb_internal.bgw_job_stat`);
    expect(outcome.jobs).toStrictEqual(NO_JOBS);
  });
});

describe('a database', () => {
  test('without jobs has zeros, with and without the telemetry job', async () => {
    await using database = await createDatabase({ release: NEWEST });
    expect((await runFor(database)).outcome.jobs).toStrictEqual(NO_JOBS);
    await database.admin.query(`delete from ${jobSchema(NEWEST)}.bgw_job`);
    expect((await runFor(database)).outcome.jobs).toStrictEqual(NO_JOBS);
  });

  test('has its numbers in the preview, also without consent', async () => {
    await using database = await createDatabase({ release: NEWEST, level: 'off' });
    const expected = await addJobs(database, NEWEST);
    await using world = await startWorld({ secret: secretFor(database) });

    const { preview, outcome } = await world.preview();

    expect(preview).toMatchObject({ report: null, jobs: expected });
    expect(outcome.jobs).toStrictEqual(expected);
  });

  test('that shows few columns of the statistics is reported without the numbers', async () => {
    await using database = await createDatabase({ release: NEWEST, level: 'basic' });
    await addJobs(database, NEWEST);
    await database.admin.query(`
      revoke all on _timescaledb_internal.bgw_job_stat from public;
      grant select (job_id, next_start, last_start, last_finish, total_runs, total_duration, total_duration_failures,
        total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
        on _timescaledb_internal.bgw_job_stat to ${database.role}`);
    await using world = await startWorld({ secret: secretFor(database) });

    const { outcome } = await world.run({ event: { ignoreSchedule: true } });
    const { preview } = await world.preview();

    expect(outcome).toMatchObject({ outcome: 'sent', consent: { granted: true } });
    expect(outcome).not.toHaveProperty('jobs');
    expect(preview?.jobs).toBeNull();
  });

  test('that shows no statistics is not reported, since a paused telemetry job would be hidden', async () => {
    await using database = await createDatabase({ release: NEWEST, level: 'basic' });
    await database.admin.query('revoke all on _timescaledb_internal.bgw_job_stat from public');
    await using world = await startWorld({ secret: secretFor(database) });
    const { outcome } = await world.run();
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'DATABASE_PERMISSION' } });
  });
});

describe.skipIf(!isOldPostgresHere)('on PostgreSQL 12', () => {
  let server: OldPostgres;
  beforeAll(async () => {
    server = await startOldPostgres(12);
  });
  afterAll(async () => {
    await server?.stop();
  });

  test.each(['1.4.2', '1.7.5', '2.0.2', '2.10.3'] as const)(
    'jobs of %s are counted',
    async (release) => {
      await using database = await createDatabase({ port: server.port, release, level: 'basic' });
      const expected = await addJobs(database, release);
      const { outcome } = await runFor(database, { event: { ignoreSchedule: true } });
      expect(outcome).toMatchObject({ outcome: 'sent', jobs: expected });
    },
  );
});
