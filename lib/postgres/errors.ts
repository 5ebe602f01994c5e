import { errorCodeOf, RunError } from '../errors.ts';
import { tlsFaultOf, tlsOriginOf } from '../network/tls-faults.ts';
import * as connection from './errors/connection.ts';
import type { ErrorMaker } from './errors/error-maker.ts';
import { pooler, poolerAtLogin } from './errors/pooler.ts';
import * as statement from './errors/statement.ts';
import { BY_TLS_FAULT, clientCertificate, tlsUnsupported } from './errors/tls.ts';
import * as sqlstate from './sqlstate.ts';
import { NoProcessError } from './wire-guard.ts';
import { WireError } from './wire-messages.ts';

/** When an error occurred. `password`: during the login, after the password was sent and before it was accepted. */
type When = 'connect' | 'password' | 'query';

/** Length of the text that is matched: some patterns take time quadratic in the length of the server's text. */
const MAX_TEXT_LENGTH = 1_000;

function textOf({ message }: Error): string {
  return message.slice(0, MAX_TEXT_LENGTH);
}

/** Whether the server sent the error as an ErrorResponse: its code and message are then the server's own. */
function isFromServer(thrown: unknown): boolean {
  return thrown instanceof Error && 'severity' in thrown;
}

/**
 * Makes the error of a rejection by pg_hba.conf. One SQLSTATE covers all of them; only the message, where it is in English,
 * names a missing client certificate.
 */
const rejectedByHba: ErrorMaker = (details) => {
  const text = details.original instanceof Error ? textOf(details.original) : '';
  return /requires a valid client certificate/.test(text)
    ? clientCertificate(details)
    : connection.authentication(details);
};

/** SQLSTATEs with another meaning during the login than for a statement. */
const LOGIN_SQLSTATES: ReadonlyMap<string, ErrorMaker> = new Map([
  [sqlstate.OBJECT_NOT_IN_PREREQUISITE_STATE, connection.databaseClosed],
  [sqlstate.UNDEFINED_FILE, connection.sessionFailed],
]);

const BY_SQLSTATE: ReadonlyMap<string, ErrorMaker> = new Map([
  [sqlstate.INVALID_PASSWORD, connection.authentication],
  [sqlstate.INVALID_AUTHORIZATION_SPECIFICATION, rejectedByHba],
  [sqlstate.INVALID_CATALOG_NAME, connection.databaseMissing],
  [sqlstate.DATABASE_DROPPED, connection.databaseMissing],
  [sqlstate.INSUFFICIENT_PRIVILEGE, statement.permission],
  [sqlstate.INVALID_TEXT_REPRESENTATION, statement.unexpectedCatalog],
  [sqlstate.UNDEFINED_OBJECT, statement.unexpectedCatalog],
  [sqlstate.DATATYPE_MISMATCH, statement.unexpectedCatalog],
  [sqlstate.WRONG_OBJECT_TYPE, statement.unexpectedCatalog],
  [sqlstate.CANNOT_COERCE, statement.unexpectedCatalog],
  [sqlstate.UNDEFINED_TABLE, statement.unexpectedCatalog],
  [sqlstate.UNDEFINED_COLUMN, statement.unexpectedCatalog],
  [sqlstate.UNDEFINED_FUNCTION, statement.unexpectedCatalog],
  [sqlstate.INVALID_SCHEMA_NAME, statement.unexpectedCatalog],
  // The library of the version in pg_extension is not on the disk.
  [sqlstate.UNDEFINED_FILE, statement.unexpectedCatalog],
  [sqlstate.IO_ERROR, statement.damaged],
  [sqlstate.DATA_CORRUPTED, statement.damaged],
  [sqlstate.INDEX_CORRUPTED, statement.damaged],
  [sqlstate.INSUFFICIENT_RESOURCES, statement.busy],
  [sqlstate.DISK_FULL, statement.busy],
  [sqlstate.OUT_OF_MEMORY, statement.busy],
  [sqlstate.TOO_MANY_CONNECTIONS, statement.busy],
  [sqlstate.CONFIGURATION_LIMIT_EXCEEDED, statement.busy],
  [sqlstate.CANNOT_CONNECT_NOW, statement.notAccepting],
  [sqlstate.SERIALIZATION_FAILURE, statement.conflict],
  [sqlstate.DEADLOCK_DETECTED, statement.conflict],
  [sqlstate.ADMIN_SHUTDOWN, statement.lost],
  [sqlstate.CRASH_SHUTDOWN, statement.lost],
  [sqlstate.IDLE_SESSION_TIMEOUT, statement.lost],
  [sqlstate.IDLE_IN_TRANSACTION_SESSION_TIMEOUT, statement.lost],
  [sqlstate.TRANSACTION_TIMEOUT, statement.lost],
  [sqlstate.CONNECTION_EXCEPTION, statement.lost],
  [sqlstate.CONNECTION_DOES_NOT_EXIST, statement.lost],
  [sqlstate.CONNECTION_FAILURE, statement.lost],
  // From TimescaleDB's loader, which ends a pooled session that is older than the extension's update.
  [sqlstate.DUPLICATE_OBJECT, statement.lost],
  [sqlstate.PROTOCOL_VIOLATION, pooler],
  [sqlstate.SYSTEM_ERROR, pooler],
  [sqlstate.QUERY_CANCELED, statement.statementTimeout],
  [sqlstate.LOCK_NOT_AVAILABLE, statement.catalogLocked],
]);

