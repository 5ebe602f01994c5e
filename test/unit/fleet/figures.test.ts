import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compressionRatio, readFigures } from '../../../lib/fleet/fold/figures.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples');

function example(release: string) {
  return readFigures(readFileSync(join(EXAMPLES, `${release}.json`), 'utf8'));
}

describe('the figures of a report', () => {
  test('are numbers and the totals of all kinds of relations since 2.6.0', () => {
    expect(example('2.29.2')).toEqual({
      postgresql: '17.11',
      timescaledb: '2.29.2',
      dataVolume: 8_763_071,
      hypertables: 3,
      chunks: 4,
      compressedChunks: 2,
      uncompressedBytes: 104 + 25 + 9,
      compressedBytes: 1_007 + 208 + 39,
    });
  });

  test('are digits in strings before 2.6.0', () => {
    expect(example('1.7.5')).toEqual({
      postgresql: '12.22',
      timescaledb: '1.7.5',
      dataVolume: 8_738_495,
      hypertables: 2,
      chunks: null,
      compressedChunks: null,
      uncompressedBytes: 104 + 9 + 25,
      compressedBytes: 1_007 + 39 + 208,
    });
  });

  test.each(globSync('*.json', { cwd: EXAMPLES }))('of the example %s are known', (file) => {
    const figures = example(file.replace('.json', ''));
    expect(figures?.dataVolume).toBeGreaterThan(0);
    expect(figures?.hypertables).toBeGreaterThan(0);
    expect(figures?.timescaledb).toBe(file.replace('.json', ''));
  });

  test.each(['', 'null', '7', '"text"', '{'])('are unknown for the text %j', (text) => {
    expect(readFigures(text)).toBeUndefined();
  });

  test.each([
    '{"data_volume":-1,"relations":{"hypertables":[]}}',
    '{"data_volume":"1e9","relations":null}',
    '{"data_volume":{},"relations":{"hypertables":{"num_children":"x","compression":7}}}',
    '{"__proto__":{"data_volume":7},"relations":{}}',
    `{"postgresql_version":"${'1'.repeat(1_000)}","relations":{}}`,
  ])('are null where the report has another type: %j', (text) => {
    expect(Object.values(readFigures(text) ?? { none: 0 })).toEqual(Array(8).fill(null));
  });
});

describe('the compression', () => {
  test('is the ratio of the sizes', () => {
    expect(compressionRatio({ uncompressedBytes: 250, compressedBytes: 20 })).toBe(12.5);
  });

  test.each([
    { uncompressedBytes: 250, compressedBytes: 0 },
    { uncompressedBytes: null, compressedBytes: 20 },
    { uncompressedBytes: 250, compressedBytes: null },
  ])('of %j is unknown', (sizes) => {
    expect(compressionRatio(sizes)).toBeNull();
  });
});
