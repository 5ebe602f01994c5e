import { describe, expect, test } from 'vitest';
import { tickOf } from '../../../cli/run/tick.ts';
import { TICK_HOURS } from '../../../lib/config/target.ts';

const HOUR_MS = 3_600_000;

describe('the tick of a run', () => {
  test.each([
    ['2026-11-29T04:17:03.250Z', 24, '2026-11-29T00:00:00Z'],
    ['2026-11-29T00:00:00.000Z', 24, '2026-11-29T00:00:00Z'],
    ['2026-11-28T23:59:59.999Z', 24, '2026-11-28T00:00:00Z'],
    ['2026-11-29T04:17:03.250Z', 6, '2026-11-29T00:00:00Z'],
    ['2026-11-29T23:59:00.000Z', 8, '2026-11-29T16:00:00Z'],
    ['2026-11-29T04:17:03.250Z', 1, '2026-11-29T04:00:00Z'],
  ] as const)('at %s with tickHours %i is %s', (now, tickHours, tick) => {
    expect(tickOf(Date.parse(now), { tickHours })).toBe(tick);
  });

  test.each(TICK_HOURS)('is the same for all times of one interval of %i hours', (tickHours) => {
    const start = Date.parse('2026-11-29T00:00:00Z');
    const times = [0, 1, 1_000, tickHours * HOUR_MS - 1];
    const ticks = times.map((ms) => tickOf(start + ms, { tickHours }));
    expect(new Set(ticks)).toEqual(new Set(['2026-11-29T00:00:00Z']));
    const next = tickOf(start + tickHours * HOUR_MS, { tickHours });
    expect(Date.parse(next)).toBe(start + tickHours * HOUR_MS);
  });
});
