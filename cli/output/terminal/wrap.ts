import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** The columns of a terminal that a text may use. */
export interface Area {
  /** Blanks in front of every line but the first. */
  readonly indent: number;
  /** Width of the terminal; infinite when the output is not a terminal. */
  readonly columns: number;
}

/** Pads a text with blanks to a width in columns: some characters take two, and some none. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

/** Cuts a text to a width in columns. */
export function cutToWidth(text: string, width: number): string {
  let cut = text;
  while (stringWidth(cut) > width) cut = cut.slice(0, -1);
  return cut;
}

/**
 * Breaks a text at blanks so that it fits between the indentation and the end of the terminal's line. A word that is longer,
 * such as a hash, is kept whole on a line that starts further to the left.
 *
 * @param text follows something of the width `indent`, so that the first line gets no indentation
 * @param suffix stays on one line; it goes to the end of the last line or, without enough space, to a line of its own
 */
export function wrap(text: string, { indent, columns }: Area, suffix?: string): string {
  const ending = suffix === undefined ? '' : ` ${suffix}`;
  if (!Number.isFinite(columns)) return text + ending;
  const width = Math.max(1, columns - indent);
  const lines = wrapAnsi(text, width).split('\n');
  if (stringWidth(lines[0] ?? '') > width) lines.unshift('');
  const last = (lines.at(-1) ?? '') + ending;
  if (suffix !== undefined && stringWidth(last) > width) lines.push(suffix);
  else lines[lines.length - 1] = last;
  return lines
    .map((line, index) => {
      const start = Math.max(0, Math.min(indent, columns - stringWidth(line)));
      return index === 0 ? line : ' '.repeat(start) + line;
    })
    .join('\n');
}
