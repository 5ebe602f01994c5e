import { describe, expect, test } from 'vitest';
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
  'quotes at most five unknown keys of %s, and counts the others',
  (_what, parse) => {
    const message = messageOf(() => parse(keys(5_000)));
    expect(message).toContain('"key0", "key1", "key2", "key3", "key4" and 4995 more');
    expect(message).not.toContain('key5');
  },
);

test.each(PARSERS)('quotes the beginning of a long unknown key of %s', (_what, parse) => {
  const message = messageOf(() => parse({ [LONG]: 1 }));
  expect(message).toContain(`unknown key "${'k'.repeat(39)}…"`);
  expect(message.length).toBeLessThan(2_000);
});

test.each(PARSERS)('quotes an unknown key of %s without control characters', (_what, parse) => {
  const message = messageOf(() => parse({ [HOSTILE]: 1 }));
  expect(message).toContain('"a\\u001b[2J\\u202e\\u2028b"');
  expect(message).not.toMatch(UNPRINTABLE);
});

describe('the message of a problem', () => {
  const messagesOf = (schema: z.ZodMiniType, value: unknown): string[] => {
    const problems: string[] = [];
    check('input', schema, value, problems);
    return problems;
  };

  test.each([
    [z.string(), undefined, 'is required'],
    [z.string(), 1, 'must be a string, not a number'],
    [z.number(), '1', 'must be a number, not a string'],
    [z.number(), Number.NaN, 'must be a number, not NaN'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.int(), '1', 'must be a number, not a string'],
    [z.boolean(), null, 'must be true or false, not null'],
    [z.array(z.string()), {}, 'must be an array, not an object'],
    [z.strictObject({}), [], 'must be an object, not an array'],
    [z.record(z.string(), z.string()), 'x', 'must be an object, not a string'],
    [z.literal(true), false, 'must be true'],
    [z.literal([1, 2]), 3, 'must be one of 1, 2'],
    [z.enum(['exact', 'estimated']), 'big', 'must be one of "exact", "estimated"'],
    [z.enum(['exact', 'estimated']), undefined, 'must be one of "exact", "estimated"'],
    [z.number().check(z.minimum(1)), 0, 'must be at least 1'],
    [z.number().check(z.maximum(9)), 10, 'must be at most 9'],
    [z.string().check(z.minLength(2)), 'a', 'must have at least 2 characters'],
    [z.array(z.int()).check(z.maxLength(1)), [1, 2], 'must have at most 1 items'],
    [z.string().check(z.regex(/a/)), 'b', 'is invalid'],
  ])('names the expectation (%#)', (schema, value, message) => {
    expect(messagesOf(schema, value)).toStrictEqual([`input: ${message}`]);
  });

  const keysSchema = z.strictObject({
    tickHours: z.optional(z.int()),
    host: z.optional(z.string()),
  });

  test.each([
    ['tickHour', 'tickHours'],
    ['tickhours', 'tickHours'],
    ['tick_hours', 'tickHours'],
    ['hots', 'host'],
    ['Host', 'host'],
  ])('suggests the nearest key of "%s": "%s"', (key, suggestion) => {
    expect(messagesOf(keysSchema, { [key]: 1 })).toStrictEqual([
      `input: unknown key "${key}" (did you mean "${suggestion}"?)`,
    ]);
  });

  test.each(['user', 'x', '', 'hostnames', 'constructor'])(
    'suggests nothing for the key "%s", which resembles no known key',
    (key) => {
      expect(messagesOf(keysSchema, { [key]: 1 })).toStrictEqual([`input: unknown key "${key}"`]);
    },
  );

  test.each([
    ['verify_full', 'verify-full'],
    ['VERIFY-CA', 'verify-ca'],
  ])('suggests the nearest value of "%s": "%s"', (value, suggestion) => {
    expect(messagesOf(z.enum(['verify-full', 'verify-ca', 'disable']), value)).toStrictEqual([
      `input: must be one of "verify-full", "verify-ca", "disable" (did you mean "${suggestion}"?)`,
    ]);
  });

  test('never quotes the value', () => {
    const schema = z.strictObject({ a: z.string(), b: z.enum(['x']), c: z.int() });
    const problems = messagesOf(schema, { a: ['c4n4ry'], b: 'c4n4ry', c: 'c4n4ry' });
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('c4n4ry');
  });
});

test('names at most twenty problems of one input, and counts the others', () => {
  const problems: string[] = [];
  check('rows', z.array(z.string()), Array(5_000).fill(1), problems);
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toBe('rows: 4980 more problems');
});

test('quotes the beginning of a key in a path, without control characters', () => {
  const problems: string[] = [];
  check('map', z.record(z.string(), z.string()), { [`${HOSTILE}${LONG}`]: 1 }, problems);
  const [problem = ''] = problems;
  expect(problem.length).toBeLessThan(200);
  expect(problem).not.toMatch(UNPRINTABLE);
});

test('rejects a time with more than nine decimals', () => {
  const time = (decimals: string): unknown =>
    parseEvent({ scheduledTime: `2026-11-22T04:05:00.${decimals}+00:00` });
  expect(time('123456789')).toEqual({ scheduledTime: '2026-11-22T04:05:00.123456789+00:00' });
  expect(messageOf(() => time('0'.repeat(100_000)))).toBe(
    'The event is invalid: event scheduledTime: must have at most nine decimals.',
  );
});

test('quotes the beginning of unknown parameters of a URL', () => {
  const problems: string[] = [];
  partsOfUrl(`postgres://u:p@h/d?${LONG}=1&%1b%5b2J=1`, problems);
  expect(problems.every((problem) => problem.length < 200)).toBe(true);
  expect(problems.join('')).toContain('\\u001b[2J');
});

test('shows at most thirty problems on the command line, each truncated and printable', async () => {
  const problems = Array.from({ length: 500 }, (_, i) => `${i} ${HOSTILE}${LONG}`);
  let done: Promise<number> | undefined;
  const shown = captured(() => {
    done = runCommand(
      {
        command: createCommand('test', 'Tests.'),
        read: (_command, found) => found.push(...problems),
        perform: async () => 0,
      },
      [],
    );
  });
  expect(await done).toBe(2);
  const lines = shown.trimEnd().split('\n');
  expect(lines).toHaveLength(30);
  expect(lines.at(-1)).toContain('--help lists the options');
  expect(shown.length).toBeLessThan(100_000);
  expect(lines.join('')).not.toMatch(UNPRINTABLE);

  const unknown = captured(() => {
    done = runCommand(
      {
        command: createCommand('test', 'Tests.'),
        read: () => 0,
        perform: async () => 0,
      },
      [`--${LONG}`],
    );
  });
  expect(await done).toBe(2);
  expect(unknown.length).toBeLessThan(500);
});
