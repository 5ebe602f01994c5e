/** Limit of the values of one column, for a text that is damaged. */
const MAX_VALUES = 10_000;

const RADIX = 36;

/**
 * Encodes a column of integers as the differences between its values, in base 36: `kb1,1*3` for 26317, 26318, 26319, 26320.
 * Columns of a history grow steadily or stay equal, so four hundred values have some bytes to two kilobytes.
 *
 * @param values safe integers that are not below -1
 */
export function encodeColumn(values: readonly number[]): string {
  const tokens: string[] = [];
  let before = 0;
  let difference = 0;
  let count = 0;
  const flush = (): void => {
    if (count > 0) tokens.push(`${difference.toString(RADIX)}${count > 1 ? `*${count}` : ''}`);
  };
  for (const value of values) {
    if (count > 0 && value - before === difference) {
      count += 1;
    } else {
      flush();
      difference = value - before;
      count = 1;
    }
    before = value;
  }
  flush();
  return tokens.join(',');
}

/** Decodes a column. A damaged text gives any values, and not more than ten thousand. */
export function decodeColumn(text: string): number[] {
  const values: number[] = [];
  let value = 0;
  if (text === '') return values;
  for (const token of text.split(',', MAX_VALUES)) {
    const [difference = '', count = '1'] = token.split('*');
    const parsed = Number.parseInt(difference, RADIX);
    const step = Number.isSafeInteger(parsed) ? parsed : 0;
    const end = Math.min(values.length + (Number(count) || 0), MAX_VALUES);
    while (values.length < end) {
      value += step;
      values.push(value);
    }
  }
  return values;
}

/** Returns the first value of a column; undefined for an empty one. */
export function firstValue(text: string): number | undefined {
  return text === '' ? undefined : Number.parseInt(text, RADIX);
}
