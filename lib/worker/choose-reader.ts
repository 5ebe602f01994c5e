import { hasWorker } from '../config/worker-config.ts';
import type { DatabaseReader } from '../run/database-reader.ts';
import { inProcessReader } from '../run/read-database.ts';
import type { AskingVariables } from './ask.ts';

/** Returns the reader of a function: the database is read by its worker, or in its own process. */
export function chooseReader(variables: AskingVariables): DatabaseReader {
  if (!hasWorker(variables)) return inProcessReader;
  return {
    async read(...parameters) {
      // Loaded only by a function with a worker.
      const { createRemoteReader } = await import('./remote-reader.ts');
      return createRemoteReader(variables).read(...parameters);
    },
  };
}
