import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeColumn, encodeColumn, firstValue } from '../../../lib/fleet/fold/columns.ts';

const VALUES = fc.array(
  fc.oneof(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })),
);

describe('an encoded column', () => {
  test('has the same values after decoding', () => {
    fc.assert(
      fc.property(VALUES, (values) => {
        expect(decodeColumn(encodeColumn(values))).toEqual(values);
        expect(firstValue(encodeColumn(values))).toBe(values[0]);
      }),
    );
  });

  test('is short where values are equal or grow steadily', () => {
    expect(encodeColumn([20_785, 20_786, 20_787, 20_787, 20_787])).toBe('g1d,1*2,0*2');
    expect(encodeColumn(Array(400).fill(0))).toBe('0*400');
    expect(encodeColumn([])).toBe('');
  });

  test('gives at most ten thousand numbers for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(decodeColumn(text).every((value) => Number.isFinite(value))).toBe(true);
      }),
    );
    for (const text of ['1*999999999999', '1*Infinity', '1,'.repeat(20_000)]) {
      expect(decodeColumn(text)).toHaveLength(10_000);
    }
  });
});
