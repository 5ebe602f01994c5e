import { errorCodeOf, RunError } from '../errors.ts';
import { tlsFaultOf, tlsOriginOf } from '../network/tls-faults.ts';
import {
  authenticationRequestError,
  type ErrorMaker,
  internalErrorInQuery,
  notPostgresql,
  pooler,
  poolerAtLogin,
} from './connection-errors.ts';
import { BY_TLS_FAULT, clientCertificate, tlsUnsupported } from './tls-errors.ts';
import { NoProcessError } from './wire-guard.ts';
import { WireError } from './wire-messages.ts';

/** Not reached: what is known of why, and where to look. */
const unreachable =
  (message: string, remedy: string): ErrorMaker =>
  (details) =>
    new RunError('DATABASE_UNREACHABLE', message, { remedy, ...details });

const unresolved = unreachable(
  "The database server's name does not resolve.",
  'Check how host is written, and who resolves it: in a VPC its DNS support, private zones and resolver rules.',
);

/** The last of its errors is that of a Unix socket. */
const refused = unreachable(
  'Nothing listens where the database server should be.',
  'Check host and port, and that the server is up and listens on more than its own machine (listen_addresses).',
);

const connectionReset = unreachable(
  'The connection to the database server was broken off before the login was done.',
  'Check host and port, that the server is up, and what is between: a proxy, a pooler or a firewall may refuse us.',
);

const unanswered = unreachable(
  'What was sent to the database server was not answered.',
  "Check host and port, that the server is up, and that the function's subnet and security group reach it.",
);

/** A server that hangs, or something else that waits for us to speak its own language. */
export function silent(original: unknown): RunError {
  const make = unreachable(
    "What listens at the database server's port takes the connection, and says nothing.",
    'Check that it is the port of PostgreSQL; the server, or a pooler or load balancer in front of it, may hang.',
  );
  return make({ origin: undefined, original });
}

const lost: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONNECTION_LOST',
    'The connection to the database ended in the middle of the run: the server, a pooler or the network closed it.',
    { remedy: 'Nothing was left open. It is tried again by itself.', ...details },
  );

const busy: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_BUSY',
    'The server has no room for this at the moment: too many connections, or no memory or disk left.',
    {
      remedy:
        'It is tried again by itself; if it stays so, the SQLSTATE says of what there is too little: connections (53300; also a CONNECTION LIMIT of the role or the database), memory (53200) or disk (53100).',
      ...details,
    },
  );

/** What a server answers that cannot start a process is no message of the protocol, and has no SQLSTATE. */
export function tooManyConnections(original: unknown): RunError {
  return busy({ origin: undefined, original });
}

const notAccepting: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_BUSY',
    'The server takes no connections at the moment: it is starting, stopping or recovering.',
    {
      remedy:
        'It is tried again by itself. A standby whose hot_standby is off never takes any: report from its primary.',
      ...details,
    },
  );

const conflict: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_CONFLICT',
    'The server ended the reading in favour of something else: recovery on a standby, or another session.',
    {
      remedy:
        'It is tried again by itself. On a standby where it stays so, raise max_standby_streaming_delay or report from the primary.',
      ...details,
    },
  );

/** After the login the handshake is long done: only a certificate that is asked for late is still one of its faults. */
function makerForTls(thrown: unknown, when: When): ErrorMaker | undefined {
  const fault = isFromServer(thrown) ? undefined : tlsFaultOf(thrown);
  if (fault === undefined) return undefined;
  return when !== 'query' || fault === 'client-certificate' ? BY_TLS_FAULT[fault] : lost;
}

const authentication: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_AUTHENTICATION',
    'The server refuses this login: wrong user or password, a role that may not log in, or no matching line in pg_hba.conf.',
    {
      remedy:
        'Compare user and password with the role on the server, and its pg_hba.conf, which may ask for TLS (hostssl). Where the secret has another version, that was tried too.',
      ...details,
    },
  );

/** No text that is known here is longer; some patterns take time that grows with the square of a server's text. */
const MAX_TEXT_LENGTH = 1_000;

/** Returns the beginning of an error's text, which is all that patterns are matched against. */
function textOf({ message }: Error): string {
  return message.slice(0, MAX_TEXT_LENGTH);
}

/**
 * Whether the server has said it, in an ErrorResponse. Its code and its text are the server's own: names of Node and texts of
 * node-postgres mean nothing there.
 */
function isFromServer(thrown: unknown): boolean {
  return thrown instanceof Error && 'severity' in thrown;
}

/** PostgreSQL has one SQLSTATE for all that pg_hba.conf refuses: its text, where it is in English, names the certificate. */
const refusedByHba: ErrorMaker = (details) => {
  const text = details.original instanceof Error ? textOf(details.original) : '';
  return /requires a valid client certificate/.test(text)
    ? clientCertificate(details)
    : authentication(details);
};

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

/** What poolers use for nearly everything, and PostgreSQL for what should never happen. */
const PROTOCOL_VIOLATION = '08P01';
const INTERNAL_ERROR = 'XX000';

/** SQLSTATEs that say something else of a login than of a statement. */
const LOGIN_SQLSTATES: ReadonlyMap<string, ErrorMaker> = new Map([
  ['55000', closed],
  ['58P01', noSession],
]);

