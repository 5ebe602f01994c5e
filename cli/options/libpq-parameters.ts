import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { hostProblem, normalizeHost } from '../../lib/config/host.ts';
import { LOOPBACK } from '../../lib/config/send-report-config.ts';
import type { Target } from '../../lib/config/target.ts';
import { addProblems, oneOf } from '../command.ts';
import { type Keyword, partsOfUrl } from './database-url.ts';

/** What the command line says of the connection. */
export interface ConnectionChoices {
  readonly databaseUrl?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly tlsCaFile?: string | undefined;
}

/** What this machine says of it. */
export interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Who is logged in; undefined for a user without a name. */
  readonly user: string | undefined;
  readonly exists: (path: string) => boolean;
  /** Throws where there is nothing to be read. */
  readonly readFile: (path: string) => string;
}

/** Where to connect, as whom, and how. */
export interface ConnectionParameters {
  /** A name, an address, or the folder of Unix sockets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** From the URL or PGPASSWORD. */
  readonly password: string | undefined;
  /** What the server is called in a password file. */
  readonly passfileHost: string;
  readonly tls: Partial<Pick<Target['tls'], 'serverName'>> & Pick<Target['tls'], 'mode'>;
  /** PEM; undefined for Node's own authorities. */
  readonly ca: string | undefined;
}

const VARIABLES: Readonly<Record<Keyword, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
};

const SSLMODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type Sslmode = (typeof SSLMODES)[number];

/** Where packages, and PostgreSQL's own build, put the sockets. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'] as const;
const DEFAULT_PORT = '5432';
/** As PGSSLROOTCERT: no file, but the authorities that everybody knows. */
const SYSTEM = 'system';

interface Setting {
  readonly text: string;
  /** Where it stands, for a problem. */
  readonly from: string;
}

type Settings = Readonly<Partial<Record<Keyword, Setting>>>;

function isKeyword(name: string): name is Keyword {
  return name in VARIABLES;
}

/** The URL's parts before the variables; what is empty says nothing. */
function collect(
  { databaseUrl }: ConnectionChoices,
  { environment }: Machine,
  problems: string[],
): Settings {
  const url = databaseUrl === undefined ? {} : partsOfUrl(databaseUrl, problems);
  const settings: Partial<Record<Keyword, Setting>> = {};
  for (const [keyword, variable] of Object.entries(VARIABLES)) {
    if (!isKeyword(keyword)) continue;
    const ofUrl = url[keyword] ?? '';
    const text = ofUrl === '' ? (environment[variable] ?? '') : ofUrl;
    const from = ofUrl === '' ? variable : `--database-url: ${keyword}`;
    if (text !== '') settings[keyword] = { text, from };
  }
  return settings;
}

function portOf({ port }: Settings, problems: string[]): number {
  const number = Number(port?.text ?? DEFAULT_PORT);
  const isPort = /^\d+$/.test(port?.text ?? DEFAULT_PORT) && number >= 1 && number <= 65_535;
  if (!isPort && !port?.text.includes(',')) {
    problems.push(`${port?.from} must be a whole number from 1 to 65535`);
  }
  return number;
}

/** Normalises a host, and reports one that cannot be meant; a list has been reported already. */
function checkHost({ text, from }: Setting, problems: string[]): Setting {
  const host = normalizeHost(text);
  const problem = hostProblem(host);
  if (problem !== undefined && !host.includes(',')) problems.push(`${from} ${problem}`);
  return { text: host, from };
}

function checkHosts({ host, hostaddr, ...settings }: Settings, problems: string[]): Settings {
  return {
    ...settings,
    ...(host && { host: checkHost(host, problems) }),
    ...(hostaddr && { hostaddr: checkHost(hostaddr, problems) }),
  };
}

/** The name that the certificate must have: with an address beside it, the host is the name that the server must prove. */
function serverNameOf(
  { tlsServerName }: ConnectionChoices,
  { host, hostaddr }: Settings,
  problems: string[],
): string | undefined {
  if (tlsServerName === undefined) return hostaddr && host?.text;
  return checkHost({ text: tlsServerName, from: '--tls-server-name' }, problems).text;
}

/** The folder of a socket that is there, else this machine by its name. */
function defaultHost(port: number, { exists }: Machine): string {
  return SOCKET_FOLDERS.find((folder) => exists(join(folder, `.s.PGSQL.${port}`))) ?? 'localhost';
}

