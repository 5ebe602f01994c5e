import { expect, test } from 'vitest';
import type { Interval } from '../../../lib/timescaledb/facts.ts';
import { formatInterval, intervalToMs } from '../../../lib/timescaledb/interval.ts';
import { anInterval, DAY_MS, hours } from './decide-for-job.ts';

test.each<[Interval | null, string]>([
  [null, 'for ever'],
  [anInterval({}), '0 seconds'],
  [hours(1), '1 hour'],
  [hours(24), '24 hours'],
  [hours(1.5), '90 minutes'],
  [anInterval({ microseconds: 60_000_000 }), '1 minute'],
  [anInterval({ microseconds: 1_000_000 }), '1 second'],
  [anInterval({ microseconds: 1_500_000 }), '1.5 seconds'],
  [anInterval({ days: 1 }), '1 day'],
  [anInterval({ days: 7 }), '7 days'],
  [anInterval({ months: 1 }), '1 month'],
  [anInterval({ months: 14, days: 2, microseconds: 3_600_000_000 }), '14 months 2 days 1 hour'],
  [anInterval({ months: 1, days: -1 }), '1 month -1 days'],
  [anInterval({ microseconds: -3_600_000_000 }), '-1 hours'],
])('formats the interval %j as %s', (interval, name) => {
  expect(formatInterval(interval)).toBe(name);
});

test('computes the length of an interval as the sum of its parts, with months of mean length', () => {
  expect(intervalToMs(null)).toBe(Number.POSITIVE_INFINITY);
  expect(intervalToMs(anInterval({ months: 4_800 }))).toBe(
    Date.UTC(2400, 0, 1) - Date.UTC(2000, 0, 1),
  );
  expect(intervalToMs(anInterval({ days: 1, microseconds: -1_000 }))).toBe(DAY_MS - 1);
});
