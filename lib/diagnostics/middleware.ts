import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { MiddlewareObj } from '@middy/core';
import { createSecretReader } from '../credentials/secrets-manager.ts';
import type { Log } from '../observability/logger.ts';
import { SUMMARY_RESERVE_MS } from '../run/deadline.ts';
import type { CheckOutcome } from './check-result.ts';
import type { DoctorDependencies } from './run-check.ts';

/** What a function loads for a check, and only then. */
interface Doctor<Settings> {
  examine(
    event: unknown,
    settings: Settings,
    dependencies: DoctorDependencies,
  ): Promise<CheckOutcome>;
}

/**
 * Middleware: the event `{ "check": true }` is answered by the doctor, and the handler does not run. There are no metrics
 * of it, because a check is no run: it must not end an alarm that a run was missed.
 *
 * @param settings the function's environment
 */
export function checkMiddleware<Settings>(
  settings: Settings,
  client: SecretsManagerClient,
  write: Log['write'],
  load: () => Promise<Doctor<Settings>>,
): MiddlewareObj<unknown, unknown> {
  return {
    async before({ event, context }) {
      if (typeof event !== 'object' || event === null || !('check' in event)) return undefined;
      const { examine } = await load();
      const { line, examination, broken, error } = await examine(event, settings, {
        secretsOf: (target) => createSecretReader(client, target),
        limitMs: context.getRemainingTimeInMillis() - SUMMARY_RESERVE_MS,
        now: Date.now,
      });
      write(line, error ?? broken);
      if (error !== undefined) throw error;
      return examination;
    },
  };
}