function isOnLoopback(host: string): boolean {
  return LOOPBACK.test(host.includes(':') ? `[${host}]` : host);
}

/** Stricter than psql, which is content with less than a verified certificate, or with none. */
function tlsMode(
  sslmode: Sslmode | undefined,
  host: string,
  isAskedFor: boolean,
): Target['tls']['mode'] {
  if (host.startsWith('/') || sslmode === 'disable') return 'disable';
  if (sslmode === undefined && isOnLoopback(host) && !isAskedFor) return 'disable';
  return sslmode === 'verify-ca' ? 'verify-ca' : 'verify-full';
}

/** The authorities of a file, PEM. */
function readAuthorities(
  { text: path, from }: Setting,
  { readFile }: Machine,
  problems: string[],
): string | undefined {
  try {
    const pem = readFile(path);
    return new X509Certificate(pem).subject === undefined ? undefined : pem;
  } catch {
    problems.push(`${from} must be a file with certificates in PEM, and readable`);
    return undefined;
  }
}

function authorityFile({ tlsCaFile }: ConnectionChoices, { sslrootcert }: Settings) {
  if (tlsCaFile !== undefined) return { text: tlsCaFile, from: '--tls-ca-file' };
  return sslrootcert?.text === SYSTEM ? undefined : sslrootcert;
}

function tlsOf(
  choices: ConnectionChoices,
  settings: Settings,
  host: string,
  machine: Machine,
  problems: string[],
): Pick<ConnectionParameters, 'tls' | 'ca'> {
  const { sslmode, sslrootcert } = settings;
  const { tlsServerName, tlsCaFile } = choices;
  const asked = oneOf(sslmode?.from ?? '', sslmode?.text, SSLMODES, problems);
  const hasTlsOptions = (tlsServerName ?? tlsCaFile) !== undefined;
  const mode = tlsMode(asked, host, hasTlsOptions || sslrootcert?.text === SYSTEM);
  const file = authorityFile(choices, settings);
  addProblems(problems, [
    [
      hasTlsOptions && host.startsWith('/'),
      '--tls-server-name and --tls-ca-file say how to verify TLS, and a Unix socket has none',
    ],
    [
      hasTlsOptions && asked === 'disable',
      `--tls-server-name and --tls-ca-file say how to verify TLS, and ${sslmode?.from} disable says that there is none`,
    ],
    [
      mode === 'verify-ca' && file === undefined,
      `${sslmode?.from} verify-ca accepts any name, so that it needs an authority of your own: --tls-ca-file, or PGSSLROOTCERT`,
    ],
  ]);
  if (mode === 'disable') return { tls: { mode }, ca: undefined };
  const serverName = serverNameOf(choices, settings, problems);
  return {
    tls: { mode, ...(serverName !== undefined && { serverName }) },
    ca: file && readAuthorities(file, machine, problems),
  };
}

function checkForUnsupported(
  settings: Settings,
  { environment }: Machine,
  problems: string[],
): void {
  const several = [settings.host, settings.hostaddr, settings.port].filter((setting) =>
    setting?.text.includes(','),
  );
  addProblems(problems, [
    ...several.map(
      (setting) =>
        [true, `${setting?.from} names several servers; only one can be asked at a time`] as const,
    ),
    [
      (environment['PGSERVICE'] ?? '') !== '',
      'PGSERVICE is set, and service files are not read: give --database-url or the other PG* variables, and unset it',
    ],
    [
      (environment['PGREQUIREAUTH'] ?? '') !== '',
      'PGREQUIREAUTH is set, and how the server asks for the password is not checked: unset it',
    ],
  ]);
}

/**
 * Where to connect, as psql finds it out: from the URL, the PG* variables, and its defaults. TLS alone is stricter: it is
 * verified, unless somebody asks for plain text, or nobody could listen.
 */
export function connectionParameters(
  choices: ConnectionChoices,
  machine: Machine,
  problems: string[],
): ConnectionParameters {
  const written = collect(choices, machine, problems);
  checkForUnsupported(written, machine, problems);
  const settings = checkHosts(written, problems);
  const port = portOf(settings, problems);
  const name = settings.host?.text;
  const host = settings.hostaddr?.text ?? name ?? defaultHost(port, machine);
  const user = settings.user?.text ?? machine.user;
  if (user === undefined) {
    problems.push(
      'The user of this machine has no name: say in the URL, or in PGUSER, who logs in',
    );
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
    ...tlsOf(choices, settings, host, machine, problems),
  };
}
