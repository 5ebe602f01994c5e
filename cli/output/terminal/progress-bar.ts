import { clearLine, cursorTo } from 'node:readline';
import { styleText } from 'node:util';
import { toPrintableLine } from './printable.ts';
import { cutToWidth } from './wrap.ts';

/** Width of the bar in columns. */
const BAR_WIDTH = 20;

/** A line that shows how many items are done, on a terminal; otherwise nothing. */
export interface ProgressBar {
  /** Counts one more item as done. */
  advance(item: string): void;
  /** Removes the line. */
  remove(): void;
}

/** Shows a bar on stderr, so that it is not part of an output that is piped. */
export function showProgressBar(
  label: string,
  total: number,
  out: NodeJS.WriteStream = process.stderr,
): ProgressBar {
  if (!out.isTTY) return { advance() {}, remove() {} };
  let done = 0;
  const clear = (): void => {
    cursorTo(out, 0);
    clearLine(out, 0);
  };
  const draw = (item: string): void => {
    const filled = Math.round((done / total) * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    const text = toPrintableLine(`  … ${label} ${bar} ${done} of ${total}  ${item}`);
    clear();
    // A line as wide as the terminal would wrap, and only its last row could be removed.
    out.write(styleText('dim', cutToWidth(text, (out.columns ?? 80) - 1), { stream: out }));
  };
  draw('');
  return {
    advance(item) {
      done += 1;
      draw(item);
    },
    remove: clear,
  };
}
