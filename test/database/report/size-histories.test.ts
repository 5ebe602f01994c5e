import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import {
  connectAsSuperuser,
  createDatabase,
  type TestDatabase,
} from '../../support/postgres/databases.ts';
import { aTarget, loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';
import { CREATE_TABLES, histories, type StepName, stepNamed } from './table-histories.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic' });
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

/** Returns the sizes of tables in the report. */
async function reportedSizes() {
  const { body } = await snapshotOf(await loginTo(database), (snapshot) =>
    buildReport(snapshot, aTarget(), 'basic'),
  );
  const { relations } = JSON.parse(new TextDecoder().decode(body));
  const { heap_size, toast_size, indexes_size } = relations.tables;
  return { heap_size, toast_size, indexes_size };
}

/** Returns the same sizes by PostgreSQL's own functions. */
async function measuredSizes() {
  const { rows } = await database.admin.query(`
    select
      sum(pg_table_size(oid) - pg_total_relation_size(reltoastrelid))::int as heap_size,
      sum(pg_total_relation_size(reltoastrelid))::int as toast_size,
      sum(pg_indexes_size(oid))::int as indexes_size
    from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`);
  return rows[0];
}

/** Returns the pages of the table and of its btree index. */
async function pagesOfSmallTable() {
  const { rows } = await database.admin.query<{ heap: number; index: number }>(`
    select
      (pg_relation_size('history') / 8192)::int as heap,
      (pg_relation_size('history_btree') / 8192)::int as index`);
  return rows[0] ?? { heap: Number.NaN, index: Number.NaN };
}

/** Runs the steps on a new table, and compares the sizes after each of them. */
async function compareAfterEach(steps: readonly StepName[]): Promise<void> {
  const { admin } = database;
  const other = await connectAsSuperuser(database.port, database.name);
  try {
    await admin.query('drop table if exists history');
    for (const statement of CREATE_TABLES) await admin.query(statement);
    expect(await reportedSizes()).toStrictEqual(await measuredSizes());
    for (const step of steps) {
      await stepNamed(step)(admin, other);
      expect(await reportedSizes(), step).toStrictEqual(await measuredSizes());
    }
  } finally {
    await admin.query('rollback');
    await other.end();
  }
}

test.each([
  ['the index of the TOAST table', 'interrupted vacuum at the index of the TOAST table'],
  ['the indexes of the table', 'interrupted vacuum at the indexes of the table'],
])(
  'measures exact sizes after a VACUUM that was interrupted before it recorded the pages of %s',
  async (_indexes, interruption) => {
    await compareAfterEach(['insert long rows', 'delete all rows', interruption, 'vacuum']);

    // The histories contain the state in which neither an empty table nor relpages prove the size of its index.
    const { rows } = await database.admin.query(`
      select pg_relation_size(t.oid) as pages_of_table
      from pg_class t join pg_index i on i.indrelid = t.oid join pg_class x on x.oid = i.indexrelid
      where x.relpages <= 1 and pg_relation_size(x.oid) > 8192 and pg_relation_size(t.oid) = 0`);
    expect(rows.length).toBeGreaterThan(0);
  },
);

test.each<readonly [string, readonly StepName[]]>([
  ['one VACUUM', ['vacuum']],
  ['a VACUUM that keeps the pages, and a second one', ['vacuum without truncation', 'vacuum']],
  ['a VACUUM that keeps the entries, and a second one', ['vacuum without indexes', 'vacuum']],
  [
    'a VACUUM of each kind',
    ['vacuum without indexes', 'vacuum without truncation', 'vacuum of every page'],
  ],
  [
    'a VACUUM that is interrupted, and a second one',
    ['interrupted vacuum at the indexes of the table', 'vacuum'],
  ],
])(
  'measures exact sizes of a table of four pages that is emptied by %s',
  async (_kind, vacuums) => {
    await compareAfterEach(['insert rows into four pages']);
    expect(await pagesOfSmallTable()).toStrictEqual({ heap: 4, index: 4 });
    await compareAfterEach([
      'insert rows into four pages',
      'delete all rows and prune',
      ...vacuums,
      'write one page into the statistics of the indexes',
    ]);

    const { heap, index } = await pagesOfSmallTable();
    expect(heap).toBe(0);
    expect(index).toBeGreaterThan(1);
  },
);

test(
  'measures exact sizes after random histories of a table',
  async () => {
    await fc.assert(fc.asyncProperty(histories, compareAfterEach), { numRuns: 10 });
  },
  upperBound(60_000),
);
