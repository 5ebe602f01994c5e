import pg from 'pg';
import type { TestDatabase } from '../postgres/databases.ts';
import { type HandmadeRelease, has, jobSchema, metadataTableOf } from './catalogs.ts';
import type { Disorder } from './disorders.ts';

/** Values at the edges of each type, as PostgreSQL parses them. Columns of other types get a hostile text. */
const EDGES: ReadonlyMap<string, readonly string[]> = new Map([
  ['smallint', ['-32768', '-1', '0', '32767']],
  ['integer', ['-2147483648', '-1', '0', '4', '2147483647']],
  ['bigint', ['-9223372036854775808', '-1', '0', '9007199254740993', '9223372036854775807']],
  ['boolean', ['true', 'false']],
  ['interval', ['infinity', '-infinity', '-5 days', '178000000 years', '0', '1 us', '1 mon']],
  ['timestamp with time zone', ['infinity', '-infinity', '4713-01-01 BC', '294276-12-31']],
  ['jsonb', ['{}', '[]', 'null', '"text"', '{"job": {"proc_name": 5}, "error_data": []}']],
  ['regclass', ['0', '4294967295', 'pg_catalog.pg_class']],
  ['regrole', ['0', '4294967295']],
  ['text[]', ['{}', '{NULL}']],
]);

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/** Returns every column of the extension's own tables. */
async function columnsOf(admin: pg.Client): Promise<readonly Column[]> {
  const { rows } = await admin.query<Column>(`
    select format('%I.%I', n.nspname, c.relname) as table, a.attname as name, format_type(a.atttypid, null) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_depend d on d.objid = c.oid and d.deptype = 'e' and d.classid = 'pg_class'::regclass
    where a.attnum > 0 and not a.attisdropped and c.relkind = 'r'
    order by 1, a.attnum`);
  return rows;
}

function valueFor({ type }: Column, edge: number | null, text: string): string | null {
  if (edge === null) return null;
  const edges = EDGES.get(type);
  // Keys of an index must be short. Long values are inserted into the metadata.
  return edges === undefined ? text.slice(0, 1_000) : (edges[edge % edges.length] ?? null);
}

/**
 * Ignores errors of a table that rejects a value: a duplicate, one that a constraint forbids, or the name of an object that
 * does not exist (of a `regclass`, `regrole` or `regproc`).
 */
async function unlessRefused(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (
      !(error instanceof pg.DatabaseError) ||
      !/^(22|23|42602|42704|42710|42883|42P01|42P06|42P07|42P16)/.test(error.code ?? '')
    )
      throw error;
  }
}

async function setValue(
  { admin }: TestDatabase,
  { column, edge, text, inAllRows }: Disorder & { readonly kind: 'value' },
): Promise<void> {
  const columns = await columnsOf(admin);
  const one = columns[column % columns.length];
  if (one === undefined) throw new Error('The extension has no tables.');
  const { table, name, type } = one;
  const value = valueFor(one, edge, text);
  await unlessRefused(admin.query(`alter table ${table} alter column ${name} drop not null`));
  const where = inAllRows ? '' : `where ctid = (select min(ctid) from ${table})`;
  await unlessRefused(
    admin.query(`update ${table} set ${name} = $1::text::${type} ${where}`, [value]),
  );
}

/** Changes a setting. The value is quoted here, because ALTER DATABASE takes no parameters. */
async function changeSetting(
  { admin, name: database, role }: TestDatabase,
  { name, text, ofRole }: Disorder & { readonly kind: 'setting' },
): Promise<void> {
  const whose = ofRole ? `role ${role} in database ${database}` : `database ${database}`;
  await admin.query(`alter ${whose} set ${name} = ${admin.escapeLiteral(text)}`);
}

async function nameThings({ admin }: TestDatabase, text: string): Promise<void> {
  // The prefix makes it different from the names of other tables, and not empty.
  const name = admin.escapeIdentifier(`n${text.slice(0, 15)}`);
  await unlessRefused(admin.query(`create schema ${name}`));
  await unlessRefused(
    admin.query(`
    create access method ${name} type table handler heap_tableam_handler;
    create table ${name}.${name} (${name} int) using ${name};
    create view ${name}.view as select 1`),
  );
}

async function addRows(
  { admin }: TestDatabase,
  release: HandmadeRelease,
  { of, count }: Disorder & { readonly kind: 'rows' },
): Promise<void> {
  if (of === 'jobs') {
    const job = `${jobSchema(release)}.bgw_job`;
    const { rows } = await admin.query<{ columns: string }>(
      `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'id'`,
      [job],
    );
    const columns = rows[0]?.columns;
    await admin.query(
      `insert into ${job} (id, ${columns}) select 100000 + i, ${columns} from ${job}, generate_series(1, ${count}) i
       where id = 1 on conflict do nothing`,
    );
    return;
  }
  if (of === 'metadata') {
    const flag = has(release, '1.4.0') ? ', true' : '';
    await admin.query(
      `insert into ${metadataTableOf(release)} select 'many' || i, repeat('v', 100)${flag} from generate_series(1, ${count}) i
       on conflict do nothing`,
    );
    return;
  }
  await admin.query(
    `insert into _timescaledb_catalog.hypertable (id, schema_name, table_name)
     select 100000 + i, 'public', 'many' || i from generate_series(1, ${count}) i on conflict do nothing`,
  );
}

/** Replaces the result of the extension's report function, which only targets with reportSource 'function' call. */
async function replaceFunction({ admin }: TestDatabase, json: string): Promise<void> {
  const { rows } = await admin.query<{ call: string; type: string }>(`
    select format('%s(%s)', p.oid::regproc, pg_get_function_arguments(p.oid)) as call, p.prorettype::regtype::text as type
    from pg_proc p where p.proname = 'get_telemetry_report'`);
  for (const { call, type } of rows) {
    const body = admin.escapeLiteral(`select ${admin.escapeLiteral(json)}::${type}`);
    await unlessRefused(
      admin.query(`create or replace function ${call} returns ${type} language sql as ${body}`),
    );
  }
}

/** Applies one disorder to a database with the catalogs of a release. */
export async function disturb(
  database: TestDatabase,
  release: HandmadeRelease,
  one: Disorder,
): Promise<void> {
  const { admin } = database;
  switch (one.kind) {
    case 'value':
      return setValue(database, one);
    case 'metadata':
      await unlessRefused(
        admin.query(
          `insert into ${metadataTableOf(release)} values ($1, $2${has(release, '1.4.0') ? ', true' : ''})`,
          [one.key.slice(0, 60), one.text],
        ),
      );
      return;
    case 'setting':
      return changeSetting(database, one);
    case 'version':
      await admin.query("update pg_extension set extversion = $1 where extname = 'timescaledb'", [
        one.text,
      ]);
      return;
    case 'names':
      return nameThings(database, one.text);
    case 'function':
      return replaceFunction(database, one.json);
    case 'rows':
      return addRows(database, release, one);
    case 'figures':
      await admin.query(
        `update pg_class set relpages = ${one.pages}, reltuples = '${one.rows}'
         where relkind in ('r', 'p', 'm', 'f') and relnamespace in ('public'::regnamespace, '_timescaledb_internal'::regnamespace)`,
      );
      return;
  }
}
