import { RunError } from './errors.ts';
import type { Phase, Story } from './outcome.ts';

/** Runs the phases of one run under one time limit, and keeps how long each took. */
export interface Phases {
  /**
   * @throws RunError TIME_LIMIT, naming the phase, when the run's limit is reached in it
   */
  run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** What is left of the limit, in milliseconds. */
  readonly remainingMs: () => number;
}

const REMEDIES: Readonly<Record<Phase, string>> = {
  credentials: 'Nothing was read or sent.',
  database: 'The connection was cut, and nothing was sent.',
  delivery: 'The report may have arrived all the same.',
};

function elapsedMs(since: number): number {
  return Math.round(performance.now() - since);
}

/** Measures the whole, too: `total` in `durationMs` counts from here to `stop`. */
export function startPhases(
  durationMs: Story['durationMs'],
  limitMs: number,
): Phases & { stop(): void } {
  const startedAt = performance.now();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.max(0, limitMs));
  const { signal } = controller;
  return {
    async run(phase, work) {
      const phaseStartedAt = performance.now();
      const { promise: limit, reject } = Promise.withResolvers<never>();
      const giveUp = (): void =>
        reject(
          new RunError(
            'TIME_LIMIT',
            `The run reached its time limit of ${(Math.max(0, limitMs) / 1_000).toFixed(1)} s in the phase "${phase}".`,
            {
              remedy: `Look at what that phase talks to. ${REMEDIES[phase]}`,
            },
          ),
        );
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        if (signal.aborted) giveUp();
        return await Promise.race(signal.aborted ? [limit] : [limit, work(signal)]);
      } finally {
        signal.removeEventListener('abort', giveUp);
        durationMs[phase] = elapsedMs(phaseStartedAt);
      }
    },
    remainingMs: () => limitMs - (performance.now() - startedAt),
    stop() {
      clearTimeout(timer);
      durationMs.total = elapsedMs(startedAt);
    },
  };
}
