import * as z from 'zod/mini';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import { annotate, sql } from '../postgres/statement.ts';
import type { TimescaledbSnapshot } from '../timescaledb/server-info.ts';
import { has, type ServerInfo } from '../timescaledb/server-info.ts';
import type { Change } from './event.ts';

/** Encodes any text as an SQL expression. */
function textSql(text: string): string {
  const hex = Buffer.from(text, 'utf8').toString('hex');
  return `pg_catalog.convert_from(pg_catalog.decode('${hex}', 'hex'), 'UTF8')`;
}

/** Returns the SQL expression of the reporting role for a change's consent: the role in the event, or `null`. */
export function reporterSql({ scope }: Change): string {
  return scope.kind === 'role' ? textSql(scope.role) : 'null';
}

const rowSchema = z.object({
  database: z.string(),
  is_template: z.boolean(),
  is_superuser: z.boolean(),
  level_is_registered: z.boolean(),
  license: z.nullable(z.string()),
  extension_owner: z.string(),
  role: z.nullable(z.string()),
  in_database: z.nullable(z.string()),
  schedule_interval: z.nullable(z.string()),
});

/** State of the server that the statements of a change need in addition to the facts. The server quotes all names. */
export interface ServerContext {
  /** Quoted name of this connection's database. */
  readonly database: string;
  readonly isTemplate: boolean;
  readonly isSuperuser: boolean;
  /** A loaded library defines the level. */
  readonly levelIsRegistered: boolean;
  /** `timescaledb.license`. With `apache` the extension's functions for jobs do not work. */
  readonly license: string | null;
  /** Literal of the extension's owner, in the type of the job catalog's `owner` column. */
  readonly extensionOwner: string;
  readonly role: string | undefined;
  readonly inDatabase: string | undefined;
  /** Literal of the interval. */
  readonly scheduleInterval: string | undefined;
}

function quotedOrNull(text: string | undefined, quoted: (text: string) => string): string {
  return text === undefined ? 'null::pg_catalog.text' : quoted(textSql(text));
}

function serverContextQuery({ scope, scheduleInterval }: Change, server: ServerInfo): string {
  const { role, inDatabase } = scope.kind === 'role' ? scope : {};
  // Since 2.10.2 the owner is a regrole, which parses its text as an identifier and folds unquoted text to lower case.
  const owner = has(server, 'jobOwnerIsRole')
    ? 'pg_catalog.quote_ident(r.rolname::pg_catalog.text)'
    : 'r.rolname::pg_catalog.text';
  const roleName = (text: string) => `(
  select pg_catalog.quote_ident(r.rolname::pg_catalog.text)
  from pg_catalog.pg_roles r
  where r.rolname = ${text}
)`;
  const databaseName = (text: string) => `(
  select pg_catalog.quote_ident(d.datname::pg_catalog.text)
  from pg_catalog.pg_database d
  where d.datname = ${text}
)`;
  return annotate(
    'server context, read only',
    sql`
select
  pg_catalog.quote_ident(pg_catalog.current_database()::pg_catalog.text) as database,
  (
    select d.datistemplate
    from pg_catalog.pg_database d
    where d.datname = pg_catalog.current_database()
  ) as is_template,
  (
    select r.rolsuper
    from pg_catalog.pg_roles r
    where r.rolname = current_user
  ) as is_superuser,
  exists (
    select 1
    from pg_catalog.pg_settings s
    where s.name = 'timescaledb.telemetry_level'
  ) as level_is_registered,
  pg_catalog.current_setting('timescaledb.license', true) as license,
  (
    select pg_catalog.quote_literal(${owner})
    from pg_catalog.pg_extension e
    join pg_catalog.pg_roles r on r.oid = e.extowner
    where e.extname = 'timescaledb'
  ) as extension_owner,
  ${quotedOrNull(role, roleName)} as role,
  ${quotedOrNull(inDatabase, databaseName)} as in_database,
  ${quotedOrNull(scheduleInterval, (text) => `pg_catalog.quote_literal(${text})`)} as schedule_interval`,
  );
}

function missing(what: string): RunError {
  return new RunError('EVENT_INVALID', `The server has no ${what} with the name in the event.`, {
    remedy:
      'Compare the name with the one on the server, including letter case. Nothing was changed.',
  });
}

/**
 * Reads the server context of a change.
 *
 * @throws RunError EVENT_INVALID when a role or database of the event does not exist
 */
export async function readServerContext(
  snapshot: TimescaledbSnapshot,
  change: Change,
): Promise<ServerContext> {
  const row = await snapshot.row(serverContextQuery(change, snapshot.server), (found) =>
    checkRow('the server context of the change', rowSchema, found),
  );
  const { scope } = change;
  if (scope.kind === 'role' && row.role === null) throw missing('role');
  if (scope.kind === 'role' && scope.inDatabase !== undefined && row.in_database === null) {
    throw missing('database');
  }
  return {
    database: row.database,
    isTemplate: row.is_template,
    isSuperuser: row.is_superuser,
    levelIsRegistered: row.level_is_registered,
    license: row.license,
    extensionOwner: row.extension_owner,
    role: row.role ?? undefined,
    inDatabase: row.in_database ?? undefined,
    scheduleInterval: row.schedule_interval ?? undefined,
  };
}
