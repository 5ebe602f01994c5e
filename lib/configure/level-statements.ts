import type { Change } from './event.ts';
import { type PlanInput, type SqlStatement, statementText } from './statement.ts';

const SETTING = 'timescaledb.telemetry_level';
/** The first version whose ALTER SYSTEM accepts a setting that no library has registered. */
const POSTGRESQL_17 = 170_000;
const POSTGRESQL_15 = 150_000;

/** Returns the sentence about the privilege to set a level that no loaded library has registered. */
function grantOfParameter({ server, serverContext }: PlanInput): string {
  if (serverContext.levelIsRegistered) return '';
  return server.serverVersionNum >= POSTGRESQL_15
    ? ` While the extension's library is not loaded, also: GRANT SET ON PARAMETER ${SETTING} TO <the administrator>.`
    : " While the extension's library is not loaded, only a superuser can.";
}

/** Returns `SET … = 'off'`, or RESET. */
function settingClause(level: Change['level']): string {
  return level === 'reset' ? `RESET ${SETTING}` : `SET ${SETTING} = '${level}'`;
}

export function levelOfInstance({
  change,
  server,
  serverContext,
}: PlanInput): readonly SqlStatement[] {
  const sql = `ALTER SYSTEM ${settingClause(change.level)}`;
  const needsSet =
    server.serverVersionNum < POSTGRESQL_17 &&
    !serverContext.levelIsRegistered &&
    change.level !== 'reset';
  const set = settingClause(change.level);
  const alter: SqlStatement = {
    sql,
    title: sql,
    grant:
      server.serverVersionNum >= POSTGRESQL_15
        ? `It needs a superuser, or, where the extension's library is loaded: GRANT ALTER SYSTEM ON PARAMETER ${SETTING} TO <the administrator>.`
        : 'It needs a superuser.',
  };
  return [
    // Before PostgreSQL 17 the session has to know a setting that no library has registered.
    ...(needsSet ? [{ sql: set, title: set, grant: 'Any role can do this.' }] : []),
    alter,
    {
      sql: 'SELECT pg_catalog.pg_reload_conf()',
      title: 'SELECT pg_catalog.pg_reload_conf()',
      grant: 'GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO <the administrator>.',
    },
  ];
}

export function levelElsewhere(input: PlanInput): SqlStatement {
  const { change, serverContext } = input;
  const what = settingClause(change.level);
  const parameter = grantOfParameter(input);
  if (change.scope.kind === 'database') {
    const database = { sql: serverContext.database, title: '<this database>' };
    return {
      ...statementText`ALTER DATABASE ${database} ${what}`,
      grant: `It needs the database's owner: GRANT <the owner> TO <the administrator>.${parameter}`,
    };
  }
  const role = { sql: serverContext.role ?? '', title: '<the role>' };
  if (serverContext.inDatabase === undefined) {
    return {
      ...statementText`ALTER ROLE ${role} ${what}`,
      grant: `It needs CREATEROLE, and since PostgreSQL 16 the role with ADMIN OPTION: ALTER ROLE <the administrator> CREATEROLE; GRANT <the role> TO <the administrator> WITH ADMIN OPTION.${parameter}`,
    };
  }
  const inDatabase = { sql: serverContext.inDatabase, title: '<the database>' };
  return {
    ...statementText`ALTER ROLE ${role} IN DATABASE ${inDatabase} ${what}`,
    grant: `It needs CREATEROLE, since PostgreSQL 16 the role with ADMIN OPTION, and the database's owner: GRANT <the owner> TO <the administrator>.${parameter}`,
  };
}
