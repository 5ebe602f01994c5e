import type { Target } from '../config/target.ts';
import type { SecretReader } from '../credentials/rotation.ts';
import { type RunError, toRunError } from '../errors.ts';
import { createDeadline, type Deadline, type Reserves } from './deadline.ts';
import type { Line } from './outcome.ts';
import type { RunProgress, RunRecorder } from './run-record.ts';

/** Dependencies of every invocation on its function. */
export interface RunDependencies {
  /** Returns the reader of a target's secret. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** The limit of the invocation, in milliseconds. */
  readonly limitMs: number;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Ends the run when it is aborted; a process has it, and a function has none. */
  readonly interruption?: AbortSignal;
}

/** Context of the parts of one invocation that need the database. */
export interface DatabaseContext {
  readonly deadline: Deadline;
  /** @param at time of the event in milliseconds of `performance.now()`; now by default */
  readonly emit: (event: RunProgress, at?: number) => void;
}

/** Context that the parts of one invocation share. */
export interface RunContext extends DatabaseContext, Pick<RunDependencies, 'secretsOf' | 'now'> {}

/** The end of an invocation. */
export interface Ending<SummaryLine extends Line, Result> {
  /** The summary line of the log. */
  readonly line: SummaryLine;
  /** The result of the function; undefined when the function has to throw the error. */
  readonly result: Result | undefined;
  readonly error: RunError | undefined;
}

/** Steps after the work, which must not throw. */
interface Aftermath {
  /** Parts of the limit that are reserved for these steps. */
  readonly reserves: Reserves;
  /** Runs after an error. */
  readonly recover: (context: RunContext) => Promise<void>;
  /** Runs at the end, also after an error. The total duration is known. */
  readonly finish: (context: RunContext) => Promise<void>;
}

/**
 * Runs an invocation to its end: starts the deadline, converts any thrown value, and stops the deadline. Never throws. All
 * functions use this; `functions/create-handler.ts` then writes the line.
 *
 * @param recorder receives the events, the error, and the durations
 * @param aftermath steps after the work
 */
export async function runToEnd<Result>(
  { secretsOf, limitMs, now, interruption }: RunDependencies,
  { durationMs, emit }: Pick<RunRecorder, 'durationMs' | 'emit'>,
  work: (context: RunContext) => Promise<Result>,
  aftermath?: Aftermath,
): Promise<{ result: Result; error: undefined } | { result: undefined; error: RunError }> {
  const deadline = createDeadline(durationMs, limitMs, aftermath?.reserves, interruption);
  const context: RunContext = { secretsOf, deadline, now, emit };
  try {
    return { result: await work(context), error: undefined };
  } catch (thrown) {
    const error = toRunError(thrown);
    emit({ type: 'failed', error });
    await aftermath?.recover(context);
    return { result: undefined, error };
  } finally {
    deadline.stop();
    await aftermath?.finish(context);
    deadline.stop();
  }
}
