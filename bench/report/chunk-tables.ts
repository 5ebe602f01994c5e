import type pg from 'pg';

/** What the chunks hold: `empty-toast` has no long values; `mixed` has every history that changes files. */
export const CONTENTS = ['empty-toast', 'mixed'] as const;
export type Contents = (typeof CONTENTS)[number];

/** Tables made in one transaction: the locks of more would not fit into the server's lock table. */
const AT_ONCE = 200;

/** A hypertable as TimescaleDB 2.28 makes it: a parent table, with two indexes and columns that can be stored out of line. */
const HYPERTABLE = `
  create table flow (
    measured_at timestamptz not null, pump int not null, litres float, pressure float, temperature float, is_open bool,
    state text not null default 'ok', remark text
  );
  create index flow_measured_at_idx on flow (measured_at desc);
  create index flow_pump_measured_at_idx on flow (pump, measured_at desc);
  insert into _timescaledb_catalog.hypertable (id, schema_name, table_name) values (1, 'public', 'flow')`;

/** Chunks `first` to `last`, each with its constraint, two indexes, a TOAST table and a row. */
function chunksSql(first: number, last: number): string {
  return `do $chunks$
declare
  name text;
  start timestamptz;
begin
  for i in ${first} .. ${last} loop
    name := format('_hyper_1_%s_chunk', i);
    start := timestamptz '2000-01-01' + i * interval '1 day';
    execute format(
      'create table _timescaledb_internal.%I (check (measured_at >= %L and measured_at < %L)) inherits (public.flow)',
      name, start, start + interval '1 day');
    execute format('create index %I on _timescaledb_internal.%I (measured_at desc)', name || '_flow_measured_at_idx', name);
    execute format('create index %I on _timescaledb_internal.%I (pump, measured_at desc)', name || '_flow_pump_measured_at_idx', name);
    execute format('insert into _timescaledb_internal.%I (measured_at, pump, litres) select %L, i, i from generate_series(1, 20) i', name, start);
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name, status)
      values (i, 1, '_timescaledb_internal', name, 0);
  end loop;
end
$chunks$`;
}

/** A value that stays long when it is compressed. */
const LONG_TEXT = "(select string_agg(md5(random()::text), '') from generate_series(1, 200))";

/** Statements for some chunks, by the remainder of the chunk's number; VACUUM needs a statement of its own. */
const HISTORIES: Readonly<Record<number, readonly string[]>> = {
  1: [
    `insert into <chunk> (measured_at, pump, litres, remark) select measured_at, pump, litres, ${LONG_TEXT} from <chunk> limit 5`,
  ],
  2: [
    `insert into <chunk> (measured_at, pump, litres, remark) select measured_at, pump, litres, ${LONG_TEXT} from <chunk> limit 5`,
    'delete from <chunk>',
    'vacuum <chunk>',
  ],
  3: ['truncate <chunk>'],
  4: ['delete from <chunk>', 'vacuum <chunk>'],
};
const HISTORIES_REPEAT = 8;

async function addHistories(admin: pg.Client, chunks: number): Promise<void> {
  for (let chunk = 1; chunk <= chunks; chunk += 1) {
    for (const statement of HISTORIES[chunk % HISTORIES_REPEAT] ?? []) {
      await admin.query(
        statement.replaceAll('<chunk>', `_timescaledb_internal._hyper_1_${chunk}_chunk`),
      );
    }
  }
}

/** Makes a hypertable with `chunks` chunks in the hand-made catalogs of 2.28.3, vacuumed and analyzed. */
export async function makeChunks(
  admin: pg.Client,
  chunks: number,
  contents: Contents,
): Promise<void> {
  await admin.query("set synchronous_commit = off; set timezone = 'UTC'");
  await admin.query(HYPERTABLE);
  for (let first = 1; first <= chunks; first += AT_ONCE) {
    await admin.query(chunksSql(first, Math.min(first + AT_ONCE - 1, chunks)));
  }
  await admin.query('vacuum analyze');
  if (contents === 'mixed') await addHistories(admin, chunks);
  await admin.query(
    'vacuum full pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_index',
  );
  await admin.query(
    'vacuum analyze pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_index',
  );
  await admin.query('checkpoint');
}
