import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import pgpass from 'pgpass';
import type { Credentials } from '../../lib/credentials/parse-secret.ts';
import { type ErrorCode, RunError } from '../../lib/errors.ts';
import {
  type ConnectionChoices,
  type ConnectionParameters,
  connectionParameters,
} from './libpq-parameters.ts';

const HELP = `
The server is found as psql finds it: by the parts of the URL, then PGHOST,
PGHOSTADDR, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGPASSFILE (~/.pgpass),
PGSSLMODE, PGSSLROOTCERT and PGOPTIONS, then a socket on this machine, or
localhost. A password is never asked for. Service files, client certificates
and lists of servers are not read.

TLS is stricter than psql's. It is verified (verify-full), whatever prefer,
allow and require say; verify-ca does not look at the name. Plain text is used
on loopback and sockets, and elsewhere only where PGSSLMODE, or sslmode in the
URL, is disable. PGSSLROOTCERT=system means Node's own authorities, which are
used where none are given.`;

/** The options that say where the database is. */
export function addConnectionOptions(command: Command): Command {
  return command
    .optionsGroup('Connection:')
    .option('--database-url <postgres://…>', 'what it does not say, the PG* variables do')
    .option(
      '--tls-server-name <name>',
      "the name in the server's certificate, where it is not the host (a tunnel); on loopback it asks for TLS",
    )
    .option(
      '--tls-ca-file <file>',
      'the authority that signed it, PEM; on loopback it asks for TLS',
    )
    .optionsGroup('Options:')
    .addHelpText('after', HELP);
}

function userOfMachine(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** What those options and the PG* variables of this process say. */
export function readConnection(command: Command, problems: string[]): ConnectionParameters {
  const machine = {
    environment: process.env,
    user: userOfMachine(),
    exists: existsSync,
    readFile: (path: string) => readFileSync(path, 'utf8'),
  };
  return connectionParameters(command.opts<ConnectionChoices>(), machine, problems);
}

/** The server as a person would name it. */
export function describeServer({ host, port, user, database, tls }: ConnectionParameters): string {
  const how = tls.mode === 'disable' ? 'plain text' : `TLS ${tls.mode}`;
  const way = host.startsWith('/') ? 'Unix socket' : how;
  return `${host}, port ${port}, database ${database} as ${user}, ${way}`;
}

/** Everything needed to log in: the password is looked up where psql looks. */
export async function findCredentials(parameters: ConnectionParameters): Promise<Credentials> {
  const { host, port, user, database, passfileHost, ca } = parameters;
  const fromFile = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      // As psql, and unlike pgpass, which looks into no file where the variable is there at all.
      if (process.env['PGPASSWORD'] === '') delete process.env['PGPASSWORD'];
      pgpass({ host: passfileHost, port, user, database }, resolve);
    });
  const password = parameters.password ?? (await fromFile()) ?? '';
  return { versionId: undefined, host, port, user, database, password, ca };
}

/** What helps here, where the library speaks of secrets and targets. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  DATABASE_UNREACHABLE:
    'Check host and port, and that the server is up and can be reached from this machine.',
  DATABASE_BUSY:
    'Try again later; if it stays so, raise what there is too little of: connections (also a CONNECTION LIMIT of the role or the database), memory or disk.',
  EXTENSION_MISSING:
    'Name the database in which CREATE EXTENSION timescaledb was executed, in the URL or in PGDATABASE.',
  VERSION_UNSUPPORTED: 'Upgrade the extension. Nothing was sent.',
  DATABASE_NOT_POSTGRESQL: 'Check host and port.',
  DATABASE_TLS_UNSUPPORTED:
    'Turn on ssl on the server, with TLS 1.2 or later. Only if the way to it is private, ask for plain text: PGSSLMODE=disable, or sslmode=disable in the URL.',
  DATABASE_TLS_UNVERIFIED:
    'Give an authority that is unknown here with --tls-ca-file or PGSSLROOTCERT, and a name that is not the host (an address, a tunnel, a load balancer) with --tls-server-name; replace a certificate that has expired, is weak or is not for servers.',
  DATABASE_TLS_REFUSED:
    "Ask the server for nothing that this client does not have: a client certificate (clientcert, or the method cert, in the role's line of pg_hba.conf), or ciphers and curves of old. Give the name in its certificate with --tls-server-name where it is not the host.",
  DATABASE_AUTHENTICATION:
    'Compare user and password (URL, PGPASSWORD, PGPASSFILE or ~/.pgpass) with the role on the server, and its pg_hba.conf, which may ask for TLS (hostssl).',
  DATABASE_MISSING:
    'Correct the database in the URL or in PGDATABASE; where neither names one, it is called like the user.',
};

const WITHOUT_PASSWORD =
  'No password was found, and the server may want one: give it in PGPASSWORD, in a password file (PGPASSFILE or ~/.pgpass, mode 0600, with a line for this host, port, database and user), or in the URL. It is never asked for.';

/** Remedies for whoever gave these credentials; undefined where the library's own are right. */
export function remediesFor({ password }: Credentials): (code: string) => string | undefined {
  const remedies: Readonly<Record<string, string>> =
    password === '' ? { ...REMEDIES, DATABASE_AUTHENTICATION: WITHOUT_PASSWORD } : REMEDIES;
  return (code) => remedies[code];
}

/** The same error with a remedy for whoever gave these credentials. */
export function forThisMachine(error: RunError, credentials: Credentials): RunError {
  const remedy = remediesFor(credentials)(error.code);
  if (remedy === undefined) return error;
  const { code, message, origin, original } = error;
  return new RunError(code, message, { remedy, origin, original });
}
