import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePort, listenOnFreePort } from '../../emulator/http-server.ts';
import type { CheckEnding } from '../../lib/diagnostics/check-result.ts';
import { startWireProxy, type WireProxy } from '../support/network/wire-proxy.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { MODES, secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3' });
  await database.admin.query(
    `alter database ${database.name} set timescaledb.telemetry_level = 'basic'`,
  );
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

function brokenIn({ result }: CheckEnding) {
  const stage = result?.stages.find(({ status }) => status === 'failed');
  return `${stage?.stage} ${stage?.code}`;
}

/** Returns the messages to the server without their time limits. */
function messagesTo({ conversations }: WireProxy) {
  return conversations.map(({ startup, messages, queries }) => ({
    startup,
    messages,
    queries: queries.map((sql) => sql.replace(/statement_timeout = \d+/g, 'statement_timeout')),
  }));
}

test.each(MODES)('the same statements as in a run are sent %s', async (_how, split) => {
  await using ofRun = await startWireProxy(inject('postgres').port);
  await using ofCheck = await startWireProxy(inject('postgres').port);
  for (const [proxy, what] of [
    [ofRun, 'run'],
    [ofCheck, 'check'],
  ] as const) {
    await using world = await startWorld({
      secret: secretFor(database, { port: proxy.port }),
      split,
    });
    if (what === 'run') {
      const { outcome } = await world.run({ event: { ignoreSchedule: true } });
      expect(outcome.outcome).toBe('sent');
    } else {
      expect((await world.check()).result?.ok).toBe(true);
    }
  }
  expect(messagesTo(ofCheck)).toEqual(messagesTo(ofRun));
  expect(messagesTo(ofCheck)).toHaveLength(1);
});

test('fails the stage of the extension if a catalog table is locked', async () => {
  await using world = await startWorld({ secret: secretFor(database) });
  await database.admin.query(
    'begin; lock table _timescaledb_catalog.metadata in access exclusive mode',
  );
  const ending = await world.check();
  await database.admin.query('rollback');
  expect(brokenIn(ending)).toBe('extension CATALOG_LOCKED');
  expect(ending.line).toMatchObject({
    outcome: 'checked-only',
    stage: 'extension',
    severity: 'WARN',
  });
});

test('ends in time if the endpoint accepts the connection and sends nothing', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined).resume());
  const port = await listenOnFreePort(silent);
  await using world = await startWorld({ secret: secretFor(database) });
  const ending = await world.check({
    limitMs: scaled(1_000),
    environment: { DELIVERY: JSON.stringify({ endpoint: `https://127.0.0.1:${port}/` }) },
  });
  silent.close();
  expect(brokenIn(ending)).toBe('endpoint-tls TIME_LIMIT');
  expect(ending.result?.sentence).toContain('"endpoint"');
  expect(ending.error?.remedy).toContain('Nothing was sent.');
});

test("limits a check to the job's max_runtime", async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined).resume());
  const port = await listenOnFreePort(silent);
  await database.admin.query(`update _timescaledb_catalog.bgw_job set max_runtime = '1.5 seconds'`);
  await using world = await startWorld({ secret: secretFor(database) });
  const ending = await world.check({
    environment: { DELIVERY: JSON.stringify({ endpoint: `https://127.0.0.1:${port}/` }) },
  });
  silent.close();
  await database.admin.query(`update _timescaledb_catalog.bgw_job set max_runtime = '100 seconds'`);
  expect(brokenIn(ending)).toBe('endpoint-tls TIME_LIMIT');
  expect(ending.error?.message).toContain('the limit of the run is 1.5 s');
});

test("explains why the report was not built by the server's own function", async () => {
  await using world = await startWorld({ secret: secretFor(database) });
  const { result } = await world.check({ target: { reportSource: 'function' } });
  const report = result?.stages.find(({ stage }) => stage === 'report');
  expect(report?.status).toBe('ok');
  expect(report?.detail).toMatch(
    /by plain SQL, every field published; not as configured: get_telemetry/,
  );
});

test('builds a report that is not due', async () => {
  await database.admin.query(
    `update _timescaledb_catalog.bgw_job set initial_start = '2999-01-01T00:00:00Z'`,
  );
  await using world = await startWorld({ secret: secretFor(database) });
  const { result } = await world.check();
  await database.admin.query('update _timescaledb_catalog.bgw_job set initial_start = null');
  expect(result?.ok).toBe(true);
  expect(result?.stages).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        stage: 'job',
        detail: expect.stringContaining('next at 2999-01-01T00:00:00.000Z.'),
      }),
      expect.objectContaining({ stage: 'report', status: 'ok' }),
    ]),
  );
});

test('shows the connection of the second login after a rotation of the secret', async () => {
  const wrong = secretFor({ ...database, password: 'wrong' });
  const elsewhere = secretFor(database, { port: await freePort() });
  await using world = await startWorld({
    secrets: (_id, stage) =>
      stage === 'AWSCURRENT'
        ? { VersionId: 'v1', SecretString: wrong }
        : { VersionId: 'v2', SecretString: elsewhere },
  });
  expect(brokenIn(await world.check())).toBe('tcp DATABASE_UNREACHABLE');
});

test.each([
  [
    'a job that is paused by its next start',
    `insert into _timescaledb_internal.bgw_job_stat (job_id, next_start, total_runs, total_duration, total_duration_failures,
       total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
     values (1, 'infinity', 1, '0', '0', 1, 0, 0, 0, 0)`,
    'delete from _timescaledb_internal.bgw_job_stat',
    'The telemetry job is paused: its next_start is infinity. A run would be skipped.',
    /alter_job\(.*next_start => now\(\)\)/,
  ],
  [
    'a database that is being restored',
    "do $$ begin execute format('alter database %I set timescaledb.restoring = on', current_database()); end $$",
    "do $$ begin execute format('alter database %I reset timescaledb.restoring', current_database()); end $$",
    'A dump is being restored into this database: timescaledb.restoring is on. A run would be skipped.',
    /timescaledb_post_restore\(\)/,
  ],
])('names %s in the stage of the job', async (_what, sql, undo, detail, remedy) => {
  await using world = await startWorld({ secret: secretFor(database) });
  await database.admin.query(sql);
  const { result } = await world.check();
  await database.admin.query(undo);
  const stage = (name: string) => result?.stages.find((one) => one.stage === name);
  expect(result).toMatchObject({ ok: true, consent: { granted: false } });
  expect(stage('job')).toMatchObject({
    status: 'ok',
    detail,
    remedy: expect.stringMatching(remedy),
  });
  expect(stage('report')).toMatchObject({ status: 'skipped' });
});
