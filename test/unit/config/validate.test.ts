import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { createCommand, runCommand } from '../../../cli/command.ts';
import { partsOfUrl } from '../../../cli/options/database-url.ts';
import { parseEvent, parseSettings } from '../../../lib/config/send-report-config.ts';
import { check } from '../../../lib/config/validate.ts';
import { parseChange } from '../../../lib/configure/event.ts';
import { RunError } from '../../../lib/errors.ts';
import { captured } from '../../support/process/captured.ts';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const LONG = 'k'.repeat(100_000);
const HOSTILE = 'a\u001b[2J\u202e\u2028b';

function keys(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]));
}

const TARGET = '{"name":"x","environment":"x","secretId":"x"}';

const PARSERS: readonly (readonly [what: string, parse: (value: object) => unknown])[] = [
  ['an event of send-report', (value) => parseEvent(value)],
  ['an event of configure', (value) => parseChange({ action: 'disable', ...value })],
  ['TARGET', (value) => parseSettings({ TARGET: JSON.stringify(value), DELIVERY: '{}' })],
  ['DELIVERY', (value) => parseSettings({ TARGET, DELIVERY: JSON.stringify(value) })],
];

function messageOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof RunError) return error.message;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

test.each(PARSERS)(
  'quotes five unknown keys of %s at most, and counts the others',
  (_what, parse) => {
    const message = messageOf(() => parse(keys(5_000)));
    expect(message).toContain('"key0", "key1", "key2", "key3", "key4" and 4995 more');
    expect(message).not.toContain('key5');
  },
);

test.each(PARSERS)('quotes a long unknown key of %s by its beginning', (_what, parse) => {
  const message = messageOf(() => parse({ [LONG]: 1 }));
  expect(message).toContain(`Unrecognized key: "${'k'.repeat(39)}…"`);
  expect(message.length).toBeLessThan(2_000);
});

test.each(PARSERS)('quotes an unknown key of %s without control characters', (_what, parse) => {
  const message = messageOf(() => parse({ [HOSTILE]: 1 }));
  expect(message).toContain('"a\\u001b[2J\\u202e\\u2028b"');
  expect(message).not.toMatch(UNPRINTABLE);
});

test('names twenty problems of one input at most, and counts the others', () => {
  const problems: string[] = [];
  check('rows', z.array(z.string()), Array(5_000).fill(1), problems);
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toBe('rows: 4980 more problems');
});

test('quotes a key in a path by its beginning, without control characters', () => {
  const problems: string[] = [];
  check('map', z.record(z.string(), z.string()), { [`${HOSTILE}${LONG}`]: 1 }, problems);
  const [problem = ''] = problems;
  expect(problem.length).toBeLessThan(200);
  expect(problem).not.toMatch(UNPRINTABLE);
});

test('rejects a time with more decimals than nanoseconds have: the log line repeats it', () => {
  const time = (decimals: string): unknown =>
    parseEvent({ scheduledTime: `2026-11-22T04:05:00.${decimals}+00:00` });
  expect(time('123456789')).toEqual({ scheduledTime: '2026-11-22T04:05:00.123456789+00:00' });
  expect(messageOf(() => time('0'.repeat(100_000)))).toBe(
    'The event cannot be understood: event scheduledTime: must have at most nine decimals.',
  );
});

test('a URL has its unknown parameters quoted by their beginning', () => {
  const problems: string[] = [];
  partsOfUrl(`postgres://u:p@h/d?${LONG}=1&%1b%5b2J=1`, problems);
  expect(problems.every((problem) => problem.length < 200)).toBe(true);
  expect(problems.join('')).toContain('\\u001b[2J');
});

test('the command line shows thirty problems at most, each by its beginning and printable', async () => {
  const { argv, exitCode } = process;
  const problems = Array.from({ length: 500 }, (_, i) => `${i} ${HOSTILE}${LONG}`);
  try {
    process.argv = ['node', 'command'];
    let done: Promise<void> | undefined;
    const shown = captured(() => {
      done = runCommand({
        command: createCommand('run test', 'Tests.'),
        read: (_command, found) => found.push(...problems),
        perform: async () => 0,
      });
    });
    await done;
    const lines = shown.trimEnd().split('\n');
    expect(lines).toHaveLength(30);
    expect(lines.at(-1)).toContain('--help lists the options');
    expect(shown.length).toBeLessThan(100_000);
    expect(lines.join('')).not.toMatch(UNPRINTABLE);

    process.argv = ['node', 'command', `--${LONG}`];
    const unknown = captured(() => {
      done = runCommand({
        command: createCommand('run test', 'Tests.'),
        read: () => 0,
        perform: async () => 0,
      });
    });
    await done;
    expect(unknown.length).toBeLessThan(500);
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
  }
});
