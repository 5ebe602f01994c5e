import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Preview } from '../../../lib/run/get-report.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { type Settings, secretFor, startWorld, type World } from '../../support/run/world.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { expectedReport, withoutErrors } from '../../support/timescaledb/reports.ts';

const LEVEL = 'timescaledb.telemetry_level';

let database: TestDatabase;
let world: World;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3' });
  const { admin, name } = database;
  await fillWithKnownContents(database, '2.28.3');
  const own = {
    ...withoutErrors(await expectedReport(database, '2.28.3')),
    functions_used: { 'pg_catalog.abs(integer)': 3 },
    install_method: 'deb',
  };
  await admin.query(
    `create or replace function get_telemetry_report() returns jsonb language sql as $$ select '${JSON.stringify(own)}'::jsonb $$`,
  );
  // Writes all changes to disk, so that the size of the database does not change during the tests.
  await admin.query('checkpoint');
  await setLevel('basic');
  world = await startWorld({ secret: secretFor({ ...database, name }) });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function setLevel(level: string): Promise<void> {
  await database.admin.query(`alter database ${database.name} set ${LEVEL} = '${level}'`);
}

async function shown(settings: Settings = {}): Promise<Preview> {
  const { preview, error } = await world.preview(settings);
  if (error !== undefined) throw error;
  if (preview === undefined) throw new Error('The preview shows nothing.');
  return preview;
}

const LEVELS = ['off', 'no_functions', 'basic', 'BASIC', 'none of these'];
const TARGETS = [
  { reportSource: 'catalog', sizes: 'exact' },
  { reportSource: 'catalog', sizes: 'estimated' },
  { reportSource: 'function', sizes: 'exact' },
];
// All cases: a random choice from so few would omit some in every run.
const CASES = LEVELS.flatMap((level) =>
  TARGETS.flatMap((target) =>
    [false, true].map((alwaysDisplayReport) => ({ level, target, alwaysDisplayReport })),
  ),
);

describe('preview and run have the same bytes', () => {
  afterAll(() => setLevel('basic'));

  test.each(CASES)('%j', async ({ level, target, alwaysDisplayReport }) => {
    await setLevel(level);
    const before = world.endpoint.reports.length;
    const preview = await shown({ target, event: { alwaysDisplayReport } });
    const { outcome } = await world.run({ target, event: { ignoreSchedule: true } });
    const after = await shown({ target, event: { alwaysDisplayReport } });

    expect(after).toStrictEqual(preview);
    expect(preview.consent).toMatchObject(outcome.consent ?? {});
    expect(preview.consent.granted).toBe(/^(no_functions|basic)$/i.test(level));
    const posted = world.endpoint.reports[before]?.body;
    expect(world.endpoint.reports.length - before).toBe(preview.consent.granted ? 1 : 0);
    if (posted === undefined) {
      expect(preview.report === null).toBe(!alwaysDisplayReport);
      return;
    }
    expect(preview.report).toBe(posted.toString('utf8'));
    expect(preview.sha256).toBe(createHash('sha256').update(posted).digest('hex'));
    expect(preview.sha256).toBe(outcome.report?.sha256);
    expect(preview.bytes).toBe(posted.byteLength);
    expect(preview.source).toBe(target.reportSource);
  });
});

