import pg from 'pg';
import { expect } from 'vitest';
import { summariesOf } from '../support/lambda/invocations.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Arrange, consenting, type Faulty, testFaults } from '../support/run/faults.ts';
import { cleanReport, sends } from '../support/timescaledb/clean-report.ts';
import {
  aggregates,
  calledFunctions,
  domains,
  makeMember,
  SPRUNG,
  sameFunctions,
  sameOperators,
  TRAP,
  trap,
  views,
} from './arrangements/trap-sql.ts';
import { TRAP_FAULTS } from './rows/traps.ts';

/** Executes the bait as the role, and expects the error of the trap. */
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
  /** Returns the SQL that sets the trap in a schema. */
  readonly sql: (schema: string) => string | Promise<string>;
  /** A statement that executes the trap. */
  readonly bait: string;
  /** Whether the schema is the role's own (`$user`) instead of public. */
  readonly own?: true;
}

/** Sets a trap in the search path, and expects the report of a role whose search path is pg_catalog only. */
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

/**
 * Creates temporary objects at each login, as a client of a pooler could leave them behind. The first report is built with
 * harmless names, and the run has the names of the trap.
 */
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

/** Sets a trap outside the search path. */
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
  // The functions of pg_catalog take text, "any" or anyelement. These match a name or a number without a cast.
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
      alter table _timescaledb_catalog.metadata rename to renamed_metadata;
      create view _timescaledb_catalog.metadata as
        select m.key, m.value, public.trap() as include_in_telemetry from _timescaledb_catalog.renamed_metadata m;
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
