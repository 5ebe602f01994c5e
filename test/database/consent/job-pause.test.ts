import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { secretFor, startWorld, type World } from '../../support/run/world.ts';
import { NEXT_STARTS, type Statistics } from './next-start-cases.ts';

const LEVEL = 'timescaledb.telemetry_level';

let database: TestDatabase;
let world: World;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic' });
  world = await startWorld({ secret: secretFor(database) });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function write(statistics: Statistics | null): Promise<void> {
  const { admin } = database;
  await admin.query('delete from _timescaledb_internal.bgw_job_stat');
  if (statistics === null) return;
  const {
    lastStart = "now() - interval '1 second'",
    lastFinish = 'now()',
    nextStart,
    interval = '24 hours',
  } = statistics;
  await admin.query(`update _timescaledb_catalog.bgw_job set schedule_interval = '${interval}';
    insert into _timescaledb_internal.bgw_job_stat (job_id, last_start, last_finish, next_start, total_runs, total_duration,
      total_duration_failures, total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    values (1, ${lastStart}, ${lastFinish}, ${nextStart}, 1, '0', '0', 1, 0, 0, 0, 0)`);
}

describe.each([true, false])('the next start of the telemetry job', (sends) => {
  const title = sends ? 'grants consent when it is %s' : 'denies consent when it is %s';
  const cases = NEXT_STARTS.filter((one) => one[2] === sends);
  test.each(cases)(title, async (_what, statistics) => {
    await write(statistics);
    const { outcome, error } = await world.run({ event: { ignoreSchedule: true } });
    const { preview } = await world.preview();
    await write(null);

    expect(error).toBeUndefined();
    expect(outcome.outcome).toBe(sends ? 'sent' : 'skipped');
    expect(outcome.consent).toMatchObject(
      sends ? { granted: true } : { granted: false, rule: 'job-paused' },
    );
    expect(preview?.consent).toMatchObject(outcome.consent ?? {});
    expect(preview?.report === null).toBe(!sends);
  });
});

test('names the next start of a job that was set manually, and a remedy that resumes the job', async () => {
  await write({ nextStart: "'2100-02-03 04:05:06+00'" });
  const { outcome } = await world.run();
  await write(null);

  expect(outcome).toMatchObject({
    outcome: 'skipped',
    message:
      "The telemetry job is paused until 2100-02-03T04:05:06.000Z: its next_start is later than TimescaleDB's scheduler sets it.",
    remedy:
      'Run SELECT alter_job(<id of the telemetry job>, next_start => now()) to turn telemetry on.',
  });
});

describe('timescaledb.restoring', () => {
  test.each([
    [
      'denies consent when it is on for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      'on',
      false,
    ],
    [
      'denies consent when it is true for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      'true',
      false,
    ],
    [
      'denies consent when it is 1 for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      '1',
      false,
    ],
    [
      'denies consent when it is not a boolean for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      'maybe',
      false,
    ],
    [
      'denies consent when it is on for the reporting role',
      ({ role }: TestDatabase) => `role ${role}`,
      'on',
      false,
    ],
    [
      'denies consent when it is on for the owner of the job',
      () => 'role postgres in database $db',
      'on',
      false,
    ],
    [
      'has no effect when it is off for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      'off',
      true,
    ],
    [
      'has no effect when it is OFF for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      'OFF',
      true,
    ],
    [
      'has no effect when it is f for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      'f',
      true,
    ],
    [
      'has no effect when it is empty for the database',
      ({ name }: TestDatabase) => `database ${name}`,
      '',
      true,
    ],
  ] as const)('%s', async (_what, of, value, sends) => {
    const whose = of(database).replace('$db', database.name);
    await database.admin.query(`alter ${whose} set timescaledb.restoring = '${value}'`);
    const { outcome } = await world.run({ event: { ignoreSchedule: true } });
    await database.admin.query(`alter ${whose} reset timescaledb.restoring`);

    expect(outcome.outcome).toBe(sends ? 'sent' : 'skipped');
    if (!sends) {
      expect(outcome).toMatchObject({
        consent: { granted: false, rule: 'restoring' },
        message: 'A dump is being restored into this database: timescaledb.restoring is on.',
        remedy: 'Run SELECT timescaledb_post_restore() when the restore is complete.',
      });
    }
  });
});

test.each(['catalog', 'function'])(
  'omits exported_uuid_bak from a report by %s',
  async (reportSource) => {
    const { admin, name } = database;
    const uuid = '26917841-2fc0-48fd-b096-ba19b3fda98f';
    await admin.query(`insert into _timescaledb_catalog.metadata values
      ('exported_uuid_bak', '${uuid}', true), ('deployment', 'demonstration', true);
    create or replace function get_telemetry_report() returns jsonb language sql as $$
      select '{"db_metadata": {"exported_uuid_bak": "${uuid}", "deployment": "demonstration"}}'::jsonb $$;
    alter database ${name} set ${LEVEL} = 'basic'`);
    const { preview } = await world.preview({
      target: { reportSource },
      event: { alwaysDisplayReport: true },
    });
    await admin.query(
      "delete from _timescaledb_catalog.metadata where key in ('exported_uuid_bak', 'deployment')",
    );
    expect(preview?.report).not.toContain('exported_uuid_bak');
    expect(preview?.report).toContain('demonstration');
  },
);
