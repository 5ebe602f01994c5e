import { type ErrorMaker, errorMaker } from './error-maker.ts';
import { pooler } from './pooler.ts';

export const lost = errorMaker(
  'DATABASE_CONNECTION_LOST',
  'The connection to the database ended during the run: the server, a pooler or the network closed it.',
  "Check the server's log if this repeats. Nothing was left open, and the run will be retried automatically.",
);

export const busy = errorMaker(
  'DATABASE_BUSY',
  'The server has no resources left for this session: too many connections, or no memory or disk space.',
  'Check the SQLSTATE if this repeats: connections (53300; also a CONNECTION LIMIT of the role or the database), memory (53200) or disk space (53100). The run will be retried automatically.',
);

export const notAccepting = errorMaker(
  'DATABASE_BUSY',
  'The server accepts no connections at the moment: it is starting, stopping or recovering.',
  'Wait for the server: the run will be retried automatically. Report from the primary if this is a standby with hot_standby off, which never accepts connections.',
);

export const conflict = errorMaker(
  'DATABASE_CONFLICT',
  'The server canceled a statement because of a conflict: with recovery on a standby, or with another session.',
  'Raise max_standby_streaming_delay on the standby, or report from the primary, if this repeats. The run will be retried automatically.',
);

const changedConcurrently = errorMaker(
  'DATABASE_CONFLICT',
  'Another session changed or dropped an object while it was in use, as ALTER EXTENSION UPDATE and DROP do.',
  "Wait until the change on the server is complete: the run will be retried automatically. Check the server's log if the error persists: the catalogs may be damaged.",
);

export const permission = errorMaker(
  'DATABASE_PERMISSION',
  'The role lacks a privilege that PostgreSQL or TimescaleDB grant to every role.',
  'Grant CONNECT on the database, and USAGE and SELECT on TimescaleDB\'s catalogs if they were revoked from PUBLIC. Remove row-level security from the catalogs. See "The role" in docs/deploying.md.',
);

export const unexpectedCatalog = errorMaker(
  'CATALOG_UNEXPECTED',
  "TimescaleDB's catalogs do not match the version in pg_extension; the extension may be only partly upgraded.",
  'Compare pg_extension with the library on disk, and complete the upgrade with ALTER EXTENSION timescaledb UPDATE in a new session.',
);

export const damaged = errorMaker(
  'DATABASE_DAMAGED',
  'The server reports damaged data, or a disk that it cannot read.',
  "Check the server's log and its disks now, and make sure that a backup exists. This run only read data.",
);

export const statementTimeout = errorMaker(
  'DATABASE_STATEMENT_TIMEOUT',
  'A statement reached its time limit on the server, or an administrator canceled it.',
  "Set sizes to 'estimated' in the target if the database has very many relations. The server may be busy; the run will be retried automatically.",
);

export const catalogLocked = errorMaker(
  'CATALOG_LOCKED',
  "Another session has locked a catalog table, so the database's state cannot be read.",
  'Search pg_locks for a long ALTER EXTENSION, VACUUM FULL or LOCK on the catalogs. The run will be retried automatically.',
);

export const unknownError = errorMaker(
  'DATABASE_ERROR',
  'The server returned an error.',
  "Look up the SQLSTATE in appendix A of PostgreSQL's documentation; the log level DEBUG (logLevel of the environment) shows the server's own message.",
);

/**
 * Messages of PostgreSQL's internal errors (XX000) after another session has changed or dropped an object that is in use.
 * Internal errors (`elog`) are never translated.
 */
const CHANGED_CONCURRENTLY =
  /^(could not open relation with OID |cache lookup failed for |could not find tuple for |tuple concurrently (updated|deleted)|(pg_attribute )?catalog is missing )/;

/** Returns the maker for an internal error of a statement; undefined for an unknown one. */
export function internalErrorInQuery(text: string, hasRoutine: boolean): ErrorMaker | undefined {
  if (CHANGED_CONCURRENTLY.test(text)) return changedConcurrently;
  // PostgreSQL names the routine in every error; poolers do not.
  return hasRoutine ? undefined : pooler;
}
