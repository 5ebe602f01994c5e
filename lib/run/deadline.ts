import { RunError } from '../errors.ts';

/**
 * A part of a run with a time limit of its own. `worker` is an invocation of the worker, which has the phases of the database;
 * `endpoint` is the part of a check that connects to the endpoint.
 */
export type Phase =
  | 'credentials'
  | 'worker'
  | 'connection'
  | 'database'
  | 'change'
  | 'delivery'
  | 'endpoint'
  | 'retry'
  | 'record';

/** Milliseconds per phase that has run, and in total. */
export type Durations = Partial<Record<Phase | 'total', number>>;

/** TimescaleDB's default `max_runtime` of its telemetry job; applies until the job's own is read. */
const DEFAULT_LIMIT_MS = 100_000;

/** Reserved from the function's timeout for the summary line and the metrics; middy's early timeout uses 500 ms of it. */
export const SUMMARY_RESERVE_MS = 1_500;

/** 10 s to the status line and 5 s for the reply. */
export const DELIVERY_LIMIT_MS = 15_000;

/** Two requests of at most 2 s each. */
export const RETRY_LIMIT_MS = 5_000;

/** One object of a few kilobytes. */
export const RECORD_LIMIT_MS = 3_000;

/**
 * The limit of each phase; the limit of the run applies too. Each is longer than the timeouts inside the phase, whose
 * errors are more specific; the limit of the phase covers the cases that these timeouts miss.
 */
const LIMITS_MS: Readonly<Record<Phase, number>> = {
  /** Three requests of at most 5 s each, and the waits between them. */
  credentials: 20_000,
  worker: Number.POSITIVE_INFINITY,
  /** Two logins of at most 10 s each, and two reads of a rotated secret between them. */
  connection: 45_000,
  database: Number.POSITIVE_INFINITY,
  change: Number.POSITIVE_INFINITY,
  delivery: DELIVERY_LIMIT_MS + 5_000,
  endpoint: DELIVERY_LIMIT_MS,
  retry: RETRY_LIMIT_MS,
  record: RECORD_LIMIT_MS,
};

/** Maximum share of the run's time reserved for later phases. */
const LARGEST_SHARE = 0.25;

/** Runs the phases of one run in sequence, each within its own limit and that of the run, and records their durations. */
export interface Deadline {
  /**
   * Runs one phase.
   *
   * @param work receives a signal that is aborted at the end of the phase's time, possibly before it starts
   * @param reserveMs part of the run's time that is reserved for later phases
   * @throws RunError TIME_LIMIT, naming the phase, when the time is over
   */
  run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>, reserveMs?: number): Promise<T>;
  /**
   * Sets the limit of the run, counted from its start. It also applies to the phase that is running.
   *
   * @param limitMs in milliseconds; 0 leaves only the function's timeout
   */
  setRunLimit(limitMs: number): void;
  /** Milliseconds left for the phase that is running. */
  readonly remainingMs: () => number;
  /** Milliseconds since the start of the run. */
  readonly elapsedMs: () => number;
  /** Records the durations of phases that another function has run. */
  include(durations: Durations): void;
}

/** State after a phase has exceeded its limit, as the end of the remedy. */
const EFFECTS: Readonly<Record<Phase, string>> = {
  credentials: 'Nothing was read or sent.',
  worker:
    'The worker ends at its own time limit. Nothing was sent; a change may have been applied in part.',
  connection: 'The connection was closed. Nothing was read or sent.',
  database: 'The connection was closed. Nothing was sent or changed.',
  delivery: 'The report may still have arrived.',
  change: 'Part of the change may have been applied; a dry run shows what is left.',
  endpoint: 'Nothing was sent.',
  retry: 'The retry may still have been scheduled.',
  record: 'The run may still have been recorded.',
};

/** Phases that an interruption does not end: the next run would send a report again that may have arrived. */
const COMPLETED: ReadonlySet<Phase> = new Set(['delivery', 'record']);

function interrupted(phase: Phase): RunError {
  // An interruption ends the delivery only before it begins.
  const effect = phase === 'delivery' ? 'Nothing was sent.' : EFFECTS[phase];
  return new RunError(
    'INTERRUPTED',
    `The process was asked to end (SIGTERM or SIGINT) before the end of the phase "${phase}".`,
    { remedy: `Run the command again. ${effect}` },
  );
}

function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
}

function elapsedMs(since: number): number {
  return Math.round(performance.now() - since);
}

