import { hasWorker } from '../config/worker-config.ts';
import { type DatabaseChanger, inProcessChanger } from '../configure/database-changer.ts';
import type { AskingVariables } from './ask.ts';

/** Returns the changer of a function: the database is changed by its worker, or from its own process. */
export function chooseChanger(variables: AskingVariables): DatabaseChanger {
  if (!hasWorker(variables)) return inProcessChanger;
  return {
    async change(...parameters) {
      // Loaded only by a function with a worker.
      const { createRemoteChanger } = await import('./remote-changer.ts');
      return createRemoteChanger(variables).change(...parameters);
    },
  };
}
