import { cutText, escapeUnprintable } from '../config/printable.ts';
import type { RunError } from '../errors.ts';

/** Length limit of an original error: a server may send megabytes. */
const MAX_LENGTH = 4_000;

/** Returns the fields of the debug line for the original error of a run; undefined without one. */
export function originalErrorFields(
  error: RunError | undefined,
): { readonly message: string; readonly original: string } | undefined {
  if (error?.original === undefined) return undefined;
  return {
    message: 'The original error. It may name roles, databases and hosts.',
    original: escapeUnprintable(cutText(String(error.original), MAX_LENGTH)),
  };
}
