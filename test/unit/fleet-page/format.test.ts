import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDate,
  formatTime,
  relativeTime,
  shorten,
  visible,
} from '../../../lib/fleet-page/format.ts';

describe('visible', () => {
  test.each([
    ['orders', 'orders'],
    ['数据库 🐘 é', '数据库 🐘 é'],
    ['a\u202eb', 'a‹U+202E›b'],
    ['\u0000\n\t\u007f', '‹U+0000›‹U+000A›‹U+0009›‹U+007F›'],
    ['a\u200b\ufeff\u2028b', 'a‹U+200B›‹U+FEFF›‹U+2028›b'],
    ['\ud83d', '‹U+D83D›'],
    ['\u3164\ufe0f\u{e0041}', '‹U+3164›‹U+FE0F›‹U+E0041›'],
  ])('shows %j as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});

describe('sizes', () => {
  test.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [3_456, '3.46 kB'],
    [1.5e12, '1.5 TB'],
    [2e21, '2000 EB'],
  ])('formats %d bytes as %j', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('times', () => {
  const now = '2026-11-28T06:00:00.000Z';

  test.each([
    ['2026-11-28T06:00:00.000Z', 'now'],
    ['2026-11-28T05:59:00.000Z', '1 minute ago'],
    ['2026-11-28T04:31:00.000Z', '89 minutes ago'],
    ['2026-11-28T04:00:00.000Z', '2 hours ago'],
    ['2026-11-26T06:00:00.000Z', '2 days ago'],
    ['2026-11-30T06:00:00.000Z', 'in 2 days'],
    ['infinity', ''],
  ])('%j is %j', (time, text) => {
    expect(relativeTime(time, now)).toBe(text);
  });

  test('are formatted in UTC, and a text that is no time as it is', () => {
    expect(formatTime('2026-11-28T23:59:00+01:00')).toBe('28 Nov 2026, 22:59 UTC');
    expect(formatTime('\u202enever')).toBe('‹U+202E›never');
    expect(formatDate('2026-11-28')).toBe('28 Nov 2026');
    expect(formatDate('infinity')).toBe('infinity');
  });
});

test('counts have thousands separators and a plural', () => {
  expect(formatCount(1, 'run')).toBe('1 run');
  expect(formatCount(12_345, 'run')).toBe('12,345 runs');
});

test('a shortened text does not end in half of a character', () => {
  expect(shorten('abc', 3)).toBe('abc');
  expect(shorten('abcd', 3)).toBe('ab…');
  expect(shorten('a🐘bc', 3)).toBe('a\ufffd…');
});