/** Errors of node-postgres itself, which have no code. PostgreSQL's own messages are not matched. */
const BY_TEXT: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/does not support SSL/, tlsUnsupported],
  [/error establishing an SSL connection/, connection.notPostgresql],
  [/timeout expired/, connection.timedOut],
  [/SASL|SCRAM|password/i, connection.authentication],
];

/** Errors of the network, by Node's names. Those of the third row also occur with a Unix socket. */
const BY_NETWORK_ERROR: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/, connection.unresolved],
  [/^(ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, connection.timedOut],
  [/^(ECONNREFUSED|ENOENT|EACCES)$/, connection.refused],
  [/^(ECONNRESET|ECONNABORTED|EPIPE)$/, connection.connectionReset],
];

/**
 * Returns the maker for a SQLSTATE during the login; undefined for a SQLSTATE of the catalogs. A login reads no catalogs of
 * TimescaleDB, so that such an error comes from other code, for example an event trigger.
 */
function bySqlstateOfLogin(origin: string, text: string, when: When): ErrorMaker | undefined {
  if (origin === sqlstate.PROTOCOL_VIOLATION || origin === sqlstate.INTERNAL_ERROR) {
    return poolerAtLogin(text, when === 'password');
  }
  const maker = LOGIN_SQLSTATES.get(origin) ?? BY_SQLSTATE.get(origin);
  return maker === statement.unexpectedCatalog ? undefined : maker;
}

function bySqlstateOfQuery(origin: string, error: Error): ErrorMaker | undefined {
  if (origin !== sqlstate.INTERNAL_ERROR) return BY_SQLSTATE.get(origin);
  const hasRoutine = 'routine' in error && error.routine !== undefined;
  return statement.internalErrorInQuery(textOf(error), hasRoutine);
}

function makerForSqlstate(origin: string, error: Error, when: When): ErrorMaker | undefined {
  return when === 'query'
    ? bySqlstateOfQuery(origin, error)
    : bySqlstateOfLogin(origin, textOf(error), when);
}

/** Classifies by SQLSTATE first, then by the names of network errors. */
function makerForToken(origin: string, error: Error, when: When): ErrorMaker | undefined {
  const bySqlstate = makerForSqlstate(origin, error, when);
  if (bySqlstate !== undefined) return bySqlstate;
  const byNetwork = BY_NETWORK_ERROR.find(([pattern]) => pattern.test(origin))?.[1];
  return byNetwork === undefined || when !== 'query' ? byNetwork : statement.lost;
}

