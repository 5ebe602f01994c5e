import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../cli/smoke/clock.ts';

/** A clock that stands still while nothing sleeps. */
export function createFakeClock(start = Date.now()): Clock {
  let now = start;
  const limits: { readonly at: number; readonly controller: AbortController }[] = [];
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      now += ms;
      for (const { at, controller } of limits) if (at <= now) controller.abort();
      await setImmediate();
      signal.throwIfAborted();
    },
    timeout(ms) {
      const controller = new AbortController();
      limits.push({ at: now + ms, controller });
      return controller.signal;
    },
  };
}
