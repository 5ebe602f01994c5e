import { clearLine, cursorTo } from 'node:readline';
import { styleText } from 'node:util';
import { toPrintableLine } from './printable.ts';
import { cutToWidth, padToWidth, wrap } from './wrap.ts';

export type Mark = '✔' | '▲' | '✖' | '–';
const COLOURS = { '✔': 'green', '▲': 'yellow', '✖': 'red', '–': 'dim' } as const;

const LABEL_WIDTH = 14;
/** Two blanks, the mark, a blank and the label. */
const INDENT = 4 + LABEL_WIDTH;
/** Minimum duration of a step that shows a progress line. */
const PROGRESS_AFTER_MS = 300;

/** Groups the digits of a number: `1 728`. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function formatDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/**
 * Writes the progress and the results of a command for a person; writes nothing in silent mode. Texts may come from a server
 * or a deployed function: each becomes one line without control characters.
 */
export interface TerminalReporter {
  title(text: string): void;
  line(mark: Mark, label: string, text: string, ms?: number): void;
  /** Adds text to the line above. */
  note(text: string): void;
  /** Writes a row of a table, with its blanks. It is not wrapped. */
  entry(mark: Mark | ' ', text: string): void;
  /** Adds a row of a small table to the line above, with its blanks. */
  row(text: string): void;
  /** Runs a step and writes its line. On a terminal a progress line stands in its place meanwhile. */
  step<T>(
    label: string,
    progress: string,
    work: () => Promise<T>,
    done: (result: T) => string,
  ): Promise<T>;
  heading(text: string): void;
  /** Writes a heading and lines that are never wrapped, such as statements and JSON. */
  block(heading: string, lines: readonly string[]): void;
}

const SILENT: TerminalReporter = {
  title() {},
  line() {},
  note() {},
  entry() {},
  row() {},
  step: (_label, _progress, work) => work(),
  heading() {},
  block() {},
};

/** Shows a line that the next output replaces; returns the function that removes it. */
function showProgress(out: NodeJS.WriteStream, text: string): () => void {
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    // A line as wide as the terminal would wrap, and only its last row could be removed.
    out.write(styleText('dim', cutToWidth(text, (out.columns ?? 80) - 1), { stream: out }));
  }, PROGRESS_AFTER_MS);
  return () => {
    clearTimeout(timer);
    if (!isShown) return;
    cursorTo(out, 0);
    clearLine(out, 0);
  };
}

export function createTerminalReporter(
  isSilent: boolean,
  out: NodeJS.WriteStream = process.stdout,
): TerminalReporter {
  if (isSilent) return SILENT;
  const write = (text: string): void => {
    out.write(`${text}\n`);
  };
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    styleText(format, text, { stream: out });
  const wrapped = (text: string, suffix?: string): string =>
    wrap(
      toPrintableLine(text),
      { indent: INDENT, columns: out.columns ?? Number.POSITIVE_INFINITY },
      suffix,
    );
  const labelled = (mark: string, label: string): string =>
    `  ${mark} ${padToWidth(toPrintableLine(label), LABEL_WIDTH)}`;
  const line: TerminalReporter['line'] = (mark, label, text, ms) => {
    const duration = ms === undefined ? undefined : style('dim', `· ${formatDuration(ms)}`);
    write(labelled(style(COLOURS[mark], mark), label) + wrapped(text, duration));
  };
  const heading = (text: string): void => write(`\n  ${style('bold', toPrintableLine(text))}\n`);
  return {
    line,
    title: heading,
    heading,
    note: (text) => write(' '.repeat(INDENT) + style('dim', wrapped(text))),
    entry: (mark, text) =>
      write(`  ${mark === ' ' ? mark : style(COLOURS[mark], mark)} ${toPrintableLine(text)}`),
    row: (text) => write(' '.repeat(INDENT) + toPrintableLine(text)),
    async step(label, progress, work, done) {
      const startedAt = performance.now();
      const text = toPrintableLine(labelled('…', label) + progress);
      const removeProgress = out.isTTY ? showProgress(out, text) : () => undefined;
      const result = await work().finally(removeProgress);
      line('✔', label, done(result), performance.now() - startedAt);
      return result;
    },
    block(text, lines) {
      heading(text);
      for (const one of lines) write(`  ${toPrintableLine(one)}`);
    },
  };
}
