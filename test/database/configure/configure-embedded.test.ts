import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  type EmbeddedTimescaleDb,
  serveEmbedded,
} from '../../../emulator/timescaledb.ts';
import { decideConsent } from '../../../lib/consent/decide-consent.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import { aTarget, loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { configured, decisionOf } from '../../support/run/configuring.ts';

/**
 * Tests with the real 2.23, whose own alter_job() and delete_job() are called. It was built without telemetry: the job is
 * inserted by hand, and levelWhenUnset replaces the level.
 */
let server: EmbeddedTimescaleDb;
beforeAll(async () => {
  const db = await bootEmbedded();
  await db.exec('create extension timescaledb');
  server = await serveEmbedded(db, 'postgres');
});
afterAll(() => server[Symbol.asyncDispose]());

const TARGET = { levelWhenUnset: 'basic' };
const INSERT = `insert into _timescaledb_config.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries,
    retry_period, proc_schema, proc_name, owner, scheduled, fixed_schedule)
  values (1, 'Telemetry Reporter [1]', '24h', '100s', -1, '1h', '_timescaledb_functions', 'policy_telemetry',
    current_role::regrole, true, false)`;

const database = () => ({ name: EMBEDDED_DATABASE, port: server.port });

async function rows(): Promise<unknown[]> {
  return (await server.db.query('select * from _timescaledb_config.bgw_job where id = 1')).rows;
}

async function consent() {
  const connection = await loginTo({ ...database(), role: 'postgres', password: 'any' });
  const facts = await snapshotOf(connection, (snapshot) => readFacts(snapshot));
  return decisionOf(decideConsent(facts, aTarget(TARGET)));
}

function change(event: Readonly<Record<string, unknown>>) {
  return configured(database(), event, { target: TARGET });
}

test('adds no job to a server that was built without telemetry', async () => {
  expect(await consent()).toMatchObject({ granted: true, rule: 'level-when-unset' });
  const { statements, notes } = await change({ action: 'enable', scope: 'database' });
  expect(statements).toStrictEqual([
    `ALTER DATABASE ${EMBEDDED_DATABASE} SET timescaledb.telemetry_level = 'basic'`,
  ]);
  expect(notes.join(' ')).toMatch(
    /built without telemetry.*template database|template database.*built without telemetry/s,
  );
  expect(await rows()).toStrictEqual([]);
});

test('pauses a job with alter_job(), which denies consent, and resumes it unchanged', async () => {
  await server.db.exec(INSERT);
  const before = await rows();
  const off = await change({ action: 'disable', scope: 'database' });
  expect(off.statements).toStrictEqual([
    `ALTER DATABASE ${EMBEDDED_DATABASE} SET timescaledb.telemetry_level = 'off'`,
    'SELECT public.alter_job(1, scheduled => false)',
  ]);
  await server.db.exec(
    `alter database ${EMBEDDED_DATABASE} set timescaledb.telemetry_level = 'basic'`,
  );
  expect(await consent()).toMatchObject({ granted: false, rule: 'job-paused' });
  await change({ action: 'enable', scope: 'database' });
  expect(await rows()).toStrictEqual(before);
  expect(await consent()).toMatchObject({ granted: true });
});

test('changes the interval with alter_job(), and removes the job with delete_job()', async () => {
  const on = await change({ action: 'enable', scope: 'database', scheduleInterval: '7 days' });
  expect(on.statements.at(-1)).toBe(
    "SELECT public.alter_job(1, schedule_interval => INTERVAL '7 days')",
  );
  expect(await rows()).toMatchObject([{ schedule_interval: '7 days' }]);
  const off = await change({ action: 'disable', scope: 'database', job: 'remove' });
  expect(off.statements.at(-1)).toBe('SELECT public.delete_job(1)');
  expect(await rows()).toStrictEqual([]);
});

test('grants consent again after the job was inserted by hand', async () => {
  await server.db.exec(
    `${INSERT}; alter database ${EMBEDDED_DATABASE} reset timescaledb.telemetry_level`,
  );
  expect(await consent()).toMatchObject({ granted: true, rule: 'level-when-unset' });
  await server.db.exec('delete from _timescaledb_config.bgw_job where id = 1');
  expect(await consent()).toMatchObject({ granted: true, rule: 'level-when-unset' });
});

test('notes that the server has not loaded its configuration', async () => {
  const { notes } = await change({ action: 'disable', scope: 'instance', job: 'keep' });
  await server.db.exec('alter system reset timescaledb.telemetry_level');
  expect(notes.join(' ')).toContain('not loaded it yet');
});
