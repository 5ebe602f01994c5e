import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../../support/postgres/postgres.ts';
import { aTarget, loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';
import { scaled } from '../../support/vitest/time-limits.ts';

const asItIs = (row: unknown): unknown => row;

let database: TestDatabase;
const others: pg.Client[] = [];

beforeEach(async () => {
  database = await createDatabase({ release: '2.28.3' });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    create table busy (id int primary key, body text);
    insert into busy select i, repeat('x', 1000) from generate_series(1, 1000) i;
    create table idle (id int)`);
  await database.admin.query('vacuum analyze busy');
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.end();
  await database[Symbol.asyncDispose]();
});

async function otherSession(): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: inject('postgres').port,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    database: database.name,
    ssl: false,
  });
  await client.connect();
  others.push(client);
  return client;
}

async function untilWaiting(): Promise<void> {
  for (;;) {
    const { rowCount } = await database.admin.query(
      `select 1 from pg_catalog.pg_stat_activity where wait_event_type = 'Lock' and datname = pg_catalog.current_database()`,
    );
    if (rowCount !== 0) return;
    await delay(10);
  }
}

/** Maximum delay of the reading half by a lock: the lock timeout and a second. */
const MAX_DELAY_MS = scaled(4_000);

async function run() {
  await using world = await startWorld({ secret: secretFor(database) });
  const { outcome } = await world.run();
  expect(outcome.outcome).toBe('sent');
  expect(outcome.durationMs.database).toBeLessThan(MAX_DELAY_MS);
  const report = JSON.parse(world.endpoint.reports[0]?.body.toString('utf8') ?? '{}');
  return { outcome, tables: report.relations.tables };
}

test('measures a table that is not locked', async () => {
  const { outcome, tables } = await run();
  const { rows } = await database.admin.query(
    `select pg_table_size('busy') - pg_total_relation_size(reltoastrelid) as heap, pg_indexes_size('busy') as indexes
     from pg_class where relname = 'busy'`,
  );
  expect(outcome.report).not.toHaveProperty('estimatedRelations');
  expect([tables.heap_size, tables.indexes_size]).toEqual([
    Number(rows[0].heap),
    Number(rows[0].indexes),
  ]);
});

test.each([
  ['the table', 'lock table busy in access exclusive mode'],
  ['its index alone', 'reindex index busy_pkey'],
  ['the index of its toast table', 'reindex table <toast>'],
  [
    'its toast table alone',
    'set local allow_system_table_mods = on; alter table <toast> rename to pg_toast_renamed',
  ],
])(
  'estimates a table without delay when another session has locked %s, and logs the number',
  async (_what, sql) => {
    const { rows } = await database.admin.query(
      `select 8192 * relpages as heap, (select 8192 * relpages from pg_class where relname = 'busy_pkey') as indexes,
       reltoastrelid::regclass::text as toast
     from pg_class where relname = 'busy'`,
    );
    const other = await otherSession();
    await other.query(`begin; ${sql.replace('<toast>', rows[0].toast)}`);

    const { outcome, tables } = await run();

    // Only one of two tables: after a lock timeout both would be estimated.
    expect(outcome.report?.estimatedRelations).toBe(1);
    expect([tables.num_relations, tables.heap_size, tables.indexes_size]).toEqual([
      2,
      rows[0].heap,
      rows[0].indexes,
    ]);
  },
);

test('estimates a table without delay when another session waits for its lock', async () => {
  const reader = await otherSession();
  await reader.query('begin; select 1 from busy limit 1');
  const writer = await otherSession();
  const waiting = writer.query('begin; lock table busy in access exclusive mode');
  await untilWaiting();

  const { outcome } = await run();

  expect(outcome.report?.estimatedRelations).toBe(1);
  await reader.query('rollback');
  await waiting;
});

test('can send another statement after a lock timeout', async () => {
  const other = await otherSession();
  await other.query('begin; lock table busy in access exclusive mode');

  const connection = await loginTo(database);
  const row = await snapshotOf(connection, async (snapshot) => {
    await expect(
      snapshot.row("select pg_catalog.pg_table_size('public.busy') as size", asItIs),
    ).rejects.toMatchObject({ code: 'CATALOG_LOCKED' });
    return snapshot.row("select 'estimated' as size", asItIs);
  });

  expect(row).toEqual({ size: 'estimated' });
});

test.each([
  ['a reader', 'begin; select 1 from busy limit 1'],
  ['a writer', "begin; insert into busy values (0, 'x')"],
])('measures a table that has %s', async (_who, sql) => {
  const other = await otherSession();
  await other.query(sql);
  const { outcome } = await run();
  expect(outcome.report).not.toHaveProperty('estimatedRelations');
});

test('measures a table when a session waits for the lock of one of its rows', async () => {
  const first = await otherSession();
  await first.query("begin; update busy set body = 'first' where id = 1");
  const second = await otherSession();
  const waiting = second.query("begin; update busy set body = 'second' where id = 1");
  await untilWaiting();
  const { outcome } = await run();
  expect(outcome.report).not.toHaveProperty('estimatedRelations');
  await first.query('rollback');
  await waiting;
});

test('estimates no relation when the locked one is not measured', async () => {
  await database.admin.query(`
    create table _timescaledb_internal.compressed_data (at int);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name, compression_state)
      values (3, '_timescaledb_internal', 'compressed_data', 2)`);
  const other = await otherSession();
  await other.query(
    'begin; lock table _timescaledb_internal.compressed_data in access exclusive mode',
  );
  const { outcome } = await run();
  expect(outcome.report).not.toHaveProperty('estimatedRelations');
});

test('estimates a locked chunk without delay', async () => {
  await database.admin.query(`
    create table measured (at int);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name) values (1, 'public', 'measured');
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name) values (1, 1, 'public', 'busy')`);
  const other = await otherSession();
  await other.query('begin; lock table busy in access exclusive mode');

  const { outcome } = await run();

  expect(outcome.report?.estimatedRelations).toBe(1);
});

test.each([
  ['facts', 'metadata'],
  ['report', 'hypertable'],
])(
  'fails with a retryable error within the lock timeout when a catalog table of the %s (%s) is locked',
  async (_of, table) => {
    const other = await otherSession();
    await other.query(`begin; lock table _timescaledb_catalog.${table} in access exclusive mode`);
    await using world = await startWorld({ secret: secretFor(database) });

    const { outcome } = await world.run();

    expect(outcome.error).toMatchObject({ code: 'CATALOG_LOCKED', retryable: true });
    expect(outcome.durationMs.database).toBeLessThan(MAX_DELAY_MS);
    expect(world.endpoint.connections()).toBe(0);
  },
);

/** Locks every user relation, including a chunk, a toast table and indexes, so that opening any of them has to wait. */
async function lockAll(client: pg.Client): Promise<void> {
  await database.admin.query(`
    create table measured (at int);
    create table _timescaledb_internal.chunk (at int primary key);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name) values (1, 'public', 'measured');
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name)
      values (1, 1, '_timescaledb_internal', 'chunk')`);
  await client.query(
    `begin; lock table busy, idle, measured, _timescaledb_internal.chunk in access exclusive mode;
     reindex index _timescaledb_internal.chunk_pkey; set local allow_system_table_mods = on`,
  );
  const { rows } = await client.query<{ toast: string; toast_index: string }>(
    `select t.oid::regclass::text as toast, i.indexrelid::regclass::text as toast_index
     from pg_class c join pg_class t on t.oid = c.reltoastrelid join pg_index i on i.indrelid = t.oid where c.relname = 'busy'`,
  );
  await client.query(`
    reindex index busy_pkey;
    reindex index ${rows[0]?.toast_index};
    alter table ${rows[0]?.toast} rename to pg_toast_renamed`);
  const { rows: locked } = await client.query<{ locked: number }>(
    `select count(distinct relation)::int as locked from pg_catalog.pg_locks
     where pid = pg_backend_pid() and mode = 'AccessExclusiveLock' and relation >= 16384`,
  );
  expect(locked[0]?.locked).toBeGreaterThanOrEqual(8);
}

test('opens and locks only catalogs with estimated sizes', async () => {
  const other = await otherSession();
  await lockAll(other);
  const connection = await loginTo(database);

  const { source, locks } = await snapshotOf(connection, async (snapshot) => {
    const { source } = await buildReport(snapshot, aTarget({ sizes: 'estimated' }), 'basic');
    const { rows } = await database.admin.query<{ relation: string }>(
      `select l.relation::regclass::text as relation
         from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a using (pid)
         join pg_catalog.pg_class c on c.oid = l.relation join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where a.usename = $1 and n.nspname not in ('pg_catalog', '_timescaledb_catalog') and c.relname !~ '^bgw_job_stat'`,
      [database.role],
    );
    return { source, locks: rows };
  });

  expect(source).toBe('catalog');
  expect(locks).toStrictEqual([]);
});
