import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { understand } from '../../../lib/delivery/parse-reply.ts';
import { judge } from '../../../lib/version-check/judge-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';

const MALFORMED = { says: 'nothing', why: 'malformed telemetry response body' };

function understandText(text: string) {
  return understand({ body: new TextEncoder().encode(text) });
}

function understandVersion(named: unknown) {
  return understandText(
    JSON.stringify({ current_timescaledb_version: named, is_up_to_date: false }),
  );
}

describe('is_up_to_date', () => {
  test.each([
    ['{"is_up_to_date": true}', { says: 'up-to-date' }],
    ['{"is_up_to_date": "true"}', { says: 'up-to-date' }],
    [' {"is_up_to_date": true, "others": {"are": "ignored"}}\r\n', { says: 'up-to-date' }],
    ['{"is_up_to_date": false, "is_up_to_date": true}', { says: 'up-to-date' }],
    [
      '{"is_up_to_date": true, "current_timescaledb_version": "2.30.1"}',
      { says: 'up-to-date', named: '2.30.1' },
    ],
    [
      '{"is_up_to_date": true, "current_timescaledb_version": "\\u001b[31m is not repeated"}',
      { says: 'up-to-date' },
    ],
  ])('of %s is the server’s word', (text, newest) => {
    expect(understandText(text)).toStrictEqual(newest);
  });

  test.each(['false', '"false"', '"TRUE"', '" true"', '1', '0', '""', '[true]', '{"true": true}'])(
    'of %s is not true: it is text, and only "true" is true',
    (value) => {
      const text = `{"is_up_to_date": ${value}, "current_timescaledb_version": "2.29.2"}`;
      expect(understandText(text)).toStrictEqual({ says: 'outdated', named: '2.29.2' });
    },
  );
});

describe('the version', () => {
  const reasonOf = (named: unknown): string => {
    const newest = understandVersion(named);
    if (newest.says !== 'nothing') throw new Error(`it was understood: ${JSON.stringify(newest)}`);
    return newest.why;
  };
  const PREFIX = 'server did not return a valid TimescaleDB version: ';

  test.each([[undefined], [null], ['']])('%j: no version string in response', (named) => {
    expect(reasonOf(named)).toBe(`${PREFIX}no version string in response`);
  });

  test('of 128 bytes is one, of 129 is too long', () => {
    const longest = `2.29.2-${'x'.repeat(121)}`;
    expect(understandVersion(longest)).toStrictEqual({ says: 'outdated', named: longest });
    expect(reasonOf(`${longest}x`)).toBe(`${PREFIX}version string is too long`);
  });

  test('is too long by bytes, not by characters', () => {
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
  ])('%j has invalid characters and is not repeated', (named) => {
    expect(reasonOf(named)).toBe(`${PREFIX}version string has invalid characters`);
  });

  test.each([
    ['a.b.c', 'a.b.c'],
    ['10.1.1.1', '10.1.1.1'],
    ['-', '-'],
    [2029, '2029'],
    [true, 'true'],
    [false, 'false'],
  ])('%j has no structure to be checked, as in the extension', (value, named) => {
    expect(understandVersion(value)).toStrictEqual({ says: 'outdated', named });
  });
});

describe('malformed', () => {
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
  ])('is %j', (text) => {
    expect(understandText(text)).toStrictEqual(MALFORMED);
  });

  test('is not what is nested as deep as a reply can be, beside what is understood', () => {
    const nested = `${'['.repeat(1_900)}${']'.repeat(1_900)}`;
    expect(understandText(`{"x": ${nested}, "is_up_to_date": true}`)).toStrictEqual({
      says: 'up-to-date',
    });
  });

  test.each([
    '{"__proto__": {"is_up_to_date": true}}',
    '{"constructor": {"prototype": {"is_up_to_date": true}}}',
  ])('is %s, which inherits nothing, and pollutes nothing', (text) => {
    expect(understandText(text)).toStrictEqual(MALFORMED);
    expect(understandText('{}')).toStrictEqual(MALFORMED);
  });

  test.each([
    ['a byte that is not UTF-8', [0xff]],
    ['half a character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('is what has %s', (_what, bytes) => {
    const head = new TextEncoder().encode('{"is_up_to_date": true, "x": "');
    const end = Buffer.from('"}');
    expect(understand({ body: Buffer.concat([head, end]) }).says).toBe('up-to-date');
    const body = Buffer.concat([head, Uint8Array.from(bytes), end]);
    expect(understand({ body })).toStrictEqual(MALFORMED);
  });

  test('is what begins with a byte order mark, which JSON does not have', () => {
    expect(understandText('\ufeff{"is_up_to_date": true}')).toStrictEqual(MALFORMED);
  });

  test('is UTF-16', () => {
    const body = Buffer.from('{"is_up_to_date": true}', 'utf16le');
    expect(understand({ body })).toStrictEqual(MALFORMED);
  });
});

test.each(['too large', 'too slow', 'broken off'] as const)(
  'one that was %s says so',
  (unreadable) => {
    expect(understand({ unreadable })).toStrictEqual({
      says: 'nothing',
      why: `telemetry error: incomplete HTTP response (${unreadable})`,
    });
  },
);

test('whatever bytes come back, there is a verdict without a control character', () => {
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
      const verdict = judge(understand({ body }), aServer(), 'metrics');
      expect(JSON.stringify(verdict)).not.toMatch(/\\[nrtbf]|\\u00/);
      expect(verdict.codes.length).toBeGreaterThan(0);
    }),
    { numRuns: 1_000 },
  );
});
