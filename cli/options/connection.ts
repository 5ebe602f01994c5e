import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import pgpass from 'pgpass';
import type { Credentials } from '../../lib/credentials/parse-secret.ts';
import type { Parts } from './database-url.ts';
import { type ConnectionParameters, connectionParameters } from './libpq-parameters.ts';
import type { ConnectionChoices, Machine } from './settings.ts';

const HELP = `
The connection parameters are those of psql: the parts of the URL, then PGHOST,
PGHOSTADDR, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGPASSFILE (~/.pgpass),
PGSSLMODE, PGSSLROOTCERT and PGOPTIONS, then a Unix socket on this machine, or
localhost. The command never asks for a password. Service files, client
certificates and lists of servers are not supported.

TLS is stricter than in psql: prefer, allow and require mean verify-full, too;
verify-ca does not check the name. Plain text is used on loopback and Unix
sockets; elsewhere only with PGSSLMODE=disable or sslmode=disable in the URL.
Without an authority, and with PGSSLROOTCERT=system, those of Node are used.`;

/** Adds the options of the connection to the database. */
export function addConnectionOptions(command: Command): Command {
  return command
    .optionsGroup('Connection:')
    .option('--database-url <postgres://…>', 'missing parts come from the PG* variables')
    .option(
      '--tls-server-name <name>',
      "the name in the server's certificate, when it is not the host (a tunnel); on loopback it turns TLS on",
    )
    .option(
      '--tls-ca-file <file>',
      'the authority that signed the certificate, PEM; on loopback it turns TLS on',
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

/** Variables that apply to each database of a list. Those that name a server would apply to a single one. */
const VARIABLES_OF_LISTS = [
  ...['PGPORT', 'PGUSER', 'PGPASSWORD', 'PGSSLMODE', 'PGSSLROOTCERT'],
  ...['PGSERVICE', 'PGREQUIREAUTH'],
];

/** Returns this machine, with other environment variables than those of this process. */
export function machineWith(environment: Machine['environment']): Machine {
  return {
    environment,
    user: userOfMachine(),
    exists: existsSync,
    readFile: (path: string) => readFileSync(path, 'utf8'),
  };
}

/** Returns the parameters of the connection from the options and the PG* variables of this process. */
export function readConnection(command: Command, problems: string[]): ConnectionParameters {
  return connectionParameters(
    command.opts<ConnectionChoices>(),
    machineWith(process.env),
    problems,
  );
}

/** Returns the parameters of the connection to a database of a list, with the PG* variables for the parts that it lacks. */
export function readListedConnection(parts: Parts, problems: string[]): ConnectionParameters {
  const environment = VARIABLES_OF_LISTS.map((name) => [name, process.env[name]] as const);
  return connectionParameters({ parts }, machineWith(Object.fromEntries(environment)), problems);
}

/** Adds the problems of the variables that every connection to a database of a list would have. */
export function checkVariablesOfLists(problems: string[]): void {
  readListedConnection({ host: 'localhost', dbname: 'any', sslmode: 'disable' }, problems);
}

/** Returns the server, the login and the kind of connection, for a person. */
export function describeServer({ host, port, user, database, tls }: ConnectionParameters): string {
  const how = tls.mode === 'disable' ? 'plain text' : `TLS ${tls.mode}`;
  const kind = host.startsWith('/') ? 'Unix socket' : how;
  return `${host}, port ${port}, database ${database} as ${user}, ${kind}`;
}

/** Returns the credentials, with the password from where psql takes it. */
export async function findCredentials(parameters: ConnectionParameters): Promise<Credentials> {
  const { host, port, user, database, passfileHost, ca } = parameters;
  const fromFile = (): Promise<string | undefined> =>
    new Promise((resolve) => {
      // Unlike psql, pgpass reads no file when the variable is set but empty.
      if (process.env['PGPASSWORD'] === '') delete process.env['PGPASSWORD'];
      pgpass({ host: passfileHost, port, user, database }, resolve);
    });
  const password = parameters.password ?? (await fromFile()) ?? '';
  return { versionId: undefined, host, port, user, database, password, ca };
}

/** Returns a secret in the shape of RDS. It needs a password, also for a server that requires none. */
export function secretFor({ user, database, password, ...rest }: Credentials): string {
  return JSON.stringify({
    ...rest,
    username: user,
    dbname: database,
    password: password === '' ? 'none-was-given' : password,
  });
}
