import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { everySession, type Messages } from '../support/sql/every-statement.ts';
import { openSqlSession } from '../support/sql/sql-names.ts';
import { upperBound } from '../support/vitest/time-limits.ts';

const LIB = join(import.meta.dirname, '..', '..', 'lib');

/** The names that a session looks up along the search path, and the messages that run without a pinned one. */
async function readSession(messages: Messages) {
  const session = openSqlSession();
  const problems: string[] = [];
  const unpinned: string[] = [];
  for (const message of messages) {
    const answer = await session.read(message);
    problems.push(...answer.problems);
    if (!answer.isPinned) unpinned.push(message);
  }
  return { problems, unpinned };
}

/** The comment of a statement of `configure`. */
const CHANGE = /^\/\* timescaledb-telemetry\/[\d.]+: change \*\/\n/;

let sessions: readonly Awaited<ReturnType<typeof readSession>>[];
let messages: ReadonlySet<string>;
beforeAll(async () => {
  const collected = await everySession();
  messages = new Set(collected.flat());
  sessions = await Promise.all(collected.map(readSession));
}, upperBound(120_000));

test('no statement of lib/ looks up a name along the search path', () => {
  expect([...new Set(sessions.flatMap(({ problems }) => problems))]).toStrictEqual([]);
  // Fewer messages would mean that statements were not collected.
  expect(messages.size).toBeGreaterThan(400);
});

test('only the end of a transaction and these statements run without a pinned search path', () => {
  const found = new Set(
    sessions.flatMap(({ unpinned }) => unpinned.map((message) => message.replace(CHANGE, ''))),
  );
  expect([...found].toSorted()).toStrictEqual([
    'ALTER SYSTEM RESET timescaledb.telemetry_level',
    "ALTER SYSTEM SET timescaledb.telemetry_level = 'basic'",
    "ALTER SYSTEM SET timescaledb.telemetry_level = 'off'",
    'SELECT _timescaledb_functions.restart_background_workers()',
    'SELECT _timescaledb_internal.restart_background_workers()',
    'SELECT pg_catalog.pg_reload_conf()',
    "SET timescaledb.telemetry_level = 'basic'",
    "SET timescaledb.telemetry_level = 'off'",
    'commit',
    "select pg_catalog.date_part('epoch', pg_catalog.pg_conf_load_time()) as at",
  ]);
});

