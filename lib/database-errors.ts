import { CERTIFICATE_ERROR, HANDSHAKE_ERROR, RunError, tokenOf } from './errors.ts';

type ErrorMaker = (details: { origin: string | undefined; original: unknown }) => RunError;

const NETWORK_REMEDY =
  "Check the host and port, that the server is up, and that the function's subnet and security group reach it.";

const unreachable: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_UNREACHABLE',
    'The database server cannot be reached: the name does not resolve, nothing listens there, or something drops the connection.',
    { remedy: NETWORK_REMEDY, ...details },
  );

const lost: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONNECTION_LOST',
    'The connection to the database ended in the middle of the run: the server, a pooler or the network closed it.',
    { remedy: 'Nothing was left open. The next tick tries again.', ...details },
  );

const busy: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_BUSY',
    'The server has no room for this at the moment: too many connections, or no memory or disk left.',
    {
      remedy:
        'The next tick tries again; if it stays so, the SQLSTATE says of what the server needs more: connections (53300), memory (53200) or disk (53100).',
      ...details,
    },
  );

/** What a server answers that cannot start a process is no message of the protocol, and has no SQLSTATE. */
export function noRoom(original: unknown): RunError {
  return busy({ origin: undefined, original });
}

const notAccepting: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_BUSY',
    'The server takes no connections at the moment: it is starting, stopping or recovering.',
    {
      remedy:
        'The next tick tries again. A standby whose hot_standby is off never takes any: report from its primary.',
      ...details,
    },
  );

/** PgBouncer has one SQLSTATE for nearly all that it refuses, what passes and what stays. */
const pooler: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONNECTION_LOST',
    'The server, or more likely a pooler in front of it, refused the session or ended it.',
    {
      remedy:
        "Look at the pooler's log: it may have no connection left, not know the database or the user, or pool by statement, which allows no transaction. The next tick tries again.",
      ...details,
    },
  );

const conflict: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONFLICT',
    'The server ended the reading in favour of something else: recovery on a standby, or another session.',
    {
      remedy:
        'The next tick tries again. On a standby where it stays so, raise max_standby_streaming_delay or report from the primary.',
      ...details,
    },
  );

const unverified: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_TLS_UNVERIFIED',
    "The database server's certificate does not verify: unknown authority, wrong name, or not valid now.",
    {
      remedy:
        'Put the authority that signed it, as PEM, into the key ca of the secret or into tls.caFile; set tls.serverName where the host is an address, a tunnel or a load balancer.',
      ...details,
    },
  );

export function notPostgresql(original: unknown): RunError {
  return new RunError(
    'DATABASE_NOT_POSTGRESQL',
    'What answers at this host and port is not PostgreSQL.',
    { remedy: 'Check host and port in the secret and in the target.', original },
  );
}

const tlsUnsupported: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_TLS_UNSUPPORTED',
    'The server offers no TLS, or none that this client accepts, and the target asks for it.',
    {
      remedy:
        'Turn on ssl on the server, with TLS 1.2 or later. Only if the way to it is private, set tls.mode to disable in the target: the password protocol and the report then travel in plain text.',
      ...details,
    },
  );

const authentication: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_AUTHENTICATION',
    'The server refuses this login: wrong user or password, a role that may not log in, or no matching line in pg_hba.conf.',
    {
      remedy:
        'Compare user and password with the role on the server, and its pg_hba.conf. Where the secret has another version, that was tried too.',
      ...details,
    },
  );

const permission: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_PERMISSION',
    'The role lacks a right that PostgreSQL or TimescaleDB give to every role.',
    {
      remedy:
        'Grant CONNECT on the database, and USAGE and SELECT on TimescaleDB\'s catalogs if they were revoked from PUBLIC; take row-level security off where somebody put it on them; see the README, "The role".',
      ...details,
    },
  );

const missing: ErrorMaker = (details) =>
  new RunError('DATABASE_MISSING', 'The server has no database of that name.', {
    remedy: 'Correct dbname in the secret or database in the target, or remove the target.',
    ...details,
  });

const unexpectedCatalog: ErrorMaker = (details) =>
  new RunError(
    'CATALOG_UNEXPECTED',
    "TimescaleDB's catalogs are not those of the version that pg_extension names; the extension may be half upgraded.",
    {
      remedy:
        'Compare pg_extension with the library on disk, and finish the upgrade with ALTER EXTENSION timescaledb UPDATE in a fresh session.',
      ...details,
    },
  );

const damaged: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_DAMAGED',
    'The server reports damaged data, or a disk that it cannot read.',
    {
      remedy:
        "Look at the server's own log and at its disks now, and see that there is a backup. This run only read, and came across it.",
      ...details,
    },
  );

/** ALTER DATABASE … ALLOW_CONNECTIONS false; since PostgreSQL 15 also what an interrupted DROP DATABASE left. */
const closed: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_ERROR',
    'The server lets nobody into this database: it does not allow connections, or was dropped half.',
    {
      remedy: 'ALTER DATABASE … ALLOW_CONNECTIONS true, or remove the target.',
      ...details,
    },
  );

