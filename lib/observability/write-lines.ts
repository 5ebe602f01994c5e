import type { RunError } from '../errors.ts';
import { SERVICE } from '../naming.ts';
import { PRODUCT } from '../product.ts';
import type { Line } from '../run/outcome.ts';
import { originalErrorFields } from './original-error.ts';
import { type LineFields, shortenLine } from './shorten-line.ts';

/** Level of a line of the log. */
export type LineLevel = Line['severity'] | 'DEBUG';

/** How lines are written. */
export interface LineWriter {
  /** Also writes the original errors. */
  readonly debug: boolean;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Fields of each line, between the name of the service and the product. */
  readonly fields?: object;
  readonly write: (text: string, level: LineLevel) => void;
}

/**
 * Writes a summary line as JSON, of at most 16 kB, with the fields of Powertools' logger; before it, on request, the original
 * errors.
 */
export function writeLines(
  { severity, ...line }: Line,
  errors: readonly (RunError | undefined)[],
  { debug, now, fields, write }: LineWriter,
): void {
  const timestamp = new Date(now()).toISOString();
  const common = { timestamp, service: SERVICE, ...fields, product: PRODUCT };
  const put = (level: LineLevel, { message, ...more }: LineFields): void =>
    write(`${JSON.stringify({ level, message, ...common, ...more })}\n`, level);
  for (const error of debug ? errors : []) {
    const original = originalErrorFields(error);
    if (original !== undefined) put('DEBUG', original);
  }
  put(severity, shortenLine(line));
}
