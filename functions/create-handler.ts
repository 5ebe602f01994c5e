import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { CheckEnding } from '../lib/diagnostics/check-result.ts';
import type { Log } from '../lib/observability/log.ts';
import { SUMMARY_RESERVE_MS } from '../lib/run/deadline.ts';
import type { Line } from '../lib/run/outcome.ts';
import type { Ending, RunDependencies } from '../lib/run/run-to-end.ts';

/** Time before Lambda's timeout at which the invocation ends, so that the log contains the timeout. In milliseconds. */
const EARLY_TIMEOUT_MS = 500;

interface HandlerEnding<L extends Line, Result> extends Ending<L, Result> {
  readonly retryError?: Ending<L, Result>['error'];
  readonly recordError?: Ending<L, Result>['error'];
}

/** What every function gets from Lambda. Only the functions that read a secret add a client for it. */
type Invocation = Pick<RunDependencies, 'limitMs' | 'now'>;

/** The steps in which handlers differ. */
interface HandlerParts<L extends Line, Result> {
  readonly log: Log;
  readonly run: (
    event: unknown,
    invocation: Invocation,
    context: Context,
  ) => Promise<HandlerEnding<L, Result>>;
  /** Loads and runs the check for the event `{ "check": true }`; without it, that event goes to `run`. */
  readonly check?: (event: unknown, invocation: Invocation) => Promise<CheckEnding>;
  /** Writes the metrics of a run. A check writes none, because they would end an alarm about missing runs. */
  readonly writeMetrics?: (line: L) => void;
}

function isCheckEvent(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'check' in event;
}

/**
 * Creates the handler of a function. It runs the event, writes the one summary line, and then returns the result or throws
 * the error.
 */
export function createHandler<L extends Line, Result>({
  log,
  run,
  check,
  writeMetrics = () => undefined,
}: HandlerParts<L, Result>) {
  async function handle(event: unknown, context: Context) {
    const invocation: Invocation = {
      limitMs: context.getRemainingTimeInMillis() - SUMMARY_RESERVE_MS,
      now: Date.now,
    };
    const isCheck = check !== undefined && isCheckEvent(event);
    if (isCheck) return finish(await check(event, invocation));
    return finish(await run(event, invocation, context), writeMetrics);
  }

  function finish<M extends Line, R>(
    { line, result, error, retryError, recordError }: HandlerEnding<M, R>,
    writeMetricsOf: (line: M) => void = () => undefined,
  ): R | undefined {
    log.write(line, error, retryError, recordError);
    writeMetricsOf(line);
    if (error !== undefined && result === undefined) throw error;
    return result;
  }

  return middy(handle, { timeoutEarlyInMillis: EARLY_TIMEOUT_MS }).use(log.middleware);
}
