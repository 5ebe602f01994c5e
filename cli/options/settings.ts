import { hostProblem, normalizeHost } from '../../lib/config/host.ts';
import { type Keyword, type Parts, partsOfUrl } from './database-url.ts';

/** The options of the connection, as commander parses them. */
export interface ConnectionChoices {
  readonly databaseUrl?: string | undefined;
  /** Parts of the connection instead of a URL: a database of a list. */
  readonly parts?: Parts | undefined;
  readonly tlsServerName?: string | undefined;
  readonly tlsCaFile?: string | undefined;
}

/** The parts of this machine that the connection depends on. */
export interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user of this process; undefined for a user without a name. */
  readonly user: string | undefined;
  readonly exists: (path: string) => boolean;
  /** Throws for a file that cannot be read. */
  readonly readFile: (path: string) => string;
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

/** A value of a keyword, from the URL or a variable. */
export interface Setting {
  readonly text: string;
  /** The variable, or the part of the URL, for a problem. */
  readonly from: string;
}

export type Settings = Readonly<Partial<Record<Keyword, Setting>>>;

function isKeyword(name: string): name is Keyword {
  return name in VARIABLES;
}

/** Returns the parts of a URL or of a list's entry, and where they come from, for a problem. */
function givenParts(
  { databaseUrl, parts }: ConnectionChoices,
  problems: string[],
): { readonly given: Parts; readonly origin: string } {
  if (parts !== undefined) return { given: parts, origin: '' };
  const given = databaseUrl === undefined ? {} : partsOfUrl(databaseUrl, problems);
  return { given, origin: '--database-url: ' };
}

/** Reads the URL or the parts first, then the variables. An empty value counts as unset. */
export function readSettings(
  choices: ConnectionChoices,
  { environment }: Machine,
  problems: string[],
): Settings {
  const { given, origin } = givenParts(choices, problems);
  const settings: Partial<Record<Keyword, Setting>> = {};
  for (const [keyword, variable] of Object.entries(VARIABLES)) {
    if (!isKeyword(keyword)) continue;
    const part = given[keyword] ?? '';
    const text = part === '' ? (environment[variable] ?? '') : part;
    const from = part === '' ? variable : origin + keyword;
    if (text !== '') settings[keyword] = { text, from };
  }
  return settings;
}

/** Normalizes a host, and adds a problem for an invalid one. A list of hosts is reported elsewhere. */
export function checkHost({ text, from }: Setting, problems: string[]): Setting {
  const host = normalizeHost(text);
  const problem = hostProblem(host);
  if (problem !== undefined && !host.includes(',')) problems.push(`${from} ${problem}`);
  return { text: host, from };
}
