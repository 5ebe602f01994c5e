import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTerminalReporter } from '../../../../cli/output/terminal/terminal.ts';
import { wrap } from '../../../../cli/output/terminal/wrap.ts';
import { terminalOutput } from '../../../support/process/terminal-output.ts';

const HASH = '0123456789abcdef'.repeat(4);
const INDENT = 18;

function linesOf(columns: number | undefined, text: string, ms?: number): string[] {
  const { out, text: written } = terminalOutput(columns);
  createTerminalReporter(false, out).line('✔', 'report', text, ms);
  return stripVTControlCharacters(written()).split('\n').slice(0, -1);
}

describe('wrapping', () => {
  test.each([20, 40, 80, 81, 97, 120])(
    'keeps every line within a terminal of %i columns, except for a longer word',
    (columns) => {
      for (const ms of [undefined, 7, 12_345]) {
        const text = `2 994 bytes by plain SQL, sha256 ${HASH}`;
        const lines = linesOf(columns, text, ms);
        const allowed = Math.max(columns, HASH.length);
        expect(lines.filter((line) => line.length > allowed)).toEqual([]);
        expect(lines.some((line) => line.includes(HASH))).toBe(true);
        const words = lines.join(' ').split(/\s+/);
        const duration = ms === undefined ? '' : ms === 7 ? ' · 7 ms' : ' · 12.3 s';
        expect(words.join(' ').trim()).toBe(`✔ report ${text}${duration}`);
      }
    },
  );

  test('moves a hash that does not fit after the indentation further to the left', () => {
    expect(linesOf(80, `by plain SQL, sha256 ${HASH}`)).toEqual([
      '  ✔ report        by plain SQL, sha256',
      `                ${HASH}`,
    ]);
  });

  test('puts a duration that does not fit on a line of its own', () => {
    const text = 'x'.repeat(80 - INDENT - ' · 7 ms'.length);
    expect(linesOf(80, text, 7)).toHaveLength(1);
    expect(linesOf(80, `${text}x`, 7)).toEqual([
      `  ✔ report        ${text}x`,
      `${' '.repeat(INDENT)}· 7 ms`,
    ]);
  });

  test('counts the columns of wide characters', () => {
    const area = { indent: 0, columns: 10 };
    expect(wrap('漢字漢字 漢字', area).split('\n')).toEqual(['漢字漢字', '漢字']);
  });

  test('does not happen when the output is not a terminal', () => {
    const text = `${'word '.repeat(100)}${HASH}`;
    expect(linesOf(undefined, text, 7)).toEqual([`  ✔ report        ${text} · 7 ms`]);
  });
});

describe('a step', () => {
  const REMOVED = '\u001b[1G\u001b[2K';

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Runs a step that takes a second, and returns what it has written. */
  async function run(columns: number | undefined, progress = 'building', error?: Error) {
    const { out, text } = terminalOutput(columns);
    const work = Promise.withResolvers<string>();
    const step = createTerminalReporter(false, out).step(
      'bundle',
      progress,
      () => work.promise,
      (result) => result,
    );
    vi.advanceTimersByTime(1_000);
    if (error === undefined) work.resolve('done');
    else work.reject(error);
    await step.catch((thrown) => expect(thrown).toBe(error));
    return text();
  }

  test('replaces its progress line on a terminal', async () => {
    const [progress, rest = ''] = (await run(80)).split(REMOVED);
    expect(stripVTControlCharacters(progress ?? '')).toBe('  … bundle        building');
    expect(stripVTControlCharacters(rest)).toMatch(/^ {2}✔ bundle {8}done · [\d.]+ m?s\n$/);
  });

  test('has a progress line that fits into one row of the terminal', async () => {
    const [progress = ''] = (await run(40, 'building '.repeat(20))).split(REMOVED);
    expect(stripVTControlCharacters(progress)).toHaveLength(39);
  });

  test('removes its progress line when it fails', async () => {
    const [, rest] = (await run(80, 'building', new Error('broken'))).split(REMOVED);
    expect(rest).toBe('');
  });

  test('is one plain line when the output is not a terminal', async () => {
    expect(await run(undefined)).toMatch(/^ {2}✔ bundle {8}done · [\d.]+ m?s\n$/);
  });
});
