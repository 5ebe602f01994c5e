import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { summariesOf } from '../support/lambda/invocations.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Arrange, consenting, type Faulty, testFaults } from '../support/run/faults.ts';
import { cleanReport, sends } from '../support/timescaledb/clean-report.ts';
import { TRAP_FAULTS } from './rows/traps.ts';

const LIB = join(import.meta.dirname, '..', '..', 'lib');

/** The SQLSTATE of a trap that has run. */
const SPRUNG = 'EVIL1';

/** A body of PL/pgSQL. */
const TRAP = `$trap$ begin raise exception using errcode = '${SPRUNG}', message = 'a trap has run'; end $trap$`;

/** Every function of pg_catalog that some statement of lib/ calls. */
async function calledFunctions(): Promise<readonly string[]> {
  const files = await readdir(LIB, { recursive: true });
  const texts = await Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(join(LIB, file), 'utf8')),
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\bpg_catalog\.(\w+)\(/g)].map(([, name = '']) => name),
  );
  return [...new Set(names)].toSorted();
}

/** The operators of lib/, `in`, `any` and `distinct from` among them. */
const OPERATORS = [
  ...['=', '<>', '<', '<=', '>', '>=', '~', '!~', '||', '+', '-', '*', '/', '&', '->', '->>'],
];

/** Types and relations by whose names PostgreSQL's own are called. */
const TYPES = ['text', 'name', 'oid', 'jsonb', 'json', 'date', 'timestamptz', 'regclass', 'int8'];
const CATALOGS = [
  ...['pg_am', 'pg_class', 'pg_database', 'pg_db_role_setting', 'pg_depend', 'pg_extension'],
  ...['pg_index', 'pg_language', 'pg_locks', 'pg_namespace', 'pg_proc', 'pg_roles', 'pg_settings'],
  ...['bgw_job', 'bgw_job_stat', 'chunk', 'continuous_agg', 'hypertable', 'metadata'],
];

/** In `schema`, for every row of `select name, arguments, result …`, a function that is a trap. */
const functionsFor = (schema: string, select: string): string => `
  do $do$ declare f record; made int := 0; begin
    for f in ${select} loop
      execute format('create function ${schema}.%I(%s) returns %s language plpgsql as %L',
        f.name, f.arguments, f.result, ${TRAP});
      made := made + 1;
    end loop;
    if made < 10 then raise exception 'only % traps', made; end if;
  end $do$`;

const PSEUDO = `select t.oid from pg_type t where t.typtype = 'p'`;

const sameFunctions = (schema: string, names: readonly string[]): string =>
  functionsFor(
    schema,
    `select p.proname as name, oidvectortypes(p.proargtypes) as arguments,
       case when p.proretset then 'setof ' else '' end || format_type(p.prorettype, null) as result
     from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.provariadic = 0
       and p.proname = any ('{${names.join(', ')}}') and not p.proargtypes::oid[] && array(${PSEUDO})`,
  );

const sameOperators = (schema: string): string => `
  ${functionsFor(
    schema,
    `select 'operator_' || o.oid as name, oidvectortypes(array[o.oprleft, o.oprright]::oidvector) as arguments,
       format_type(o.oprresult, null) as result from (${usedOperators()}) o`,
  )};
  do $do$ declare o record; begin
    for o in ${usedOperators()} loop
      execute format('create operator ${schema}.%s (leftarg = %s, rightarg = %s, function = ${schema}.%I)',
        o.oprname, format_type(o.oprleft, null), format_type(o.oprright, null), 'operator_' || o.oid);
    end loop;
  end $do$`;

function usedOperators(): string {
  return `select p.* from pg_operator p
    where p.oprnamespace = 'pg_catalog'::regnamespace and p.oprname = any ('{${OPERATORS.join(', ')}}') and p.oprleft <> 0
      and not array[p.oprleft, p.oprright] && array(${PSEUDO})`;
}

const aggregates = (schema: string): string => `
  create function ${schema}.step(int8) returns int8 language plpgsql as ${TRAP};
  create function ${schema}.step(int8, int4) returns int8 language plpgsql as ${TRAP};
  create function ${schema}.step(int8, int8) returns int8 language plpgsql as ${TRAP};
  create function ${schema}.step(int8, json) returns int8 language plpgsql as ${TRAP};
  create function ${schema}.step(int8, name, jsonb) returns int8 language plpgsql as ${TRAP};
  create aggregate ${schema}.count(*) (sfunc = ${schema}.step, stype = int8, initcond = '0');
  create aggregate ${schema}.sum(int4) (sfunc = ${schema}.step, stype = int8, initcond = '0');
  create aggregate ${schema}.sum(int8) (sfunc = ${schema}.step, stype = int8, initcond = '0');
  create aggregate ${schema}.max(int4) (sfunc = ${schema}.step, stype = int8, initcond = '0');
  create aggregate ${schema}.json_agg(json) (sfunc = ${schema}.step, stype = int8, initcond = '0');
  create aggregate ${schema}.jsonb_object_agg(name, jsonb) (sfunc = ${schema}.step, stype = int8, initcond = '0')`;

