import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPrintableLine } from '../../../cli/output/terminal/printable.ts';
import { cutText, escapeUnprintable, quotable } from '../../../lib/config/printable.ts';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const anyText = fc.string({ unit: 'binary' });

test.each([
  ['an escape sequence', 'a\u001b[31mb', 'a\\u001b[31mb'],
  ['a C1 control sequence', 'a\u009b31mb', 'a\\u009b31mb'],
  ['DEL', 'a\u007fb', 'a\\u007fb'],
  ['a bidi override', 'a\u202eb', 'a\\u202eb'],
  ['a bidi isolate', 'a\u2066b', 'a\\u2066b'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['a zero-width space', 'a\u200bb', 'a\\u200bb'],
  ['an invisible tag, which is two units', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
  ['half of a surrogate pair', 'a\ud800b', 'a\\ud800b'],
])('escapes %s', (_what, text, escaped) => {
  expect(escapeUnprintable(text)).toBe(escaped);
});

test('does not change letters of any script and emoji', () => {
  for (const text of ['größe', 'таблица', 'テーブル', 'جدول', '👍', '']) {
    expect(escapeUnprintable(text)).toBe(text);
  }
});

test('does not change the value of JSON', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      const escaped = escapeUnprintable(JSON.stringify(JSON.parse(json)));
      expect(escaped).not.toMatch(UNPRINTABLE);
      expect(JSON.parse(escaped)).toStrictEqual(JSON.parse(json));
    }),
  );
});

test('converts any text to one line without control characters', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(toPrintableLine(text)).not.toMatch(UNPRINTABLE);
    }),
  );
  expect(toPrintableLine('one\r\n\ttwo')).toBe('one two');
});

test('truncates a text to its length, and never within a surrogate pair', () => {
  expect(cutText('four', 4)).toBe('four');
  expect(cutText('fiver', 4)).toBe('fiv…');
  expect(cutText('aa👍👍', 4)).toBe('aa…');
  fc.assert(
    fc.property(anyText, fc.nat(20), (text, length) => {
      expect(cutText(text, length + 1).length).toBeLessThanOrEqual(length + 1);
    }),
  );
});

test('quotes a text up to its length, without control characters', () => {
  fc.assert(
    fc.property(anyText, fc.nat(20), (text, length) => {
      const quoted = quotable(text, length + 1);
      expect(quoted.length).toBeLessThanOrEqual(length + 1);
      expect(quoted).not.toMatch(UNPRINTABLE);
    }),
  );
  expect(quotable('\u0000'.repeat(1_000_000), 40)).toHaveLength(40);
});
