import { RunError } from './errors.ts';
import type { Phase, Story } from './outcome.ts';

/** TimescaleDB's own limit for its telemetry job (`max_runtime`), until the database has said otherwise. */
const DEFAULT_LIMIT_MS = 100_000;

/** Runs the phases of one run under one time limit, and keeps how long each took. */
export interface Phases {
  /**
   * @throws RunError TIME_LIMIT, naming the phase, when the run's limit is reached in it
   */
  run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Sets the run's limit, counted from its beginning.
   *
   * @param limitMs in milliseconds; 0 for none but the function's own
   */
  limitTo(limitMs: number): void;
  /** What is left of the limit, in milliseconds. */
  readonly remainingMs: () => number;
}

const REMEDIES: Readonly<Record<Phase, string>> = {
  credentials: 'Nothing was read or sent.',
  database: 'The connection was cut, and nothing was sent or changed.',
  delivery: 'The report may have arrived all the same.',
  change: 'A part of the change may have been made; a dry run shows what is left.',
};

function elapsedMs(since: number): number {
  return Math.round(performance.now() - since);
}

/**
 * Measures the whole, too: `total` in `durationMs` counts from here to `stop`.
 *
 * @param ceilingMs what the function's own time leaves; no limit goes beyond it
 */
export function startPhases(
  durationMs: Story['durationMs'],
  ceilingMs: number,
): Phases & { stop(): void } {
  const startedAt = performance.now();
  const controller = new AbortController();
  const { signal } = controller;
  let limitMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const remainingMs = (): number => limitMs - (performance.now() - startedAt);
  const limitTo = (wantedMs: number): void => {
    limitMs = Math.max(0, wantedMs > 0 ? Math.min(wantedMs, ceilingMs) : ceilingMs);
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), Math.max(0, remainingMs()));
  };
  limitTo(DEFAULT_LIMIT_MS);
  return {
    limitTo,
    remainingMs,
    async run(phase, work) {
      const phaseStartedAt = performance.now();
      const { promise: limit, reject } = Promise.withResolvers<never>();
      const giveUp = (): void =>
        reject(
          new RunError(
            'TIME_LIMIT',
            `The run reached its time limit of ${(limitMs / 1_000).toFixed(1)} s in the phase "${phase}".`,
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
    stop() {
      clearTimeout(timer);
      durationMs.total = elapsedMs(startedAt);
    },
  };
}
