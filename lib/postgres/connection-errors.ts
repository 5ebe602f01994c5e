import { RunError } from '../errors.ts';
import { AuthenticationUnsupportedError, ClearTextPasswordError } from './wire-authentication.ts';

export type ErrorMaker = (details: { origin: string | undefined; original: unknown }) => RunError;

/** The server, or a pooler in front of it, has answered, and then the login did not come to its end. */
export function stalled(original: unknown): RunError {
  return new RunError(
    'DATABASE_UNREACHABLE',
    'The server began the login and did not finish it within 10 s.',
    {
      remedy:
        "Look at the server's log, and at that of a pooler in front of it: the pooler may be waiting for the server or for its own login there (PgBouncer: server_login_retry). The run will be retried automatically.",
      original,
    },
  );
}

export function notPostgresql(original: unknown): RunError {
  return new RunError(
    'DATABASE_NOT_POSTGRESQL',
    'What answers at this host and port is not PostgreSQL.',
    { remedy: 'Check host and port in the secret and in the target.', original },
  );
}

/** Poolers have one SQLSTATE for nearly everything that they refuse, temporary or not. */
export const pooler: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONNECTION_LOST',
    'The server, or more likely a pooler in front of it, refused the session or ended it.',
    {
      remedy:
        "Look at the pooler's log: it may have no connection left, not know the database or the user, or pool by statement, which allows no transaction. It is tried again by itself.",
      ...details,
    },
  );

const refusedByPooler: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_AUTHENTICATION',
    'A pooler in front of the server, or the server itself, refuses this login: wrong user or password.',
    {
      remedy:
        "Compare user and password with the role on the server and with the pooler's user list, which may hold an old password (PgBouncer: userlist.txt or auth_query; Pgpool-II: pool_passwd). Where the secret has another version, that was tried too.",
      ...details,
    },
  );

const unknownToPooler: ErrorMaker = (details) =>
  new RunError('DATABASE_MISSING', 'The pooler in front of the server has no such database.', {
    remedy:
      "Correct dbname in the secret or database in the target, or add the database to the pooler's configuration.",
    ...details,
  });

/**
 * Texts of PgBouncer, Pgpool-II and Supavisor that say more than their SQLSTATE. Unlike PostgreSQL's they are never
 * translated. PgBouncer also hands on what the server has answered to its own login.
 */
const POOLER_TEXTS: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/^no such user\b|^login rejected$|authentication failed/, refusedByPooler],
  [/^no such database\b/, unknownToPooler],
  [/server_login_retry|_timeout\b|shutting down|crashed|cannot connect|connect failed/, pooler],
  [
    /max_\w*client|max clients|is disabled|database .* does not exist|no memory|out of memory/i,
    pooler,
  ],
  [/pause failed|config error|resources exhaustion|backend (node|connection)/, pooler],
];

/**
 * What an error of a pooler during the login means.
 *
 * @param isPasswordInQuestion the password was sent, and not accepted yet
 */
export function poolerAtLogin(text: string, isPasswordInQuestion: boolean): ErrorMaker {
  const byText = POOLER_TEXTS.find(([pattern]) => pattern.test(text))?.[1];
  return byText ?? (isPasswordInQuestion ? refusedByPooler : pooler);
}

/**
 * Texts of PostgreSQL's internal errors (XX000) when another session changes or drops an object that is in use. Internal
 * errors (`elog`) are never translated.
 */
const CHANGED_MEANWHILE =
  /^(could not open relation with OID |cache lookup failed for |could not find tuple for |tuple concurrently (updated|deleted)|(pg_attribute )?catalog is missing )/;

const changedMeanwhile: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONFLICT',
    'Another session changed or dropped an object while it was in use; ALTER EXTENSION UPDATE and DROP do so.',
    {
      remedy:
        'Let the change on the server come to its end: the run will be retried automatically. If the error stays, the catalogs may be damaged: see the log of the server.',
      ...details,
    },
  );

/** What an internal error means for a statement; undefined where nothing more is known of it. */
export function internalErrorInQuery(text: string, hasRoutine: boolean): ErrorMaker | undefined {
  if (CHANGED_MEANWHILE.test(text)) return changedMeanwhile;
  // PostgreSQL names the routine in every error; poolers do not.
  return hasRoutine ? undefined : pooler;
}

/** An authentication request that is not answered; undefined for any other error. */
export function authenticationRequestError(thrown: unknown): RunError | undefined {
  if (thrown instanceof ClearTextPasswordError) {
    return new RunError(
      'DATABASE_AUTHENTICATION_UNSUPPORTED',
      'The server asks for the password in clear text, on a connection that others could read. It was not sent.',
      {
        remedy:
          'Use scram-sha-256 on the server (pg_hba.conf) or in the pooler (PgBouncer: auth_type), or TLS with verify-full.',
        original: thrown,
      },
    );
  }
  if (!(thrown instanceof AuthenticationUnsupportedError)) return undefined;
  return new RunError(
    'DATABASE_AUTHENTICATION_UNSUPPORTED',
    'The server asks for a method of authentication that this client does not have, such as GSSAPI, SSPI or OAuth.',
    {
      remedy:
        'Add a line for the role with the method scram-sha-256 to pg_hba.conf, before the line that asks for the other method.',
      origin: thrown.code,
      original: thrown,
    },
  );
}
