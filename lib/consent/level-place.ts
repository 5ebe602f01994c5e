import type { Holder, StoredPlace } from '../timescaledb/facts.ts';

/** Role whose setting counts, for a setting that does not apply to all roles. */
export type LevelHolder = Exclude<Holder, 'everybody'>;

/** Kind of place where a level is set. Part of the log's contract: names of roles and databases stay on the server. */
export type PlaceKind =
  | StoredPlace
  | 'default'
  | 'configuration-file'
  | 'command-line'
  | 'environment-variable'
  | 'session'
  | 'startup-options'
  | 'session-reset-value'
  | 'unknown'
  | 'not-readable'
  | 'level-when-unset'
  | 'function-environment';

/**
 * One place where a level is set.
 *
 * @property holder absent for a setting that applies to all roles
 */
export interface LevelPlace {
  readonly where: PlaceKind;
  readonly holder?: LevelHolder;
}

const HOLDERS: Readonly<Record<LevelHolder, string>> = {
  'reporting-role': 'the reporting role',
  'job-owner': "the job's owner",
  'bootstrap-superuser': 'the bootstrap superuser',
  'database-owner': "the database's owner",
};

const PHRASES: Readonly<Record<PlaceKind, string>> = {
  default: 'by default',
  'configuration-file': "in the server's configuration file",
  'command-line': "on the server's command line",
  'environment-variable': 'by an environment variable of the server',
  database: 'for this database',
  'all-roles': 'for all roles',
  role: 'for a role',
  'role-in-database': 'for a role',
  session: 'in the session',
  'startup-options': "in the session's startup options",
  'session-reset-value': "as the session's reset value",
  unknown: 'in a place that PostgreSQL does not show',
  'not-readable': 'in a place that cannot be read',
  'level-when-unset': "by the target's levelWhenUnset",
  'function-environment': "in the function's environment",
};

const HOLDER_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(HOLDERS));
const PLACE_PHRASES: ReadonlyMap<string, string> = new Map(Object.entries(PHRASES));

/**
 * Describes a place as the end of a sentence: `for the job's owner in this database`. Accepts tokens of other versions,
 * because the CLI shows replies of deployed functions, and returns unknown tokens unchanged.
 */
export function describePlace({
  where,
  holder,
}: {
  readonly where: string;
  readonly holder?: string | undefined;
}): string {
  if (holder === undefined) return PLACE_PHRASES.get(where) ?? where;
  const owner = HOLDER_NAMES.get(holder) ?? holder;
  return where === 'role-in-database' ? `for ${owner} in this database` : `for ${owner}`;
}

/** Names a role for a statement's placeholder: `ALTER ROLE <the job's owner>`. */
// Stryker disable next-line StringLiteral: the place of a role always has its holder
export function describeHolder({ holder = 'reporting-role' }: LevelPlace): string {
  return HOLDERS[holder];
}
