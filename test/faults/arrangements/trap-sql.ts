import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const LIB = join(import.meta.dirname, '..', '..', '..', 'lib');

/** The SQLSTATE of a trap that was executed. */
export const SPRUNG = 'EVIL1';

/** Body of a PL/pgSQL function that raises the error of a trap. */
export const TRAP = `$trap$ begin raise exception using errcode = '${SPRUNG}', message = 'a trap was executed'; end $trap$`;

/** Returns the functions of pg_catalog that the statements of lib/ call. */
export async function calledFunctions(): Promise<readonly string[]> {
  const files = await readdir(LIB, { recursive: true });
  const texts = await Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(join(LIB, file), 'utf8')),
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\bpg_catalog\.(\w+)\(/g)].map(([, name = '']) => name),
  );
  return [...new Set(names)].toSorted();
}

/** The operators that lib/ uses, also in `in`, `any` and `distinct from`. */
const OPERATORS = [
  ...['=', '<>', '<', '<=', '>', '>=', '~', '!~', '||', '+', '-', '*', '/', '&', '->', '->>'],
];

/** Names of PostgreSQL's types that lib/ uses. */
const TYPES = ['text', 'name', 'oid', 'jsonb', 'json', 'date', 'timestamptz', 'regclass', 'int8'];
/** Names of PostgreSQL's and TimescaleDB's relations that lib/ uses. */
const CATALOGS = [
  ...['pg_am', 'pg_class', 'pg_database', 'pg_db_role_setting', 'pg_depend', 'pg_extension'],
  ...['pg_index', 'pg_language', 'pg_locks', 'pg_namespace', 'pg_proc', 'pg_roles', 'pg_settings'],
  ...['bgw_job', 'bgw_job_stat', 'chunk', 'continuous_agg', 'hypertable', 'metadata'],
];

/** Creates a trap in a schema for each row of a query for `name`, `arguments` and `result` of functions. */
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

/** Creates traps with the names and arguments of functions of pg_catalog. */
export const sameFunctions = (schema: string, names: readonly string[]): string =>
  functionsFor(
    schema,
    `select p.proname as name, oidvectortypes(p.proargtypes) as arguments,
       case when p.proretset then 'setof ' else '' end || format_type(p.prorettype, null) as result
     from pg_proc p
     where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.provariadic = 0
       and p.proname = any ('{${names.join(', ')}}') and not p.proargtypes::oid[] && array(${PSEUDO})`,
  );

/** Creates traps with the names and arguments of operators of pg_catalog. */
export const sameOperators = (schema: string): string => `
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

/** Creates traps with the names of aggregates of pg_catalog. */
export const aggregates = (schema: string): string => `
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

/** Creates a function that is a trap. */
export const trap = (schema: string, name = 'trap', result = 'bool', args = ''): string =>
  `create function ${schema}.${name}(${args}) returns ${result} language plpgsql as ${TRAP}`;

/** Creates views with the names of catalogs, which execute a trap. */
export const views = (schema: string, prefix = '', temporary = ''): string =>
  CATALOGS.map(
    (name) =>
      `create ${temporary} view ${temporary === '' ? `${schema}.` : ''}${prefix}${name} as
       select ${schema}.trap() as oid, 'x'::text as key, 'x'::text as relname`,
  ).join(';\n') +
  (temporary === '' ? `; grant select on all tables in schema ${schema} to public` : '');

/** Creates domains with the names of types, whose checks execute a trap. */
export const domains = (schema: string, trapIn: string, prefix = ''): string =>
  TYPES.map(
    (name) =>
      `create domain ${schema}.${prefix}${name} as pg_catalog.${name} check (${trapIn}.trap())`,
  ).join(';\n');

/** Makes a trap a member of the extension, as the extension's owner can without superuser rights. */
export const makeMember = (owner: string, signature: string, returns: string): string => `
  update pg_extension set extowner = '${owner}'::regrole where extname = 'timescaledb';
  alter extension timescaledb drop function ${signature};
  drop function ${signature};
  create function ${signature} ${returns} language plpgsql as ${TRAP};
  alter function ${signature} owner to ${owner};
  set role ${owner};
  alter extension timescaledb add function ${signature};
  reset role`;
