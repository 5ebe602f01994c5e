import { type ErrorCode, RunError } from '../../errors.ts';

interface MakerDetails {
  readonly origin: string | undefined;
  readonly original: unknown;
}

/** Creates the error of a run for an error of the driver, a socket or TLS. */
export type ErrorMaker = (details: MakerDetails) => RunError;

/** Returns a maker whose errors differ only in their details. */
export function errorMaker(code: ErrorCode, message: string, remedy: string): ErrorMaker {
  return (details) => new RunError(code, message, { remedy, ...details });
}