/** SQLSTATEs that say what to do. Source: PostgreSQL's documentation, appendix A. */
const BY_SQLSTATE: ReadonlyMap<string, ErrorMaker> = new Map(
  Object.entries<ErrorMaker>({
    '28P01': authentication,
    '28000': refusedByHba,
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
    // pgcat has no other SQLSTATE.
    '58000': pooler,
    // We create nothing: TimescaleDB's loader ends a pooled session that is older than the extension's update.
    '42710': lost,
    '57014': (details) =>
      new RunError(
        'DATABASE_STATEMENT_TIMEOUT',
        'A statement reached its time limit on the server, or an administrator cancelled it.',
        {
          remedy:
            "The server may be busy; it is tried again by itself. With very many relations set sizes to 'estimated' in the target.",
          ...details,
        },
      ),
    '55P03': (details) =>
      new RunError(
        'CATALOG_LOCKED',
        "A catalog table is locked by another session, so that the database's state cannot be read.",
        {
          remedy:
            'Look for a long ALTER EXTENSION, VACUUM FULL or LOCK on the catalogs in pg_locks. It is tried again by itself.',
          ...details,
        },
      ),
  }),
);

/** Errors that node-postgres itself makes; it gives them no code. PostgreSQL's own texts are searched for nothing of this. */
const BY_TEXT: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/does not support SSL/, tlsUnsupported],
  [/error establishing an SSL connection/, ({ original }) => notPostgresql(original)],
  [/timeout expired/, unanswered],
  [/SASL|SCRAM|password/i, authentication],
];

/** What the network says, by Node's names; those of the third row also of a Unix socket. */
const BY_NETWORK_ERROR: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/, unresolved],
  [/^(ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, unanswered],
  [/^(ECONNREFUSED|ENOENT|EACCES)$/, refused],
  [/^(ECONNRESET|ECONNABORTED|EPIPE)$/, connectionReset],
];

/** `password`: during the login, when the password was sent and not accepted yet. */
type When = 'connect' | 'password' | 'query';

/** A login asks nothing of TimescaleDB's catalogs: what fails it is code of somebody's own, such as an event trigger. */
function bySqlstateOfLogin(origin: string, text: string, when: When): ErrorMaker | undefined {
  if (origin === PROTOCOL_VIOLATION || origin === INTERNAL_ERROR) {
    return poolerAtLogin(text, when === 'password');
  }
  const maker = LOGIN_SQLSTATES.get(origin) ?? BY_SQLSTATE.get(origin);
  return maker === unexpectedCatalog ? undefined : maker;
}

function bySqlstateOfQuery(origin: string, error: Error): ErrorMaker | undefined {
  if (origin !== INTERNAL_ERROR) return BY_SQLSTATE.get(origin);
  return internalErrorInQuery(textOf(error), 'routine' in error && error.routine !== undefined);
}

function makerForSqlstate(origin: string, error: Error, when: When): ErrorMaker | undefined {
  return when === 'query'
    ? bySqlstateOfQuery(origin, error)
    : bySqlstateOfLogin(origin, textOf(error), when);
}

/** SQLSTATE first, then what OpenSSL and the socket say. */
function makerForToken(origin: string, error: Error, when: When): ErrorMaker | undefined {
  const bySqlstate = makerForSqlstate(origin, error, when);
  if (bySqlstate !== undefined) return bySqlstate;
  const byNetwork = BY_NETWORK_ERROR.find(([pattern]) => pattern.test(origin))?.[1];
  return byNetwork === undefined || when !== 'query' ? byNetwork : lost;
}

/** What node-postgres says. */
function makerForText(text: string, when: When): ErrorMaker | undefined {
  if (/terminated|not queryable/.test(text)) return when === 'query' ? lost : connectionReset;
  if (/unexpected .* message/i.test(text)) return invalidAnswer(when);
  return BY_TEXT.find(([pattern]) => pattern.test(text))?.[1];
}

/** Bytes that are not of the protocol. */
function invalidAnswer(when: When): ErrorMaker {
  return when === 'query' ? lost : ({ original }) => notPostgresql(original);
}

/**
 * Whether the guard has refused what the server sent, or node-postgres could not read it: JSON that is none, for example.
 * Those are the only errors of the language that a query can end with.
 */
function isInvalidAnswer(thrown: unknown): boolean {
  if (isFromServer(thrown)) return false;
  return (
    thrown instanceof WireError || /^(Syntax|Type|Range)Error$/.test(errorCodeOf(thrown) ?? '')
  );
}

function makerFor(thrown: Error, origin: string | undefined, when: When): ErrorMaker | undefined {
  if (thrown instanceof NoProcessError) return busy;
  if (isInvalidAnswer(thrown)) return invalidAnswer(when);
  if (isFromServer(thrown)) {
    return origin === undefined ? undefined : makerForSqlstate(origin, thrown, when);
  }
  return origin === undefined
    ? makerForText(textOf(thrown), when)
    : makerForToken(origin, thrown, when);
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The token of an error for the log: of a server's own error its SQLSTATE alone. */
function originOf(thrown: unknown): string | undefined {
  const token = isInvalidAnswer(thrown) ? undefined : errorCodeOf(thrown);
  if (!isFromServer(thrown)) return tlsOriginOf(thrown) ?? token;
  return token !== undefined && SQLSTATE.test(token) ? token : undefined;
}

/** Any error of node-postgres, of a socket or of TLS as a RunError whose text names no role, database or host. */
export function toDatabaseError(thrown: unknown, when: When): RunError {
  if (thrown instanceof RunError) return thrown;
  const refusal = authenticationRequestError(thrown);
  if (refusal !== undefined) return refusal;
  const details = { origin: originOf(thrown), original: thrown };
  const make =
    makerForTls(thrown, when) ??
    (thrown instanceof Error ? makerFor(thrown, details.origin, when) : undefined);
  if (make !== undefined) return make(details);
  return new RunError('DATABASE_ERROR', 'The database answered with an error.', {
    remedy:
      "Look the SQLSTATE up in PostgreSQL's documentation, appendix A; the log level DEBUG (logLevel of the environment) shows the server's own text.",
    ...details,
  });
}
