import type { ServerResponse } from 'node:http';
import { expect } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import type { SecretAnswer } from '../../../emulator/secrets-manager.ts';
import { answerWithVersion } from '../../../emulator/telemetry-endpoint.ts';
import { serveSockets } from '../../support/network/sockets.ts';
import { createBlocker } from '../../support/postgres/blocker.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { type Arrange, consenting, type FaultRun } from '../../support/run/faults.ts';
import { scaled } from '../../support/vitest/time-limits.ts';
import { answerUnavailable, secretOf } from './runtime.ts';

/** Calls `first` once, and then `later`. */
function once<Args extends readonly unknown[], Result>(
  first: (...args: Args) => Result,
  later: (...args: Args) => Result,
): (...args: Args) => Result {
  let isFirst = true;
  return (...args) => {
    const answer = isFirst ? first : later;
    isFirst = false;
    return answer(...args);
  };
}

async function expectNextTickNormal({ invokeAgain }: FaultRun): Promise<void> {
  expect(await invokeAgain()).toMatchObject({ value: { outcome: 'sent' }, exitCode: 0 });
}

/** Returns a promise that kills the process when `kill` is called. */
function killer(): {
  readonly kill: (...ignored: readonly unknown[]) => void;
  readonly killing: Promise<void>;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { kill: () => resolve(), killing: promise };
}

/** Returns the faults of a process that is killed in each phase, and expects the next tick to send. */
export function killArrangements(databaseOf: () => TestDatabase) {
  return {
    killedInCredentials: () => {
      const { kill, killing } = killer();
      const hang: SecretAnswer = () => {
        kill();
        return { silence: true };
      };
      return {
        kill: killing,
        world: { secrets: once(hang, secretOf(databaseOf())) },
        after: expectNextTickNormal,
      };
    },
    killedInConnection: async (stack) => {
      const { kill, killing } = killer();
      const silent = stack.use(
        await serveSockets((socket) => {
          socket.on('data', kill);
        }),
      );
      return {
        kill: killing,
        world: { secrets: once(secretOf(databaseOf(), silent.port), secretOf(databaseOf())) },
        after: expectNextTickNormal,
      };
    },
    killedInDatabase: async (stack) => {
      const own = await consenting(stack);
      const blocker = await createBlocker(own);
      let killedAt = 0;
      return {
        database: own,
        kill: blocker.untilSomeoneWaits().then(() => {
          killedAt = performance.now();
        }),
        async after(run) {
          // The lock_timeout would end the statement after 3 s.
          expect(performance.now() - killedAt).toBeLessThan(scaled(2_500));
          await blocker[Symbol.asyncDispose]();
          await expectNextTickNormal(run);
        },
      };
    },
    killedInDelivery: () => {
      const { kill, killing } = killer();
      return {
        kill: killing,
        world: { answer: once<[ServerResponse], void>(kill, answerWithVersion('2.30.1')) },
        after: expectNextTickNormal,
      };
    },
    killedInRetry: async (stack) => {
      const { kill, killing } = killer();
      const silent = stack.use(await listen(kill));
      return {
        kill: killing,
        world: { answer: once(answerUnavailable, answerWithVersion('2.30.1')) },
        environment: { AWS_ENDPOINT_URL_SCHEDULER: silent.url },
        after: expectNextTickNormal,
      };
    },
  } satisfies Record<string, Arrange>;
}
