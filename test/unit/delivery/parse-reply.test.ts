import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseReply } from '../../../lib/delivery/parse-reply.ts';
import { judge } from '../../../lib/version-check/judge-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import { KNOWLEDGE } from '../../support/timescaledb/release-data.ts';

const MALFORMED = { status: 'unknown', reason: 'malformed telemetry response body' };

function parseText(text: string) {
  return parseReply({ body: new TextEncoder().encode(text) });
}

function parseVersion(named: unknown) {
  return parseText(JSON.stringify({ current_timescaledb_version: named, is_up_to_date: false }));
}

describe('is_up_to_date', () => {
  test.each([
    ['{"is_up_to_date": true}', { status: 'up-to-date' }],
    ['{"is_up_to_date": "true"}', { status: 'up-to-date' }],
    [' {"is_up_to_date": true, "others": {"are": "ignored"}}\r\n', { status: 'up-to-date' }],
    ['{"is_up_to_date": false, "is_up_to_date": true}', { status: 'up-to-date' }],
    [
      '{"is_up_to_date": true, "current_timescaledb_version": "2.30.1"}',
      { status: 'up-to-date', version: '2.30.1' },
    ],
    [
      '{"is_up_to_date": true, "current_timescaledb_version": "\\u001b[31m is not repeated"}',
      { status: 'up-to-date' },
    ],
  ])('is read from %s', (text, latest) => {
    expect(parseText(text)).toStrictEqual(latest);
  });

  test.each(['false', '"false"', '"TRUE"', '" true"', '1', '0', '""', '[true]', '{"true": true}'])(
    'of %s is compared as text, and is not "true"',
    (value) => {
      const text = `{"is_up_to_date": ${value}, "current_timescaledb_version": "2.29.2"}`;
      expect(parseText(text)).toStrictEqual({ status: 'outdated', version: '2.29.2' });
    },
  );
});

describe('current_timescaledb_version', () => {
  const reasonOf = (named: unknown): string => {
    const latest = parseVersion(named);
    if (latest.status !== 'unknown') throw new Error(`it was parsed: ${JSON.stringify(latest)}`);
    return latest.reason;
  };
  const PREFIX = 'server did not return a valid TimescaleDB version: ';

  test.each([[undefined], [null], ['']])('of %j is missing', (named) => {
    expect(reasonOf(named)).toBe(`${PREFIX}no version string in response`);
  });

  test('may have 128 bytes, and 129 are too long', () => {
    const longest = `2.29.2-${'x'.repeat(121)}`;
    expect(parseVersion(longest)).toStrictEqual({ status: 'outdated', version: longest });
    expect(reasonOf(`${longest}x`)).toBe(`${PREFIX}version string is too long`);
  });

  test('is limited by bytes, not by characters', () => {
    expect(reasonOf('ü'.repeat(64))).toBe(`${PREFIX}version string has invalid characters`);
    expect(reasonOf('ü'.repeat(65))).toBe(`${PREFIX}version string is too long`);
  });

  test.each([
    '2.29.2+build',
    '2.29.2@here',
    '2.29.2 ',
    ' 2.29.2',
    '2.29.2\n',
    '2.29.2\r\nforged: line',
    '2.29.2\t',
    '\u001b[31m2.29.2',
    '2.29.2\0',
    '2_29',
    '2.29.2/..',
    '"2.29.2"',
    '٢.٢٩.٢',
    [2, 29, 2],
    { version: '2.29.2' },
    1e21,
  ])('of %j has invalid characters and is not repeated', (named) => {
    expect(reasonOf(named)).toBe(`${PREFIX}version string has invalid characters`);
  });

  test.each([
    ['a.b.c', 'a.b.c'],
    ['10.1.1.1', '10.1.1.1'],
    ['-', '-'],
    [2029, '2029'],
    [true, 'true'],
    [false, 'false'],
  ])('of %j is accepted without a check of its structure, as in the extension', (value, named) => {
    expect(parseVersion(value)).toStrictEqual({ status: 'outdated', version: named });
  });
});

describe('a reply is malformed', () => {
  test.each([
    '',
    ' ',
    'is_up_to_date',
    '{"is_up_to_date": true',
    '{"is_up_to_date": true}}',
    "{'is_up_to_date': true}",
    '{"is_up_to_date": true,}',
    '<html><body>502</body></html>',
    'null',
    'true',
    '"true"',
    '1',
    '[]',
    '[{"is_up_to_date": true}]',
    '{}',
    '{"is_up_to_date": null}',
    '{"is_up_to_date": null, "current_timescaledb_version": "2.29.2"}',
    '{"current_timescaledb_version": "2.29.2"}',
    '{"IS_UP_TO_DATE": true}',
    `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
    `{"is_up_to_date": ${'['.repeat(4_000)}`,
  ])('for %j', (text) => {
    expect(parseText(text)).toStrictEqual(MALFORMED);
  });

  test('but not for the deepest nesting that a reply can have', () => {
    const nested = `${'['.repeat(1_900)}${']'.repeat(1_900)}`;
    expect(parseText(`{"x": ${nested}, "is_up_to_date": true}`)).toStrictEqual({
      status: 'up-to-date',
    });
  });

  test.each([
    '{"__proto__": {"is_up_to_date": true}}',
    '{"constructor": {"prototype": {"is_up_to_date": true}}}',
  ])('for %s, which inherits nothing and pollutes no prototype', (text) => {
    expect(parseText(text)).toStrictEqual(MALFORMED);
    expect(parseText('{}')).toStrictEqual(MALFORMED);
  });

  test.each([
    ['a byte that is not UTF-8', [0xff]],
    ['an incomplete character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('with %s', (_what, bytes) => {
    const head = new TextEncoder().encode('{"is_up_to_date": true, "x": "');
    const end = Buffer.from('"}');
    expect(parseReply({ body: Buffer.concat([head, end]) }).status).toBe('up-to-date');
    const body = Buffer.concat([head, Uint8Array.from(bytes), end]);
    expect(parseReply({ body })).toStrictEqual(MALFORMED);
  });

  test('with a byte order mark, which JSON does not allow', () => {
    expect(parseText('\ufeff{"is_up_to_date": true}')).toStrictEqual(MALFORMED);
  });

  test('in UTF-16', () => {
    const body = Buffer.from('{"is_up_to_date": true}', 'utf16le');
    expect(parseReply({ body })).toStrictEqual(MALFORMED);
  });
});

test.each(['too large', 'too slow', 'connection lost'] as const)(
  'gives the reason of an incomplete reply: %s',
  (unreadable) => {
    expect(parseReply({ unreadable })).toStrictEqual({
      status: 'unknown',
      reason: `telemetry error: incomplete HTTP response (${unreadable})`,
    });
  },
);

test('gives a verdict without control characters for any bytes', () => {
  const aText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('2.30.1', 'true'),
  );
  const anObject = fc
    .record({
      is_up_to_date: fc.jsonValue(),
      current_timescaledb_version: fc.oneof(aText, fc.jsonValue()),
    })
    .map((value) => new TextEncoder().encode(JSON.stringify(value)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), anObject), (bytes) => {
      const body = Uint8Array.from(bytes);
      const verdict = judge(parseReply({ body }), aServer(), 'metrics', KNOWLEDGE);
      expect(JSON.stringify(verdict)).not.toMatch(/\\[nrtbf]|\\u00/);
      expect(verdict.codes.length).toBeGreaterThan(0);
    }),
    { numRuns: 1_000 },
  );
});
