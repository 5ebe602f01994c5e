import type { RunError } from '../../errors.ts';
import { AuthenticationUnsupportedError, ClearTextPasswordError } from '../wire-authentication.ts';
import { errorMaker } from './error-maker.ts';

export const unresolved = errorMaker(
  'DATABASE_UNREACHABLE',
  'The host name of the database server does not resolve.',
  'Check the spelling of host, and the DNS of the VPC: DNS support, private zones and resolver rules.',
);

export const refused = errorMaker(
  'DATABASE_UNREACHABLE',
  'No server accepts connections at this host and port.',
  'Check host and port, that the server is running, and that it does not listen on localhost alone (listen_addresses).',
);

export const connectionReset = errorMaker(
  'DATABASE_UNREACHABLE',
  'The connection to the database server was closed before the login was complete.',
  'Check host and port, that the server is running, and whether a proxy, a pooler or a firewall refuses the connection.',
);

export const timedOut = errorMaker(
  'DATABASE_UNREACHABLE',
  'The database server cannot be reached over the network.',
  "Check host and port, that the server is running, and that the function's subnet and security group can reach it.",
);

/** The server hangs, or another protocol's server waits for the client to speak first. */
export const unresponsive = errorMaker(
  'DATABASE_UNREACHABLE',
  'The server at this host and port accepts connections, but sends no data.',
  'Check that the port is that of PostgreSQL. The server, or a pooler or load balancer before it, may hang.',
);

/** The server, or a pooler before it, has answered, and the login was not completed. */
export const stalled = errorMaker(
  'DATABASE_UNREACHABLE',
  'The server started the login and did not complete it within 10 s.',
  'Check the logs of the server and of a pooler before it: the pooler may be waiting for the server, or for its own login there (PgBouncer: server_login_retry). The run will be retried automatically.',
);

export const notPostgresql = errorMaker(
  'DATABASE_NOT_POSTGRESQL',
  'The server at this host and port is not PostgreSQL.',
  'Check host and port in the secret and in the target.',
);

export const authentication = errorMaker(
  'DATABASE_AUTHENTICATION',
  'The server rejected the login: wrong user or password, a role without LOGIN, or no matching line in pg_hba.conf.',
  'Compare user and password with the role on the server, and check pg_hba.conf, which may require TLS (hostssl). If the secret has another version, that was tried too.',
);

export const databaseMissing = errorMaker(
  'DATABASE_MISSING',
  'The server has no database of this name.',
  'Correct dbname in the secret or database in the target, or remove the target.',
);

/** ALTER DATABASE … ALLOW_CONNECTIONS false; since PostgreSQL 15 also an interrupted DROP DATABASE. */
export const databaseClosed = errorMaker(
  'DATABASE_ERROR',
  'The database accepts no connections, or DROP DATABASE was interrupted.',
  'Run ALTER DATABASE … ALLOW_CONNECTIONS true, or remove the target.',
);

/** A missing library that a setting names ends every session at its start. */
export const sessionFailed = errorMaker(
  'DATABASE_ERROR',
  'The server cannot start a session: a required file is missing, such as a library that a setting names.',
  "Compare session_preload_libraries and local_preload_libraries, also those of the role and of the database, with the files on the server's disk.",
);

const clearTextRefused = errorMaker(
  'DATABASE_AUTHENTICATION_UNSUPPORTED',
  'The server requests the password in clear text on a connection that others could read. The password was not sent.',
  'Use scram-sha-256 on the server (pg_hba.conf) or in the pooler (PgBouncer: auth_type), or TLS with verify-full.',
);

const authenticationUnsupported = errorMaker(
  'DATABASE_AUTHENTICATION_UNSUPPORTED',
  'The server requires an authentication method that this client does not support, such as GSSAPI, SSPI or OAuth.',
  'Add a line with the method scram-sha-256 for the role to pg_hba.conf, before the line with the other method.',
);

/** Converts an authentication request that this client does not answer; undefined for any other error. */
export function authenticationRequestError(original: unknown): RunError | undefined {
  if (original instanceof ClearTextPasswordError) {
    return clearTextRefused({ origin: undefined, original });
  }
  if (!(original instanceof AuthenticationUnsupportedError)) return undefined;
  return authenticationUnsupported({ origin: original.code, original });
}
