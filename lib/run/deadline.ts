import { RunError } from '../errors.ts';
import type { Phase, RunRecord } from './outcome.ts';

/** TimescaleDB's own limit for its telemetry job (`max_runtime`), until the database has said otherwise. */
const DEFAULT_LIMIT_MS = 100_000;

/** Kept of the function's own time for the summary line and the metrics; middy's early end takes 500 ms of it. */
export const SUMMARY_RESERVE_MS = 1_500;

/** 10 s for the status line and 5 s for the reply. */
export const DELIVERY_LIMIT_MS = 15_000;

/** Two requests of 2 s at most. */
export const RETRY_LIMIT_MS = 5_000;

/**
 * What a phase may take by itself, beside what is left of the run. Each is longer than the time-outs of what happens in
 * it, which say more about the cause; the phase's limit is for what they do not see.
 */
const LIMITS_MS: Readonly<Record<Phase, number>> = {
  /** Three requests of 5 s at most, and the waits between. */
  credentials: 20_000,
  /** Two logins of 10 s at most, since the secret may have been rotated, and two readings of it between. */
  connection: 45_000,
  database: Number.POSITIVE_INFINITY,
  change: Number.POSITIVE_INFINITY,
  delivery: DELIVERY_LIMIT_MS + 5_000,
  endpoint: DELIVERY_LIMIT_MS,
  retry: RETRY_LIMIT_MS,
};

/** Of the run's time, what is kept at the most for a phase that is still to come. */
const LARGEST_SHARE = 0.25;

/** Runs the phases of one run, one after the other, each within its own limit and the run's, and keeps how long each took. */
export interface Deadline {
  /**
   * @param work gets a signal that is aborted when the phase has to end, which may be at once
   * @param reserveMs of the run's time, what is for later phases
   * @throws RunError TIME_LIMIT, naming the phase, when it has not ended in time
   */
  run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>, reserveMs?: number): Promise<T>;
  /**
   * Sets the run's limit, counted from its beginning, also for the phase that is running.
   *
   * @param limitMs in milliseconds; 0 for none but the function's own
   */
  setRunLimit(limitMs: number): void;
  /** What is left for the phase that is running, in milliseconds. */
  readonly remainingMs: () => number;
}

const REMEDIES: Readonly<Record<Phase, string>> = {
  credentials: 'Nothing was read or sent.',
  connection: 'The connection was cut, and nothing was read or sent.',
  database: 'The connection was cut, and nothing was sent or changed.',
  delivery: 'The report may have arrived all the same.',
  change: 'A part of the change may have been made; a dry run shows what is left.',
  endpoint: 'Nothing was sent.',
  retry: 'The retry may come all the same.',
};

function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
}

function elapsedMs(since: number): number {
  return Math.round(performance.now() - since);
}

/** A phase that is running: when it has to end, and how it is told. */
interface Running {
  readonly phase: Phase;
  readonly startedAt: number;
  readonly reserveMs: number;
  readonly giveUp: () => void;
}

/**
 * Measures the whole, too: `total` in `durationMs` counts from here to `stop`.
 *
 * @param functionMs what is left of the function's own time; no phase goes beyond it
 * @param retryMs what is kept of it for planning a retry, which is not bounded by the run's limit
 */
export function createDeadline(
  durationMs: RunRecord['durationMs'],
  functionMs: number,
  retryMs = 0,
): Deadline & { stop(): void } {
  const startedAt = performance.now();
  const ceilingMs = functionMs - retryMs;
  let limitMs = Math.min(DEFAULT_LIMIT_MS, ceilingMs);
  let running: Running | undefined;
  let timer: NodeJS.Timeout | undefined;

  const endOf = ({ phase, startedAt: began, reserveMs }: Running): number => {
    const endsOwn = began + LIMITS_MS[phase];
    if (phase === 'retry') return Math.min(endsOwn, startedAt + functionMs);
    return Math.min(endsOwn, startedAt + limitMs - Math.min(reserveMs, limitMs * LARGEST_SHARE));
  };
  const remainingMs = (): number =>
    (running === undefined ? startedAt + limitMs : endOf(running)) - performance.now();
  const watch = (): void => {
    clearTimeout(timer);
    if (running !== undefined) timer = setTimeout(running.giveUp, Math.max(0, remainingMs()));
  };
  const timeLimit = (current: Running): RunError => {
    const had = inSeconds(endOf(current) - current.startedAt);
    return new RunError(
      'TIME_LIMIT',
      `The phase "${current.phase}" did not end within the ${had} that it had; the whole run has ${inSeconds(limitMs)}.`,
      { remedy: `Look at what that phase talks to. ${REMEDIES[current.phase]}` },
    );
  };

  return {
    remainingMs,
    setRunLimit(wantedMs) {
      limitMs = wantedMs > 0 ? Math.min(wantedMs, ceilingMs) : ceilingMs;
      watch();
    },
    async run(phase, work, reserveMs = 0) {
      const controller = new AbortController();
      const { promise: limit, reject } = Promise.withResolvers<never>();
      const current: Running = {
        phase,
        startedAt: performance.now(),
        reserveMs,
        giveUp() {
          // First, so that what the abort makes of the work cannot come before it.
          reject(timeLimit(current));
          controller.abort();
        },
      };
      running = current;
      watch();
      if (remainingMs() <= 0) current.giveUp();
      try {
        return await Promise.race([limit, work(controller.signal)]);
      } finally {
        running = undefined;
        clearTimeout(timer);
        durationMs[phase] = elapsedMs(current.startedAt);
      }
    },
    stop() {
      durationMs.total = elapsedMs(startedAt);
    },
  };
}
