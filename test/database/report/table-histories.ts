import fc from 'fast-check';
import type pg from 'pg';

/** Random histories of one table: everything that creates, extends, shortens, empties or replaces its files. */

/** Runs one step with the superuser's session; `other` is a second session of the superuser. */
export type Step = (admin: pg.Client, other: pg.Client) => Promise<void>;

const TABLE = 'history';

/** A table with values that are stored out of line without compression, a btree index and one of another kind. */
export const CREATE_TABLES = [
  `create table ${TABLE} (id int not null, obsolete text, body text, numbers int[] default '{1}')`,
  `alter table ${TABLE} alter body set storage external`,
  `create index ${TABLE}_btree on ${TABLE} (id)`,
  `create index ${TABLE}_gin on ${TABLE} using gin (numbers)`,
];

function run(...statements: readonly string[]): Step {
  return async (admin) => {
    for (const statement of statements) await admin.query(statement);
  };
}

/** Rows of which the last column is stored in the TOAST table; 300 rows need several pages of every index. */
const INSERT_LONG = `insert into ${TABLE} (id, body) select i, repeat('x', 2500) from generate_series(1, 300) i`;
const INSERT_SHORT = `insert into ${TABLE} (id, body) select i, 'x' from generate_series(1, 500) i`;

/** Small rows: 500 fit into four pages of the table, and need several pages of the btree index. */
const INSERT_FOUR_PAGES = `insert into ${TABLE} (id) select i from generate_series(1, 500) i`;
const DELETE = `delete from ${TABLE}`;

/** Reading a page that has dead rows leaves only dead line pointers of them; the indexes keep their entries. */
const PRUNE = `select count(*) from ${TABLE}`;

const INDEXES_OF_TABLE = `select indexrelid from pg_index where indrelid = '${TABLE}'::regclass`;
const INDEXES_OF_TOAST = `select i.indexrelid from pg_index i join pg_class t on t.reltoastrelid = i.indrelid where t.oid = '${TABLE}'::regclass`;

/**
 * Runs a statement that waits for a lock of the other session until it is cancelled. CONCURRENTLY then leaves indexes that are not
 * valid and have no page.
 */
function interrupted(locks: string, statement: string): Step {
  return async (admin, other) => {
    await other.query(`begin; ${locks}`);
    await admin.query("set lock_timeout = '20ms'");
    try {
      await admin.query(statement);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === '55P03')) throw error;
    } finally {
      await admin.query('reset lock_timeout');
      await other.query('rollback');
    }
  };
}

/** VACUUM that has removed rows and entries, and is cancelled before it records the sizes of the indexes. */
function interruptedVacuum(indexes: string): Step {
  return interrupted(
    `update pg_class set relname = relname where oid in (${indexes})`,
    `vacuum ${TABLE}`,
  );
}

/** By their names, which a failing property prints. */
const STEPS: Readonly<Record<string, Step>> = {
  'insert short rows': run(INSERT_SHORT),
  'insert long rows': run(INSERT_LONG),
  'insert long rows and roll back': run('begin', INSERT_LONG, 'rollback'),
  'insert rows into four pages': run(INSERT_FOUR_PAGES),
  'delete all rows': run(DELETE),
  'delete all rows and prune': run(DELETE, PRUNE),
  'delete some rows': run(`${DELETE} where id % 3 = 0`),
  'update rows': run(`update ${TABLE} set id = id + 1, body = body || 'y' where id % 7 = 0`),
  vacuum: run(`vacuum ${TABLE}`),
  'vacuum without truncation': run(`vacuum (truncate false) ${TABLE}`),
  'vacuum without indexes': run(`vacuum (index_cleanup off) ${TABLE}`),
  'vacuum of every page': run(`vacuum (freeze, disable_page_skipping) ${TABLE}`),
  'vacuum the whole table into new files': run(`vacuum full ${TABLE}`),
  'interrupted vacuum at the indexes of the table': interruptedVacuum(INDEXES_OF_TABLE),
  'interrupted vacuum at the index of the TOAST table': interruptedVacuum(INDEXES_OF_TOAST),
  'fill and empty by vacuum': run(INSERT_LONG, DELETE, `vacuum ${TABLE}`),
  cluster: run(`cluster ${TABLE} using ${TABLE}_btree`),
  analyze: run(`analyze ${TABLE}`),
  truncate: run(`truncate ${TABLE}`),
  'truncate twice in one transaction': run(
    'begin',
    `truncate ${TABLE}`,
    INSERT_LONG,
    `truncate ${TABLE}`,
    'commit',
  ),
  'truncate and roll back': run('begin', `truncate ${TABLE}`, INSERT_SHORT, 'rollback'),
  reindex: run(`reindex table ${TABLE}`),
  'reindex concurrently': run(`reindex table concurrently ${TABLE}`),
  'interrupted concurrent reindex': interrupted(
    `lock table ${TABLE} in row exclusive mode`,
    `reindex table concurrently ${TABLE}`,
  ),
  'another index': run(`create index on ${TABLE} (body) where length(body) < 10`),
  'interrupted concurrent index': interrupted(
    `lock table ${TABLE} in row exclusive mode`,
    `create index concurrently on ${TABLE} (id, numbers)`,
  ),
  'drop a column': run(`alter table ${TABLE} drop column if exists obsolete`),
  'add a column': run(`alter table ${TABLE} add column if not exists obsolete text default 'x'`),
  'set unlogged': run(`alter table ${TABLE} set unlogged`),
  'set logged': run(`alter table ${TABLE} set logged`),
  'write one page into the statistics of the indexes': run(
    `update pg_class set relpages = 1 where oid in (${INDEXES_OF_TABLE} union ${INDEXES_OF_TOAST})`,
  ),
  'write no page into the statistics': run(
    `update pg_class set relpages = 0, reltuples = -1 where oid = '${TABLE}'::regclass or oid in (${INDEXES_OF_TOAST})`,
  ),
};

export type StepName = keyof typeof STEPS;

export function stepNamed(name: StepName): Step {
  const step = STEPS[name];
  if (step === undefined) throw new Error(`There is no step ${name}.`);
  return step;
}

export const histories: fc.Arbitrary<StepName[]> = fc.array(
  fc.constantFrom(...Object.keys(STEPS)),
  { minLength: 6, maxLength: 12 },
);
