import { DATABASE_FUNCTIONS, DATABASE_WORKER, type DatabaseFunction } from '../../lib/naming.ts';
import type { Database } from './resolved-environment.ts';

/** The settings that decide which functions a database has. */
export interface FunctionSettings {
  readonly configure?: unknown;
  readonly hasWorker?: boolean;
}

/** Returns the functions that are deployed for a database. */
export function functionsOf({
  configure,
  hasWorker = false,
}: FunctionSettings): readonly DatabaseFunction[] {
  return DATABASE_FUNCTIONS.filter((name) => {
    if (name === 'configure') return configure !== undefined;
    return name !== DATABASE_WORKER || hasWorker;
  });
}

/** Returns the name of the network that a function of a database runs in; undefined outside of every network. */
export function networkOf(
  name: DatabaseFunction,
  { network, hasWorker }: Pick<Database, 'network' | 'hasWorker'>,
): string | undefined {
  return hasWorker && name !== DATABASE_WORKER ? undefined : network;
}
