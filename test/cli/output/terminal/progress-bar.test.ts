import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { showProgressBar } from '../../../../cli/output/terminal/progress-bar.ts';
import { terminalOutput } from '../../../support/process/terminal-output.ts';

const REMOVED = '\u001b[1G\u001b[2K';

/** Returns the lines that stand one after another in the same row of the terminal. */
function linesOf(columns: number | undefined, items: readonly string[]): readonly string[] {
  const { out, text } = terminalOutput(columns);
  const bar = showProgressBar('checking', 4, out);
  for (const item of items) bar.advance(item);
  bar.remove();
  return text().split(REMOVED).map(stripVTControlCharacters);
}

describe('the progress bar', () => {
  test('counts the items that are done, and is removed at the end', () => {
    expect(linesOf(80, ['metrics', 'orders'])).toEqual([
      '',
      '  … checking ░░░░░░░░░░░░░░░░░░░░ 0 of 4  ',
      '  … checking █████░░░░░░░░░░░░░░░ 1 of 4  metrics',
      '  … checking ██████████░░░░░░░░░░ 2 of 4  orders',
      '',
    ]);
  });

  test('fits into one row of the terminal, for any name', () => {
    const lines = linesOf(40, ['x'.repeat(100), '\u001b[2J\n\u202e']);
    expect(lines.map((line) => line.length).filter((length) => length > 39)).toEqual([]);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('is not shown when the output is not a terminal', () => {
    expect(linesOf(undefined, ['metrics'])).toEqual(['']);
  });
});