const trap = (schema: string, name = 'trap', result = 'bool', args = ''): string =>
  `create function ${schema}.${name}(${args}) returns ${result} language plpgsql as ${TRAP}`;

const views = (schema: string, prefix = '', temporary = ''): string =>
  CATALOGS.map(
    (name) =>
      `create ${temporary} view ${temporary === '' ? `${schema}.` : ''}${prefix}${name} as
       select ${schema}.trap() as oid, 'x'::text as key, 'x'::text as relname`,
  ).join(';\n') +
  (temporary === '' ? `; grant select on all tables in schema ${schema} to public` : '');

const domains = (schema: string, trapIn: string, prefix = ''): string =>
  TYPES.map(
    (name) =>
      `create domain ${schema}.${prefix}${name} as pg_catalog.${name} check (${trapIn}.trap())`,
  ).join(';\n');

/** Logged in as the role, who looks for names where its search_path says: the trap is one. */
async function expectToSpring({ name, port, role, password }: TestDatabase, bait: string) {
  const client = new pg.Client({ host: '127.0.0.1', port, database: name, user: role, password });
  await client.connect();
  try {
    await expect(client.query(bait)).rejects.toMatchObject({ code: SPRUNG });
  } finally {
    await client.end();
  }
}

interface Trapped {
  /** Sets the trap, in a schema. */
  readonly sql: (schema: string) => string | Promise<string>;
  /** What falls into it. */
  readonly bait: string;
  /** `"$user"` for the role's own schema. */
  readonly own?: true;
}

/** A trap that the search path leads to; the report is the one of a role whose path leads to pg_catalog alone. */
const trapped =
  ({ sql, bait, own }: Trapped): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    const { admin, role } = database;
    if (own) await admin.query(`create schema ${role}; grant usage on schema ${role} to ${role}`);
    await admin.query(await sql(own ? role : 'public'));
    await admin.query(`alter role ${role} set search_path = pg_catalog`);
    const clean = await cleanReport(database);
    await admin.query(`alter role ${role} set search_path = "$user", public, pg_catalog`);
    await expectToSpring(database, bait);
    return { database, ...sends(clean) };
  };

/** What a pooled session would be left with, each new session has from its beginning: only in the second turn by its name. */
const leftBehind =
  (objects: (prefix: string) => string, bait: string): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    const { admin, name, role } = database;
    const leave = (prefix: string): string => `
      create or replace function leave_behind() returns event_trigger language plpgsql as $left$ begin
        if session_user = '${role}' then ${objects(prefix)}; end if; end $left$`;
    await admin.query(`
      grant temporary on database ${name} to ${role};
      ${trap('public')};
      ${leave('xx_')};
      create event trigger leave_behind on login execute function leave_behind()`);
    const clean = await cleanReport(database);
    await admin.query(leave(''));
    await expectToSpring(database, bait);
    return { database, ...sends(clean) };
  };

const BAIT = {
  functions: "select lower('A'::text)",
  operators: "select 'a'::name = 'b'::name",
  views: 'select * from pg_class',
  types: "select 'x'::text",
} as const;

/** In a database that has nothing of it in the search path; the report is the same before and after. */
const beside =
  (
    sql: (database: TestDatabase) => string,
    more: Pick<Faulty, 'target' | 'after'> = {},
    bait?: string,
  ): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    await database.admin.query(trap('public'));
    await database.admin.query(sql(database));
    if (bait !== undefined) await expectToSpring(database, bait);
    return { database, ...more };
  };

const warns = (text: string): Required<Pick<Faulty, 'after'>> => ({
  after: ({ invocations }) =>
    expect(invocations.flatMap(summariesOf)).toMatchObject([
      { report: { source: 'catalog' }, warnings: [expect.stringContaining(text)] },
    ]),
});

/** What the owner of the extension, who need not be a superuser, can do: his own function becomes a member. */
const makeMember = (owner: string, signature: string, returns: string): string => `
  update pg_extension set extowner = '${owner}'::regrole where extname = 'timescaledb';
  alter extension timescaledb drop function ${signature};
  drop function ${signature};
  create function ${signature} ${returns} language plpgsql as ${TRAP};
  alter function ${signature} owner to ${owner};
  set role ${owner};
  alter extension timescaledb add function ${signature};
  reset role`;

