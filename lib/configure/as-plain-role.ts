import type { Facts } from '../timescaledb/facts.ts';

/** The order in which PostgreSQL applies stored settings, the strongest first, with their names in `pg_settings.source`. */
const STORED_SOURCES = [
  ['role-in-database', 'database user'],
  ['role', 'user'],
  ['database', 'database'],
  ['all-roles', 'global'],
] as const;

/** Sources in the server's configuration, which are the same for every role. */
const SERVER_SOURCES: ReadonlySet<string> = new Set([
  'default',
  'configuration file',
  'command line',
  'environment variable',
]);

/** Returns level and source of a new session of a plain role; undefined if they equal the administrator's. */
function sessionOf({ level: { source, stored, configured } }: Facts) {
  for (const [place, name] of STORED_SOURCES) {
    const found = stored.find(
      (one) =>
        one.place === place && (one.holder === 'everybody' || one.holder === 'reporting-role'),
    );
    if (found !== undefined) return { session: found.value, source: source === null ? null : name };
  }
  if (source === null || SERVER_SOURCES.has(source) || configured === null) return undefined;
  return { session: configured, source: 'configuration file' };
}

/**
 * Returns the facts as a plain reporting role sees them. The administrator can also read the configuration file, and the
 * administrator's session has the level of the administrator's own role. A plain role cannot read the file, and sees the one
 * level that takes precedence in PostgreSQL.
 *
 * @param facts read by the administrator, with no reporting role or with the one that the event names
 */
export function asPlainRole(facts: Facts): Facts {
  const session = sessionOf(facts);
  if (session === undefined) return facts;
  const level = { ...facts.level, ...session, reset: session.session, configured: null };
  return { ...facts, level };
}
