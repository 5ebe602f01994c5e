import type { MiddlewareObj } from '@middy/core';
import type { RunError } from '../errors.ts';
import type { Line } from '../run/outcome.ts';

/** The log of a function. */
export interface Log {
  /** Gives the next lines the context of an invocation. */
  readonly middleware: MiddlewareObj;
  /**
   * Writes one summary line; before it, at debug level, the original errors.
   *
   * @param errors the errors that the line describes
   */
  write(line: Line, ...errors: readonly (RunError | undefined)[]): void;
}
