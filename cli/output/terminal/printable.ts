import { escapeUnprintable } from '../../../lib/config/printable.ts';

/**
 * Makes a text safe for a terminal, on one line: line breaks and tabs as blanks, and every other control or invisible
 * character as its escape. Nothing is left out, as `stripVTControlCharacters` of node:util would: a person sees what is sent.
 */
export function toPrintableLine(text: string): string {
  return escapeUnprintable(text.replace(/[\t\n\v\f\r]+/g, ' '));
}
