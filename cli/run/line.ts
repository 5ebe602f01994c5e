import type { RunError } from '../../lib/errors.ts';
import { SERVICE } from '../../lib/naming.ts';
import { originalErrorFields } from '../../lib/observability/original-error.ts';
import { type LineFields, shortenLine } from '../../lib/observability/shorten-line.ts';
import { PRODUCT } from '../../lib/product.ts';
import type { Line } from '../../lib/run/outcome.ts';

/** How lines are written. */
export interface LineOptions {
  /** Also writes the original errors. */
  readonly debug: boolean;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Writes to stdout. */
  readonly write: (text: string) => void;
}

/**
 * Writes the summary line as JSON, with the fields of the functions' log; before it, on request, the original errors. All
 * lines go to stdout, in contrast to those of the functions' logger.
 */
export function writeLine(
  { severity, ...line }: Line,
  errors: readonly (RunError | undefined)[],
  { debug, now, write }: LineOptions,
): void {
  const common = { timestamp: new Date(now()).toISOString(), service: SERVICE, product: PRODUCT };
  const put = (level: string, { message, ...fields }: LineFields): void =>
    write(`${JSON.stringify({ level, message, ...common, ...fields })}\n`);
  for (const error of debug ? errors : []) {
    const fields = originalErrorFields(error);
    if (fields !== undefined) put('DEBUG', fields);
  }
  put(severity, shortenLine(line));
}
