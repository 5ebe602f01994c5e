import fc from 'fast-check';
import pg from 'pg';
import type { TestDatabase } from '../postgres/databases.ts';
import { type HandmadeRelease, has, jobSchema, metadataTableOf } from './catalogs.ts';

/** What PostgreSQL can hold, and nobody expects: controls, bidi overrides, what ends a line, a string or a statement, size. */
const hostileText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '',
      '\u001b[2J\u001b]0;title\u0007',
      '\u009b31m\u202ereversed\u2066\u2028\u200b',
      '\n{"level":"ERROR","outcome":"sent"}',
      "'; drop table hypertable; --",
      '"\\u0000',
      '__proto__',
      '-1',
      'NaN',
      '9'.repeat(400),
      'basic',
      'off',
      'infinity',
      '2024-12-31 04:05:06+00',
    ),
    fc.nat(300_000).map((length) => 'x'.repeat(length)),
  )
  .map((text) => text.replaceAll('\0', '').toWellFormed());

/** Values at the edges of a type, as PostgreSQL reads them; of what is not here, a hostile text. */
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

const SETTINGS = [
  'timescaledb.last_tuned',
  'timescaledb.last_tuned_time',
  'timescaledb.last_tune_time',
  'timescaledb.last_tuned_version',
  'timescaledb.last_tune_version',
  'timescaledb_telemetry.cloud',
  'timescaledb.license',
  'timescaledb.license_key',
  'timescaledb.telemetry_level',
] as const;

const disorder = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('value' as const),
      column: fc.nat(),
      /** Null is NULL. */
      edge: fc.option(fc.nat()),
      text: hostileText,
      inAllRows: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('metadata' as const),
      key: hostileText,
      text: hostileText,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setting' as const),
      name: fc.constantFrom(...SETTINGS),
      text: hostileText,
      ofRole: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant('version' as const),
    text: fc.oneof(
      hostileText,
      fc.constantFrom(
        '2.14.2+dfsg',
        '0.11.0',
        '99.99.99',
        '2.29.2',
        '2.28.3\u001b[2J',
        `2.28.3${'x'.repeat(100_000)}`,
      ),
    ),
  }),
  fc.record({ kind: fc.constant('names' as const), text: hostileText }),
  fc.record({
    kind: fc.constant('function' as const),
    json: fc.oneof(
      fc.json(),
      hostileText.map((text) => JSON.stringify({ [text]: text, db_metadata: { [text]: text } })),
    ),
  }),
  fc.record({
    kind: fc.constant('rows' as const),
    of: fc.constantFrom('jobs', 'metadata', 'hypertables'),
    count: fc.integer({ min: 500, max: 3_000 }),
  }),
  fc.record({
    kind: fc.constant('figures' as const),
    pages: fc.constantFrom(-1, 0, 2_147_483_647),
    rows: fc.constantFrom('-1', 'NaN', 'Infinity', '1e30', '-1e30'),
  }),
);

/** One thing in a database that is not as it should be. */
export type Disorder = typeof disorder extends fc.Arbitrary<infer T> ? T : never;

/** From a database in which all is well to one in which much is not. */
export const disorders: fc.Arbitrary<readonly Disorder[]> = fc.array(disorder, { maxLength: 6 });

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

/** Every column of the extension's own tables. */
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
  // A key of an index must be short; only metadata's values are long.
  return edges === undefined ? text.slice(0, 1_000) : (edges[edge % edges.length] ?? null);
}

/** A table may refuse a value, because it is there already, or cannot be in one of its own columns. */
async function unlessRefused(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (
      !(error instanceof pg.DatabaseError) ||
      !/^(22|23|42710|42P06|42P07|42P16)/.test(error.code ?? '')
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

/** By hand: ALTER DATABASE takes no parameters. */
async function changeSetting(
  { admin, name: database, role }: TestDatabase,
  { name, text, ofRole }: Disorder & { readonly kind: 'setting' },
): Promise<void> {
  const whose = ofRole ? `role ${role} in database ${database}` : `database ${database}`;
  await admin.query(`alter ${whose} set ${name} = ${admin.escapeLiteral(text)}`);
}

async function nameThings({ admin }: TestDatabase, text: string): Promise<void> {
  // 63 bytes and one of another table's; an empty name is none.
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

/** The extension's own report function says something else, which only a target that asks for it hears. */
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

/** Brings one disorder into a database of a release. */
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
