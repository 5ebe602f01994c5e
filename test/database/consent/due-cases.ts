import type { Interval } from '../../../lib/timescaledb/facts.ts';

const NONE: Interval = { months: 0, days: 0, microseconds: 0 };
const HOUR_US = 3_600_000_000;
const MONTH: Interval = { ...NONE, months: 1 };
const DAY: Interval = { ...NONE, days: 1 };

/** A schedule with an initial start, and its first boundaries in PostgreSQL. */
interface BoundaryCase {
  readonly what: string;
  readonly interval: Interval;
  readonly zone: string | null;
  /** ISO 8601; the first one is the initial start. */
  readonly boundaries: readonly [string, ...string[]];
}

export const BOUNDARY_CASES: readonly BoundaryCase[] = [
  {
    what: 'counts each month after the 31st from the anchor, not from the previous boundary',
    interval: MONTH,
    zone: null,
    boundaries: [
      '2026-01-31T10:00:00.000Z',
      '2026-02-28T10:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
    ],
  },
  {
    what: 'returns to the leap day in every leap year',
    interval: { ...NONE, months: 24 },
    zone: 'UTC',
    boundaries: [
      '2024-02-29T10:00:00.000Z',
      '2026-02-28T10:00:00.000Z',
      '2028-02-29T10:00:00.000Z',
    ],
  },
  {
    what: 'uses the last day of the month in the time zone',
    interval: MONTH,
    zone: 'Asia/Kolkata',
    boundaries: [
      '2026-01-30T20:00:00.000Z',
      '2026-02-27T20:00:00.000Z',
      '2026-03-30T20:00:00.000Z',
    ],
  },
  {
    what: 'adds months first, then days, then the rest',
    interval: { months: 1, days: 1, microseconds: HOUR_US },
    zone: 'UTC',
    boundaries: [
      '2026-01-31T10:00:00.000Z',
      '2026-03-01T11:00:00.000Z',
      '2026-04-02T12:00:00.000Z',
    ],
  },
  {
    what: 'runs at 03:30 in Berlin on the day without 02:30',
    interval: DAY,
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ],
  },
  {
    what: 'runs at the second 02:30 in Berlin on the day with two',
    interval: DAY,
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ],
  },
  {
    what: 'keeps an anchor at the first of two equal local times',
    interval: DAY,
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
      '2026-10-27T01:30:00.000Z',
    ],
  },
  {
    what: 'counts 24 hours as elapsed time when the clocks change',
    interval: { ...NONE, microseconds: 24 * HOUR_US },
    zone: 'Europe/Berlin',
    boundaries: [
      '2026-10-24T00:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T00:30:00.000Z',
    ],
  },
  {
    what: 'follows Lord Howe, which sets its clocks back by half an hour',
    interval: DAY,
    zone: 'Australia/Lord_Howe',
    boundaries: [
      '2026-04-03T14:45:00.000Z',
      '2026-04-04T15:15:00.000Z',
      '2026-04-05T15:15:00.000Z',
    ],
  },
  {
    what: 'runs at 01:00 in São Paulo on the day without midnight',
    interval: DAY,
    zone: 'America/Sao_Paulo',
    boundaries: [
      '2018-11-03T03:00:00.000Z',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ],
  },
  {
    what: 'runs on the next day in place of the day that Apia skipped',
    interval: DAY,
    zone: 'Pacific/Apia',
    boundaries: [
      '2011-12-29T20:00:00.000Z',
      '2011-12-30T20:00:00.000Z',
      '2011-12-31T20:00:00.000Z',
    ],
  },
];
