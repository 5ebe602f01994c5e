import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { type Json, runFor } from '../../support/timescaledb/reports.ts';

test('estimates sizes by page counts, also below a partition that is partitioned itself', async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query(`
    create table plain (id int primary key, body text);
    insert into plain select i, 'row' from generate_series(1, 11) i;
    create table root (key int not null) partition by list (key);
    create table branch partition of root for values in (2) partition by list (key);
    create table twig partition of branch for values in (2);
    insert into root select 2 from generate_series(1, 19) i;
    analyze`);

  const { outcome, report } = await runFor(database, { target: { sizes: 'estimated' } });

  expect(outcome.report).toMatchObject({ estimatedRelations: 2 });
  const { tables, partitioned_tables } = report['relations'] as Json;
  expect(tables).toMatchObject({ heap_size: 8_192, indexes_size: 2 * 8_192, toast_size: 8_192 });
  expect(partitioned_tables).toMatchObject({ num_children: 2, heap_size: 8_192 });
});

/** Creates logged and unlogged tables, values in and out of line, free space and visibility maps, and five kinds of indexes. */
const STORAGE = `
  create table storage (id int primary key, body text, numbers int[]);
  create unlogged table unlogged_storage (id int primary key, body text);
  create index on storage using hash (id);
  create index on storage using brin (id);
  create index on storage using gin (numbers);
  create index on storage using spgist (body);
  insert into storage select i, repeat(md5(i::text), 10), array[i] from generate_series(1, 4000) i;
  insert into storage select -i, (select string_agg(md5(i::text || p::text), '') from generate_series(1, 200) p) from generate_series(1, 20) i;
  insert into unlogged_storage select * from (select id, body from storage where id < 0) s;
  delete from storage where id between 1000 and 3500;
  vacuum analyze storage;
  create materialized view stored_view as select * from storage`;

test("measures the same exact sizes as PostgreSQL's own functions, for all forks", async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  for (const statement of STORAGE.split(';')) await database.admin.query(statement);

  const { report } = await runFor(database);

  const { rows } = await database.admin.query(`
    select
      (pg_table_size('storage') + pg_table_size('unlogged_storage') - t.toast)::int as heap_size,
      t.toast as toast_size, (pg_indexes_size('storage') + pg_indexes_size('unlogged_storage'))::int as indexes_size,
      (select count(*)::int from pg_index i where i.indrelid = 'storage'::regclass and pg_relation_size(i.indexrelid, 'fsm') > 0) as with_fsm
    from (
      select sum(pg_total_relation_size(reltoastrelid))::int as toast from pg_class where relname in ('storage', 'unlogged_storage')
    ) t`);
  const { with_fsm, ...expected } = rows[0];
  expect(with_fsm).toBeGreaterThan(0);
  expect((report['relations'] as Json)['tables']).toMatchObject(expected);
});

test('reports the -1 pages of a partitioned table with another access method', async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query(`
    create access method own_method type table handler heap_tableam_handler;
    create table root (key int) partition by list (key) using own_method;
    create table leaf partition of root for values in (1);
    analyze root`);
  const { report } = await runFor(database);
  const { rows } = await database.admin.query(
    "select sum(relpages)::int as pages, count(*)::int as instances from pg_class where relam = (select oid from pg_am where amname = 'own_method')",
  );
  expect(rows).toStrictEqual([{ pages: -1, instances: 2 }]);
  expect((report['access_methods'] as Json)['own_method']).toStrictEqual(rows[0]);
});