test('only these two files send messages to a server', async () => {
  const files = await readdir(LIB, { recursive: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith('.ts'))
      .map(async (file) => [file, await readFile(join(LIB, file), 'utf8')] as const),
  );
  const callers = texts.filter(([, text]) =>
    /\.query\(|\bquery\(/.test(text.replaceAll(/^\s*\/?\*.*$/gm, '')),
  );
  expect(callers.map(([file]) => file).toSorted()).toStrictEqual([
    join('configure', 'apply.ts'),
    'postgres/snapshot.ts',
  ]);
});

const PIN = 'begin; set local search_path = pg_catalog, pg_temp';

describe('the check', () => {
  test.each([
    ['relation pg_class', 'select 1 from pg_class'],
    ['relation pg_class', 'select 1 from pg_catalog.pg_am a join pg_class c on c.relam = a.oid'],
    ['relation pg_class', 'select exists (select 1 from pg_class)'],
    ['relation t', 'insert into t values (1)'],
    ['relation t', 'update t set a = 1'],
    ['relation t', 'delete from t'],
    // The name of a common table expression is qualified only in its scope, and not with a schema.
    ['relation a', 'select 1 from (with a as (select 1) select 1 from a) b, a'],
    ['relation a', 'with a as (select 1 from a) select 1 from a'],
    ['relation b', 'with a as (select 1 from b), b as (select 1) select 1 from a'],
    ['function count', 'select count(*)'],
    ['function evil', 'select 1 from pg_catalog.pg_class c where evil(c.oid)'],
    ['function evil', 'select pg_catalog.lower(evil())'],
    ['function unnest', "select 1 from unnest('{}'::pg_catalog.text[]) u"],
    ['function evil', 'with a as (select evil()) select 1 from a union select 2'],
    ['function evil', 'select pg_catalog.count(*) filter (where evil())'],
    ['function evil', 'select 1 order by evil()'],
    ['function evil', 'select case when evil() then 1 end'],
    ['type text', "select 'a'::text"],
    ['type text', "select cast('a' as text[])"],
    ['type date', "select date '2024-01-01'"],
    ['type json', "select '{}'::json"],
    ['type evil', 'select pg_catalog.array_agg(null::evil)'],
    ['collation evil', "select 'a' collate evil"],
    ['name in a text: evil', "select 'evil'::pg_catalog.regclass"],
    ['name in a text: evil', "select pg_catalog.has_table_privilege('evil', 'SELECT')"],
    ['set_config of search_path', "select pg_catalog.set_config('search_path', 'evil', true)"],
    ['unknown WindowDef', 'select pg_catalog.rank() over w from a.b window w as (order by x)'],
    ['unknown DoStmt', 'do $$ begin perform evil(); end $$'],
  ])('finds the %s in %j, even when the path is pinned', async (problem, sql) => {
    const session = openSqlSession();
    await session.read(PIN);
    expect(await session.read(sql)).toMatchObject({ problems: [problem] });
  });

  test.each([
    ['=', "select 'a' = 'b'"],
    ['||', "select 'a' || 'b'"],
    ['=', 'select 1 in (2, 3)'],
    ['=', 'select 1 in (select 2)'],
    ['<', 'select 1 < any (select 2)'],
    ['=', 'select nullif(1, 2)'],
    ['=', 'select case 1 when 2 then 3 end'],
    ['=', 'select 1 from a.b join a.c using (d)'],
    ['=', 'select 1 from a.b natural join a.c'],
    ['<', 'select 1 from a.b order by c using <'],
    ['~~', "select 'a' like 'b'"],
    ['=', 'select 1 is distinct from 2'],
  ])('finds the operator %s in %j, unless the path is pinned', async (operator, sql) => {
    expect(await openSqlSession().read(sql)).toMatchObject({ problems: [`operator ${operator}`] });
    const session = openSqlSession();
    await session.read(PIN);
    expect(await session.read(sql)).toMatchObject({ problems: [] });
  });

  test.each([
    'select 1 operator(pg_catalog.=) 2',
    "select 1::int, 2::bigint, true::boolean, interval '1 day'",
    'select coalesce(1, 2), current_user, session_user, greatest(1, 2)',
    'select extract(day from now) from (select null::pg_catalog.timestamptz as now) n',
    'with a as (select 1), b as (select 1 from a) select 1 from a, b',
    'with recursive a as (select 1 union all select 1 from a) select 1 from a',
  ])('accepts %j', async (sql) => {
    expect(await openSqlSession().read(sql)).toMatchObject({ problems: [] });
  });

  test.each([
    ['that is not local', ['begin; set search_path = pg_catalog, pg_temp']],
    ['that is outside of a transaction', ['set local search_path = pg_catalog, pg_temp']],
    [
      'that contains another schema',
      ['begin; set local search_path = pg_catalog, public, pg_temp'],
    ],
    [
      'that does not contain pg_temp, which then comes first',
      ['begin; set local search_path = pg_catalog'],
    ],
    ['whose transaction has ended', [PIN, 'commit']],
    ['that was set again', [PIN, 'set local search_path = public, pg_temp']],
    ['that was reset with all settings', [PIN, 'reset all']],
    ['that was set after the savepoint', ['begin; savepoint a', PIN.slice(7), 'rollback to a']],
  ])('treats as not pinned a path %s', async (_, messages) => {
    expect((await readSession([...messages, "select 'a' = 'b'"])).problems).toContain('operator =');
  });

  test('treats as pinned a path that was set before the savepoint', async () => {
    const messages = [PIN, 'savepoint a', 'rollback to a', "select 'a' = 'b'"];
    expect((await readSession(messages)).problems).toStrictEqual([]);
  });
});