/** A library that a setting names ends every session in its beginning. */
const noSession: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_ERROR',
    'The server cannot begin a session: a file that it needs is not there, such as a library that a setting names.',
    {
      remedy:
        "Compare session_preload_libraries and local_preload_libraries, also the role's and the database's, with what is on the server's disk.",
      ...details,
    },
  );

/** SQLSTATEs that say something else of a login than of a statement. */
const OF_LOGIN: ReadonlyMap<string, ErrorMaker> = new Map([
  ['55000', closed],
  ['58P01', noSession],
]);

/** SQLSTATEs that say what to do. Source: PostgreSQL's documentation, appendix A. */
const BY_SQLSTATE: ReadonlyMap<string, ErrorMaker> = new Map(
  Object.entries<ErrorMaker>({
    '28P01': authentication,
    '28000': authentication,
    '3D000': missing,
    '57P04': missing,
    '42501': permission,
    '22P02': unexpectedCatalog,
    '42704': unexpectedCatalog,
    '42804': unexpectedCatalog,
    '42809': unexpectedCatalog,
    '42846': unexpectedCatalog,
    '42P01': unexpectedCatalog,
    '42703': unexpectedCatalog,
    '42883': unexpectedCatalog,
    '3F000': unexpectedCatalog,
    // The library of the version that pg_extension names is not on the disk.
    '58P01': unexpectedCatalog,
    '58030': damaged,
    XX001: damaged,
    XX002: damaged,
    '53000': busy,
    '53100': busy,
    '53200': busy,
    '53300': busy,
    '53400': busy,
    '57P03': notAccepting,
    '40001': conflict,
    '40P01': conflict,
    '57P01': lost,
    '57P02': lost,
    '57P05': lost,
    '25P03': lost,
    '25P04': lost,
    '08000': lost,
    '08003': lost,
    '08006': lost,
    '08P01': pooler,
    // We create nothing: TimescaleDB's loader ends a pooled session that is older than the extension's update.
    '42710': lost,
    '57014': (details) =>
      new RunError(
        'DATABASE_STATEMENT_TIMEOUT',
        'A statement reached its time limit on the server, or an administrator cancelled it.',
        {
          remedy:
            "The server may be busy; the next tick tries again. With very many relations set sizes to 'estimated' in the target.",
          ...details,
        },
      ),
    '55P03': (details) =>
      new RunError(
        'CATALOG_LOCKED',
        "A catalog table is locked by another session, so that the database's state cannot be read.",
        {
          remedy:
            'Look for a long ALTER EXTENSION, VACUUM FULL or LOCK on the catalogs in pg_locks. The next tick tries again.',
          ...details,
        },
      ),
  }),
);

/** Errors that node-postgres itself makes; it gives them no code. PostgreSQL's own texts are never searched. */
const BY_TEXT: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/does not support SSL/, tlsUnsupported],
  [/error establishing an SSL connection/, ({ original }) => notPostgresql(original)],
  [/timeout expired/, unreachable],
  [/SASL|SCRAM|password/i, authentication],
];

/** The last two are those of a Unix socket. */
const NETWORK_ERROR =
  /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL|ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EPIPE|EADDRNOTAVAIL|ENOENT|EACCES)$/;

/** SQLSTATE first, then what OpenSSL, the socket and node-postgres say. */
function makerFor(
  origin: string,
  text: string,
  phase: 'connect' | 'query',
): ErrorMaker | undefined {
  const byOrigin =
    (phase === 'connect' ? OF_LOGIN.get(origin) : undefined) ?? BY_SQLSTATE.get(origin);
  if (byOrigin !== undefined) return byOrigin;
  if (CERTIFICATE_ERROR.test(origin)) return unverified;
  if (HANDSHAKE_ERROR.test(origin)) return tlsUnsupported;
  const broken = phase === 'connect' ? unreachable : lost;
  if (NETWORK_ERROR.test(origin)) return broken;
  if (origin !== '') return undefined;
  if (/terminated|not queryable/.test(text)) return broken;
  if (/received invalid response|unexpected .* message/i.test(text)) {
    return phase === 'connect' ? ({ original }) => notPostgresql(original) : lost;
  }
  return BY_TEXT.find(([pattern]) => pattern.test(text))?.[1];
}

/** Any error of node-postgres, of a socket or of TLS as a RunError whose text names no role, database or host. */
export function toDatabaseError(thrown: unknown, phase: 'connect' | 'query'): RunError {
  if (thrown instanceof RunError) return thrown;
  const details = { origin: tokenOf(thrown), original: thrown };
  const make = makerFor(details.origin ?? '', thrown instanceof Error ? thrown.message : '', phase);
  if (make !== undefined) return make(details);
  return new RunError('DATABASE_ERROR', 'The database answered with an error.', {
    remedy:
      "Look the SQLSTATE up in PostgreSQL's documentation, appendix A; the log level DEBUG (logLevel of the environment) shows the server's own text.",
    ...details,
  });
}
