import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const FILE = join(import.meta.dirname, '../../../lib/fleet-page/browser/colours.css');
const [LIGHT = '', DARK = ''] = readFileSync(FILE, 'utf8').split('@media');

function coloursIn(css: string): ReadonlyMap<string, string> {
  const found = css.matchAll(/--([a-z0-9-]+): #([0-9a-f]{6})/g);
  return new Map([...found].map(([, name = '', colour = '']) => [name, colour]));
}

/** Relative luminance of WCAG 2.2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const TEXTS = ['text', 'soft', 'link', 'error', 'warning', 'notice', 'ok'] as const;
const PAIRS = [
  ...TEXTS.flatMap(
    (text) =>
      [
        [text, 'page'],
        [text, 'panel'],
      ] as const,
  ),
  ...(['error', 'warning', 'notice', 'ok'] as const).map((one) => [one, `${one}-tint`] as const),
  ['text', 'added'],
  ['text', 'removed'],
  ['soft', 'added'],
  ['soft', 'removed'],
] as const;

test('both schemes have the same colours', () => {
  expect([...coloursIn(DARK).keys()]).toStrictEqual([...coloursIn(LIGHT).keys()]);
  expect(coloursIn(LIGHT).size).toBeGreaterThan(20);
});

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('in the %s scheme', (_, css) => {
  const colours = coloursIn(css);

  test.each(PAIRS)('%s can be read on %s', (text, ground) => {
    expect(contrast(colours.get(text) ?? '', colours.get(ground) ?? '')).toBeGreaterThanOrEqual(
      4.5,
    );
  });
});
