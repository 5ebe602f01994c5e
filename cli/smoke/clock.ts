import { setTimeout as sleep } from 'node:timers/promises';

/** The time of the steps, which tests replace. */
export interface Clock {
  /** In milliseconds since 1970. */
  now(): number;
  /** @throws the signal's reason */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Returns a signal that is aborted after this time. */
  timeout(ms: number): AbortSignal;
}

export const CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  timeout: (ms) => AbortSignal.timeout(ms),
};

/**
 * Looks for something until it is found.
 *
 * @param look returns undefined as long as it is not there
 * @throws the signal's reason, or an error of `look`
 */
export async function lookUntilFound<T>(
  look: () => Promise<T | undefined>,
  everyMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await clock.sleep(everyMs, signal);
  }
}
