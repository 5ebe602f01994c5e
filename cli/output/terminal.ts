import { styleText } from 'node:util';
import { toPrintableLine } from './printable.ts';

export type Mark = '✔' | '▲' | '✖' | '–';
const COLOURS = { '✔': 'green', '▲': 'yellow', '✖': 'red', '–': 'dim' } as const;

const LABEL_WIDTH = 14;
const NOTICE_AFTER_MS = 1_000;

/** `1 728`: digits in groups, as a person reads them. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Breaks a text at blanks into lines of at most `width` characters; a longer word has a line of its own. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/**
 * Writes what happens for a person; in silent mode nothing. Every text may come from a server or a deployed function: each is
 * one line, without control characters.
 */
export interface TerminalReporter {
  title(text: string): void;
  line(mark: Mark, label: string, text: string, ms?: number): void;
  /** Text that belongs to the line above. */
  note(text: string): void;
  /** One row of a small table that belongs to the line above: its blanks stay. */
  row(text: string): void;
  /** Runs one step and writes its line; says what is going on when it takes longer than a second. */
  step<T>(
    label: string,
    doing: string,
    work: () => Promise<T>,
    done: (result: T) => string,
  ): Promise<T>;
  block(heading: string, lines: readonly string[]): void;
}

const SILENT: TerminalReporter = {
  title() {},
  line() {},
  note() {},
  row() {},
  step: (_label, _doing, work) => work(),
  block() {},
};

export function createTerminalReporter(
  isSilent: boolean,
  out: NodeJS.WriteStream = process.stdout,
): TerminalReporter {
  if (isSilent) return SILENT;
  const write = (text: string): void => {
    out.write(`${text}\n`);
  };
  // On a terminal long lines go on below their own beginning, and not below the marks.
  const width = (out.columns ?? Number.POSITIVE_INFINITY) - LABEL_WIDTH - 4;
  const folded = (text: string): string =>
    fold(toPrintableLine(text), width).join(`\n    ${' '.repeat(LABEL_WIDTH)}`);
  const bold = (text: string): string => styleText('bold', toPrintableLine(text), { stream: out });
  const line: TerminalReporter['line'] = (mark, label, text, ms) => {
    const time = ms === undefined ? '' : styleText('dim', ` · ${seconds(ms)}`, { stream: out });
    write(
      `  ${styleText(COLOURS[mark], mark, { stream: out })} ${toPrintableLine(label).padEnd(LABEL_WIDTH)}${folded(text)}${time}`,
    );
  };
  return {
    line,
    title: (text) => write(`\n  ${bold(text)}\n`),
    note: (text) =>
      write(`    ${' '.repeat(LABEL_WIDTH)}${styleText('dim', folded(text), { stream: out })}`),
    row: (text) => write(`    ${' '.repeat(LABEL_WIDTH)}${toPrintableLine(text)}`),
    async step(label, doing, work, done) {
      const startedAt = performance.now();
      const notice = setTimeout(
        () => write(styleText('dim', `  … ${label.padEnd(LABEL_WIDTH)}${doing}`, { stream: out })),
        NOTICE_AFTER_MS,
      );
      try {
        const result = await work();
        line('✔', label, done(result), performance.now() - startedAt);
        return result;
      } finally {
        clearTimeout(notice);
      }
    },
    block(heading, lines) {
      write(`\n  ${bold(heading)}\n`);
      for (const text of lines) write(`  ${toPrintableLine(text)}`);
    },
  };
}
