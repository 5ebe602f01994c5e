import { join } from 'node:path';
import { addProblems } from '../command.ts';
import {
  type ConnectionChoices,
  checkHost,
  type Machine,
  readSettings,
  type Settings,
} from './settings.ts';
import { type TlsParameters, tlsParameters } from './tls-parameters.ts';

/** The server, the login and the encryption of a connection. */
export interface ConnectionParameters extends TlsParameters {
  /** A name, an address, or the folder of Unix sockets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** From the URL or PGPASSWORD. */
  readonly password: string | undefined;
  /** The name of the server in a password file. */
  readonly passfileHost: string;
}

/** The socket folders of packages, and of PostgreSQL's own build. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'] as const;
const DEFAULT_PORT = '5432';

function portOf({ port }: Settings, problems: string[]): number {
  const number = Number(port?.text ?? DEFAULT_PORT);
  const isPort = /^\d+$/.test(port?.text ?? DEFAULT_PORT) && number >= 1 && number <= 65_535;
  if (!isPort && !port?.text.includes(',')) {
    problems.push(`${port?.from} must be a whole number from 1 to 65535`);
  }
  return number;
}

function checkHosts({ host, hostaddr, ...settings }: Settings, problems: string[]): Settings {
  return {
    ...settings,
    ...(host && { host: checkHost(host, problems) }),
    ...(hostaddr && { hostaddr: checkHost(hostaddr, problems) }),
  };
}

/** Returns the folder of an existing socket, or localhost. */
function defaultHost(port: number, { exists }: Machine): string {
  return SOCKET_FOLDERS.find((folder) => exists(join(folder, `.s.PGSQL.${port}`))) ?? 'localhost';
}

function checkForUnsupported(
  settings: Settings,
  { environment }: Machine,
  problems: string[],
): void {
  const lists = [settings.host, settings.hostaddr, settings.port].filter((setting) =>
    setting?.text.includes(','),
  );
  addProblems(problems, [
    ...lists.map(
      (setting) => [true, `${setting?.from} names several servers; use only one`] as const,
    ),
    [
      (environment['PGSERVICE'] ?? '') !== '',
      'PGSERVICE is set, but service files are not supported: unset it, and use --database-url or the other PG* variables',
    ],
    [
      (environment['PGREQUIREAUTH'] ?? '') !== '',
      'PGREQUIREAUTH is set, but the authentication method is not checked: unset it',
    ],
  ]);
}

/**
 * Returns the parameters of a connection as psql finds them: from the URL, the PG* variables, and defaults. Only TLS is
 * stricter: it is verified, except on loopback, on Unix sockets, and with sslmode=disable.
 */
export function connectionParameters(
  choices: ConnectionChoices,
  machine: Machine,
  problems: string[],
): ConnectionParameters {
  const written = readSettings(choices, machine, problems);
  checkForUnsupported(written, machine, problems);
  const settings = checkHosts(written, problems);
  const port = portOf(settings, problems);
  const name = settings.host?.text;
  const host = settings.hostaddr?.text ?? name ?? defaultHost(port, machine);
  const user = settings.user?.text ?? machine.user;
  if (user === undefined) {
    problems.push("This machine's user has no name: name the login in the URL, or in PGUSER");
  }
  const passfileHost = name ?? host;
  return {
    host,
    port,
    user: user ?? '',
    database: settings.dbname?.text ?? user ?? '',
    password: settings.password?.text,
    passfileHost: SOCKET_FOLDERS.some((folder) => folder === passfileHost)
      ? 'localhost'
      : passfileHost,
    ...tlsParameters(choices, settings, host, machine, problems),
  };
}
