import type { ListedDatabase } from '../fleet/database-list.ts';

/** A database that is to be reported on. */
export interface OnboardedDatabase {
  /** Its name in the environment: unique, and of the form that an environment allows. */
  readonly name: string;
  /** The name, or the address that the list gives in addition to the name. */
  readonly host: string;
  /** The name in the certificate, if the host is an address. */
  readonly serverName: string | undefined;
  readonly port: number;
  readonly database: string;
  readonly sslmode: string | undefined;
  /** Path of the file with the certificate authority. */
  readonly caFile: string | undefined;
}

/** One PostgreSQL server: a role exists once for all of its databases. */
export interface OnboardedServer {
  readonly host: string;
  readonly port: number;
  readonly databases: readonly OnboardedDatabase[];
}

const DEFAULT_PORT = 5432;
/** Length of a name in an environment. */
const MAX_NAME_LENGTH = 63;

/** Converts a name to the form that an environment allows. */
function toEnvironmentName(name: string): string {
  const allowed = name
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_NAME_LENGTH);
  return allowed.replace(/-+$/, '') || 'database';
}

function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const candidate = name.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Returns the problem of an entry that a function cannot connect to. */
function problemsOf({ parts, problems }: ListedDatabase): readonly string[] {
  const port = Number(parts.port || DEFAULT_PORT);
  return [
    ...problems,
    ...(Number.isInteger(port) && port >= 1 && port <= 65_535
      ? []
      : ['the port is not a whole number from 1 to 65535']),
    ...((parts.hostaddr || parts.host)?.startsWith('/')
      ? ['the host is a Unix socket, which no function reaches']
      : []),
  ];
}

/** The servers of a list, and the sentences about entries that were left out or renamed. */
export interface Onboarding {
  readonly servers: readonly OnboardedServer[];
  readonly notes: readonly string[];
}

/** Groups the databases of a list by server. An entry with a problem is left out, with a note. */
export function groupByServer(listed: readonly ListedDatabase[]): Onboarding {
  const notes: string[] = [];
  const taken = new Set<string>();
  const databases: OnboardedDatabase[] = [];
  for (const entry of listed) {
    const problems = problemsOf(entry);
    if (problems.length > 0) {
      notes.push(`Left out: ${entry.position}, because ${problems.join('; ')}.`);
      continue;
    }
    const { host = '', hostaddr = '', port, dbname = '', sslmode, sslrootcert } = entry.parts;
    const name = uniqueName(toEnvironmentName(entry.name), taken);
    taken.add(name);
    if (name !== entry.name) notes.push(`${entry.name} is called ${name} in the environment.`);
    databases.push({
      name,
      host: hostaddr || host,
      serverName: hostaddr !== '' && host !== '' ? host : undefined,
      port: Number(port || DEFAULT_PORT),
      database: dbname,
      sslmode: sslmode || undefined,
      caFile: sslrootcert || undefined,
    });
  }
  const groups = Map.groupBy(databases, ({ host, port }) => JSON.stringify([host, port]));
  const servers = [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ host: first.host, port: first.port, databases: group }];
  });
  return { servers, notes };
}
