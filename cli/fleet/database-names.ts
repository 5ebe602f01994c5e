import { cutText } from '../../lib/config/printable.ts';
import type { Entry, ListedDatabase } from './database-list.ts';

/** Limit of the part of a name that comes from the list. */
const MAX_NAME_LENGTH = 63;

function addressOf({ parts }: Entry): string {
  const { host, hostaddr, port, dbname } = parts;
  return JSON.stringify([hostaddr ?? host, port || '5432', dbname]);
}

/** Adds a problem to each entry that names the same database as one before it. */
function withoutRepetitions(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Map<string, string>();
  return entries.map((entry) => {
    if (entry.problems.length > 0) return entry;
    const address = addressOf(entry);
    const first = seen.get(address);
    if (first === undefined) seen.set(address, entry.position);
    return first === undefined
      ? entry
      : { ...entry, problems: [`it is the same database as ${first}`] };
  });
}

/** Returns names for an entry, the best first. The last one is unique. */
function candidates({ name, parts, position }: Entry): readonly string[] {
  const { host = '', dbname = '', port = '' } = parts;
  const base = cutText(name ?? dbname, MAX_NAME_LENGTH);
  if (base === '') return [position];
  // The first label of a name; all of an address or of a path.
  const server = /^[a-z][^.:/]*/i.exec(host)?.[0] ?? host;
  return [
    base,
    ...(server === '' || host.length > MAX_NAME_LENGTH
      ? []
      : [`${base}@${server}`, `${base}@${host}`, `${base}@${host}:${port}`]),
    `${base} (${position})`,
  ];
}

/** Gives each entry a name of its own: its own, or that of its database, with the host where two would be equal. */
export function nameDatabases(entries: readonly Entry[]): readonly ListedDatabase[] {
  const checked = withoutRepetitions(entries);
  const bases = Map.groupBy(checked, (entry) => candidates(entry)[0]);
  const taken = new Set<string>();
  return checked.map((entry) => {
    const names = candidates(entry);
    const isShared = (bases.get(names[0]) ?? []).length > 1;
    // Among equal names none is left without its host, so that a row does not depend on its place in the list.
    const usable = isShared && names.length > 2 ? names.slice(1) : names;
    const name = usable.find((one) => !taken.has(one)) ?? `${names[0]} (${entry.position})`;
    taken.add(name);
    return { ...entry, name };
  });
}