describe('a report without consent', () => {
  test('is not shown, and every rule is answered', async () => {
    await setLevel('off');
    await database.admin.query('update _timescaledb_catalog.bgw_job set scheduled = false');
    const preview = await shown({ environment: { DO_NOT_TRACK: '1' } });
    const asked = await shown({ event: { alwaysDisplayReport: true } });
    await database.admin.query('update _timescaledb_catalog.bgw_job set scheduled = true');
    await setLevel('basic');

    expect(preview).toMatchObject({
      report: null,
      sha256: null,
      bytes: null,
      consent: {
        granted: false,
        rule: 'do-not-track',
        sentence: 'DO_NOT_TRACK is set.',
        rules: [
          { rule: 'do-not-track', decision: 'denies' },
          { rule: 'level-off', decision: 'denies', remedy: expect.any(String) },
          { rule: 'job-removed', decision: 'no-objection' },
          { rule: 'job-paused', decision: 'denies', remedy: expect.any(String) },
          { rule: 'restoring', decision: 'no-objection' },
        ],
      },
    });
    expect(preview.consent.levels).toContainEqual({ where: 'database', level: 'off' });
    expect(asked.consent).toMatchObject({ granted: false, rule: 'level-off' });
    expect(JSON.parse(asked.report ?? '')).toMatchObject({ timescaledb_version: '2.28.3' });
  });

  test('is not shown under DO_NOT_TRACK when the database consents', async () => {
    const preview = await shown({ environment: { DO_NOT_TRACK: '1' } });
    expect(preview).toMatchObject({ report: null, sha256: null, bytes: null, source: null });
    expect(preview.consent).toMatchObject({ granted: false, rule: 'do-not-track' });
  });

  test('is built by plain SQL when it is requested, also under DO_NOT_TRACK', async () => {
    const preview = await shown({
      target: { reportSource: 'function' },
      environment: { DO_NOT_TRACK: '1' },
      event: { alwaysDisplayReport: true },
    });
    expect(preview).toMatchObject({ source: 'catalog', consent: { rule: 'do-not-track' } });
  });
});

test('logs the denied consent when a preview fails under DO_NOT_TRACK', async () => {
  const { admin } = database;
  await admin.query(
    "insert into _timescaledb_catalog.metadata values ('large', repeat('x', 1300000), true)",
  );
  const { outcome, error } = await world.preview({
    environment: { DO_NOT_TRACK: '1' },
    event: { alwaysDisplayReport: true },
  });
  await admin.query("delete from _timescaledb_catalog.metadata where key = 'large'");
  expect(error).toMatchObject({ code: 'REPORT_TOO_LARGE' });
  expect(outcome).toMatchObject({
    outcome: 'failed',
    consent: { granted: false, rule: 'do-not-track' },
  });
});

test('answers every rule for a database that consents', async () => {
  const preview = await shown();
  expect(preview).toMatchObject({
    database: 'metrics',
    environment: 'test',
    installedVersion: '2.28.3',
    consent: { granted: true, level: 'basic', rule: 'level-set', where: 'database' },
  });
  expect(preview.consent.rules.map(({ rule, decision }) => `${rule} ${decision}`)).toStrictEqual([
    'do-not-track no-objection',
    'level-set grants',
    'job-removed no-objection',
    'job-paused no-objection',
    'restoring no-objection',
  ]);
});

test('shows nextDue for a tick that is not due', async () => {
  const now = () => Date.parse('2026-11-25T12:00:00Z');
  const job = "_timescaledb_catalog.bgw_job set schedule_interval = '7 days', initial_start";
  await database.admin.query(`update ${job} = '2026-11-23 05:06:07Z'`);
  const preview = await shown({ now });
  const { outcome } = await world.run({ now });
  await database.admin.query(`update ${job} = 'infinity'`);
  const never = await shown({ now });
  await database.admin.query(
    "update _timescaledb_catalog.bgw_job set schedule_interval = '24h', initial_start = null",
  );
  expect(outcome).toMatchObject({ outcome: 'skipped', nextDue: '2026-11-30T05:06:07.000Z' });
  expect(preview.nextDue).toBe('2026-11-30T05:06:07.000Z');
  expect(preview.report).not.toBeNull();
  expect(never.nextDue).toBeNull();
  expect(never.report).not.toBeNull();
});

test.each([
  [{ alwaysDisplayReport: 'yes' }, 'alwaysDisplayReport: must be true or false'],
  [{ always: true }, 'unknown key "always"'],
  ['{}', 'must be an object, not a string'],
])('reads nothing for an invalid event: %j', async (event, problem) => {
  // A separate world: connections() does not count a connection that was kept alive.
  await using untouched = await startWorld({ secret: secretFor(database) });
  const { error, outcome, preview } = await untouched.preview({ event });
  expect(error).toMatchObject({ code: 'EVENT_INVALID' });
  expect(error?.message).toContain(problem);
  expect(outcome).toMatchObject({ outcome: 'failed', severity: 'ERROR' });
  expect(preview).toBeUndefined();
  expect(untouched.secrets.connections()).toBe(0);
});