testFaults(TRAP_FAULTS, {
  functions: trapped({
    sql: async (schema) => sameFunctions(schema, await calledFunctions()),
    bait: BAIT.functions,
  }),
  ownFunctions: trapped({
    sql: async (schema) => sameFunctions(schema, await calledFunctions()),
    bait: BAIT.functions,
    own: true,
  }),
  // pg_catalog's take text, "any" or anyelement; a name or a number fits these without a cast.
  closerFunctions: trapped({
    sql: (schema) =>
      [
        trap(schema, 'lower', 'text', 'name'),
        trap(schema, 'strpos', 'int', 'name, name'),
        trap(schema, 'format', 'text', 'text, name, name'),
        trap(schema, 'to_jsonb', 'jsonb', 'text'),
        trap(schema, 'to_jsonb', 'jsonb', 'int8'),
        trap(schema, 'json_build_object', 'json', 'text, text, text, text'),
        trap(schema, 'unnest', 'setof text', 'text[]'),
        trap(schema, 'substr', 'text', 'name, int'),
        trap(schema, 'octet_length', 'int', 'name'),
      ].join(';\n'),
    bait: "select lower('A'::name)",
  }),
  operators: trapped({ sql: sameOperators, bait: BAIT.operators }),
  ownOperators: trapped({ sql: sameOperators, bait: BAIT.operators, own: true }),
  aggregates: trapped({ sql: aggregates, bait: 'select count(*) from pg_catalog.pg_am' }),
  casts: trapped({
    sql: (schema) => `
      create type ${schema}.own as (x int);
      ${['text', 'name', 'oid', 'int4', 'int8', 'bool', 'regclass', 'jsonb', 'interval']
        .map(
          (type) => `
      ${trap(schema, `from_${type}`, `${schema}.own`, type)};
      ${trap(schema, `to_${type}`, type, `${schema}.own`)};
      create cast (${type} as ${schema}.own) with function ${schema}.from_${type}(${type}) as implicit;
      create cast (${schema}.own as ${type}) with function ${schema}.to_${type}(${schema}.own) as implicit`,
        )
        .join(';\n')};
      create function ${schema}.takes(${schema}.own) returns bool language plpgsql as $$ begin return true; end $$`,
    bait: "select takes('a'::name)",
  }),
  types: trapped({
    sql: (schema) => `${trap(schema)}; ${domains(schema, schema)}`,
    bait: BAIT.types,
  }),
  views: trapped({ sql: (schema) => `${trap(schema)}; ${views(schema)}`, bait: BAIT.views }),
  ownViews: trapped({
    sql: (schema) => `${trap(schema)}; ${views(schema)}`,
    bait: BAIT.views,
    own: true,
  }),
  temporaryViews: leftBehind((prefix) => views('public', prefix, 'temporary'), BAIT.views),
  temporaryTypes: leftBehind((prefix) => domains('pg_temp', 'public', prefix), BAIT.types),
  reportFunction: beside(
    ({ role }) => `
      alter extension timescaledb drop function public.get_telemetry_report();
      drop function public.get_telemetry_report();
      ${trap('public', 'get_telemetry_report', 'jsonb')};
      alter role ${role} set search_path = public, pg_catalog`,
    {
      target: { reportSource: 'function' },
      ...warns('no get_telemetry_report(), or the role may not call it'),
    },
    'select get_telemetry_report()',
  ),
  memberFunction: beside(({ role }) =>
    makeMember(role, '_timescaledb_functions.get_os_info()', 'returns record'),
  ),
  memberReport: beside(
    ({ role }) => makeMember(role, 'public.get_telemetry_report()', 'returns jsonb'),
    {
      target: { reportSource: 'function' },
      ...warns('no get_telemetry_report(), or the role may not call it'),
    },
    'select public.get_telemetry_report()',
  ),
  usersTable: beside(
    ({ role }) => `
      create function public.silent(int) returns int immutable language plpgsql as $$ begin return 1; end $$;
      create table evil (at int default public.silent(1), check (public.silent(at) = 1));
      insert into evil values (1);
      create index on evil (public.silent(at)) where public.silent(1) = 1;
      create statistics evil_statistics on (public.silent(at)), at from evil;
      alter table evil enable row level security, force row level security;
      grant select on evil to ${role};
      create policy evil on evil using (public.silent(at) = 1);
      create or replace function public.silent(int) returns int immutable language plpgsql as ${TRAP}`,
    {},
    'select * from evil',
  ),
  usersView: beside(
    ({ role }) => `
      create view evil as select public.trap() as a;
      grant select on evil to ${role};
      create materialized view evil_later as select public.trap() as a with no data;
      create table ruled (at int);
      create rule evil as on insert to ruled do also select public.trap()`,
    {},
    'select * from evil',
  ),
  catalogView: beside(
    ({ role }) => `
      alter table _timescaledb_catalog.metadata rename to metadata_of_before;
      create view _timescaledb_catalog.metadata as
        select m.key, m.value, public.trap() as include_in_telemetry from _timescaledb_catalog.metadata_of_before m;
      grant select on _timescaledb_catalog.metadata to ${role}`,
    {},
    'select * from _timescaledb_catalog.metadata',
  ),
  catalogPolicy: beside(
    () => `
      alter table _timescaledb_catalog.hypertable enable row level security;
      insert into _timescaledb_catalog.hypertable (id, schema_name, table_name) values (1, 'public', 'measured');
      create policy evil on _timescaledb_catalog.hypertable using (public.trap())`,
    {},
    'select * from _timescaledb_catalog.hypertable',
  ),
});