/** Classifies by the messages of node-postgres. */
function makerForText(text: string, when: When): ErrorMaker | undefined {
  if (/terminated|not queryable/.test(text)) {
    return when === 'query' ? statement.lost : connection.connectionReset;
  }
  if (/unexpected .* message/i.test(text)) return invalidAnswer(when);
  return BY_TEXT.find(([pattern]) => pattern.test(text))?.[1];
}

/** Returns the maker for bytes that are not part of the protocol. */
function invalidAnswer(when: When): ErrorMaker {
  return when === 'query'
    ? statement.lost
    : ({ original }) => connection.notPostgresql({ origin: undefined, original });
}

/**
 * Whether the guard rejected the server's bytes, or node-postgres could not parse them (invalid JSON, for example). A query
 * ends with no other error of JavaScript itself.
 */
function isInvalidAnswer(thrown: unknown): boolean {
  if (isFromServer(thrown)) return false;
  return (
    thrown instanceof WireError || /^(Syntax|Type|Range)Error$/.test(errorCodeOf(thrown) ?? '')
  );
}

/**
 * Returns the maker for an error of TLS. After the login the only fault of the handshake is a client certificate that the
 * server requests late.
 */
function makerForTls(thrown: unknown, when: When): ErrorMaker | undefined {
  const fault = isFromServer(thrown) ? undefined : tlsFaultOf(thrown);
  if (fault === undefined) return undefined;
  return when !== 'query' || fault === 'client-certificate' ? BY_TLS_FAULT[fault] : statement.lost;
}

function makerFor(thrown: Error, origin: string | undefined, when: When): ErrorMaker | undefined {
  if (thrown instanceof NoProcessError) return statement.busy;
  if (isInvalidAnswer(thrown)) return invalidAnswer(when);
  if (isFromServer(thrown)) {
    return origin === undefined ? undefined : makerForSqlstate(origin, thrown, when);
  }
  return origin === undefined
    ? makerForText(textOf(thrown), when)
    : makerForToken(origin, thrown, when);
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Returns the token of an error for the log: the SQLSTATE alone for an error that the server sent. */
function originOf(thrown: unknown): string | undefined {
  const token = isInvalidAnswer(thrown) ? undefined : errorCodeOf(thrown);
  if (!isFromServer(thrown)) return tlsOriginOf(thrown) ?? token;
  return token !== undefined && SQLSTATE.test(token) ? token : undefined;
}

/** Converts an error of node-postgres, of a socket or of TLS. The message names no role, database or host. */
export function toDatabaseError(thrown: unknown, when: When): RunError {
  if (thrown instanceof RunError) return thrown;
  const refusal = connection.authenticationRequestError(thrown);
  if (refusal !== undefined) return refusal;
  const details = { origin: originOf(thrown), original: thrown };
  const make =
    makerForTls(thrown, when) ??
    (thrown instanceof Error ? makerFor(thrown, details.origin, when) : undefined) ??
    statement.unknownError;
  return make(details);
}

/** Converts an error of node-postgres before the login was complete; the reached stage decides. */
export function toConnectError(
  original: unknown,
  { isConnected, firstByte, isAskedForTls, isPasswordInQuestion }: Attempt,
): RunError {
  const details = { origin: undefined, original };
  const isTimeout = original instanceof Error && original.message === 'timeout expired';
  if (isTimeout && isConnected) {
    return firstByte === undefined ? connection.unresponsive(details) : connection.stalled(details);
  }
  // A server that cannot start a process answers in plain text, without a SQLSTATE.
  if (isAskedForTls && firstByte === 'E'.charCodeAt(0)) return statement.busy(details);
  return toDatabaseError(original, isPasswordInQuestion ? 'password' : 'connect');
}

/** How far a connection came before it failed. */
export interface Attempt {
  readonly isConnected: boolean;
  /** The server was asked for TLS. */
  readonly isAskedForTls: boolean;
  readonly firstByte: number | undefined;
  readonly isPasswordInQuestion: boolean;
}