/** The phase that is running. */
interface Running {
  readonly phase: Phase;
  readonly startedAt: number;
  readonly reserveMs: number;
  readonly giveUp: (error?: RunError) => void;
}

/** Parts of the function's time for the phases after a run, in milliseconds. */
export interface Reserves {
  readonly retryMs?: number;
  readonly recordMs?: number;
}

/** The time of a run. */
export interface RunTime extends Reserves {
  /** Time that another function has spent on the run before, in milliseconds. */
  readonly spentMs?: number;
}

/**
 * Starts the clock of a run; `stop` records the total.
 *
 * @param durationMs receives the duration of each phase and the total
 * @param functionMs time left until the function's timeout, in milliseconds; no phase exceeds it
 * @param time.retryMs, time.recordMs parts of it that are reserved for scheduling a retry and for the record; the run's limit
 *   does not apply to these phases
 * @param interruption ends the run when it is aborted, except for a delivery that has begun, and for the record
 */
export function createDeadline(
  durationMs: Durations,
  functionMs: number,
  { retryMs = 0, recordMs = 0, spentMs = 0 }: RunTime = {},
  interruption?: AbortSignal,
): Deadline & { stop(): void } {
  const functionStartedAt = performance.now();
  const startedAt = functionStartedAt - spentMs;
  const ceilingMs = spentMs + functionMs - retryMs - recordMs;
  let limitMs = Math.min(DEFAULT_LIMIT_MS, ceilingMs);
  let running: Running | undefined;
  let timer: NodeJS.Timeout | undefined;

  const endOf = ({ phase, startedAt: phaseStart, reserveMs }: Running): number => {
    const endOfPhase = phaseStart + LIMITS_MS[phase];
    if (phase === 'retry') return Math.min(endOfPhase, functionStartedAt + functionMs - recordMs);
    if (phase === 'record') return Math.min(endOfPhase, functionStartedAt + functionMs);
    // Only the worker learns the run's limit, and obeys it.
    if (phase === 'worker') return startedAt + ceilingMs;
    return Math.min(endOfPhase, startedAt + limitMs - Math.min(reserveMs, limitMs * LARGEST_SHARE));
  };
  const remainingMs = (): number =>
    (running === undefined ? startedAt + limitMs : endOf(running)) - performance.now();
  const restartTimer = (): void => {
    clearTimeout(timer);
    if (running !== undefined) timer = setTimeout(running.giveUp, Math.max(0, remainingMs()));
  };
  const timeLimit = (current: Running): RunError => {
    const limit = inSeconds(endOf(current) - current.startedAt);
    const runLimit = inSeconds(current.phase === 'worker' ? ceilingMs : limitMs);
    return new RunError(
      'TIME_LIMIT',
      `The phase "${current.phase}" exceeded its time limit of ${limit}; the limit of the run is ${runLimit}.`,
      { remedy: `Check the service that this phase waits for. ${EFFECTS[current.phase]}` },
    );
  };

  return {
    remainingMs,
    elapsedMs: () => performance.now() - startedAt,
    include(durations) {
      Object.assign(durationMs, durations);
    },
    setRunLimit(jobLimitMs) {
      limitMs = jobLimitMs > 0 ? Math.min(jobLimitMs, ceilingMs) : ceilingMs;
      restartTimer();
    },
    async run(phase, work, reserveMs = 0) {
      const controller = new AbortController();
      const { promise: limit, reject } = Promise.withResolvers<never>();
      const current: Running = {
        phase,
        startedAt: performance.now(),
        reserveMs,
        giveUp(error = timeLimit(current)) {
          // Before the abort, whose own error must not win the race.
          reject(error);
          controller.abort();
        },
      };
      const interrupt = (): void => current.giveUp(interrupted(phase));
      running = current;
      restartTimer();
      if (interruption?.aborted === true && phase !== 'record') interrupt();
      else if (remainingMs() <= 0) current.giveUp();
      if (!COMPLETED.has(phase)) interruption?.addEventListener('abort', interrupt);
      try {
        return await Promise.race([limit, work(controller.signal)]);
      } finally {
        interruption?.removeEventListener('abort', interrupt);
        running = undefined;
        clearTimeout(timer);
        durationMs[phase] = elapsedMs(current.startedAt);
      }
    },
    stop() {
      durationMs.total = elapsedMs(functionStartedAt);
    },
  };
}
