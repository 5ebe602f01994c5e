import type { Target } from '../config/target.ts';
import { connectWithRotation } from '../postgres/connect.ts';
import type { RunContext } from '../run/run-to-end.ts';
import type { Change } from './event.ts';
import { type ChangeParts, runChange } from './run-change.ts';

/** The half of a change that needs the database's network. Each implementation defines how the database is reached. */
export interface DatabaseChanger {
  /**
   * Makes a change of the target's database. All connections are closed when this returns.
   *
   * @param learn receives each part of the change as soon as it is known
   * @throws RunError SECRET_*, and those of runChange()
   */
  change(
    target: Target,
    change: Change,
    context: RunContext,
    learn: (parts: ChangeParts) => void,
  ): Promise<void>;
}

/** Changes the database from this process. */
export const inProcessChanger: DatabaseChanger = {
  async change(target, change, context, learn) {
    const secrets = context.secretsOf(target);
    const credentials = await context.deadline.run('credentials', (signal) =>
      secrets.read('AWSCURRENT', signal),
    );
    await runChange(
      (signal) => connectWithRotation(credentials, secrets, target, signal),
      change,
      context,
      learn,
    );
  },
};
