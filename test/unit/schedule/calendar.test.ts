import { afterEach, describe, expect, test, vi } from 'vitest';
import { boundariesIn } from '../../../lib/schedule/calendar.ts';
import type { TelemetryJob } from '../../../lib/timescaledb/facts.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';
import { anInterval, DAY_MS, dueOf, dueTicks, hours, tickAt } from './decide-for-job.ts';

describe('a time zone', () => {
  const job = {
    scheduleInterval: anInterval({ days: 7 }),
    initialStart: '2026-10-01T20:00:00+00:00',
  };
  const tick = tickAt('2026-11-22T04:05:00Z');

  test('of JavaScript is found by any of its names, in any case', async () => {
    for (const timezone of ['Europe/Berlin', 'europe/berlin', 'Arctic/Longyearbyen']) {
      const due = await dueOf({ ...job, timezone }, tick);
      // One hour later in UTC, because summer time has ended.
      expect(due).toMatchObject({ nextDue: new Date('2026-11-26T21:00:00Z'), notes: [] });
    }
  });

  test.each(['UTC', 'Etc/UTC', 'GMT', 'EST', 'HST', 'America/New_York', 'PST8PDT', 'GB'])(
    '%s is supported',
    async (timezone) => {
      expect((await dueOf({ ...job, timezone }, tick)).notes).toEqual([]);
    },
  );

  // These names mean another offset in PostgreSQL than in JavaScript, or are unknown to JavaScript.
  test.each(['Mars/Olympus', '', '<+03>-3', 'UTC+3', '+05:30', '-03', 'CET', 'cet', 'IST', 'PST'])(
    '%j is not supported: days are those of UTC, with a note',
    async (timezone) => {
      expect(await dueOf({ ...job, timezone }, tick)).toStrictEqual({
        isDue: false,
        nextDue: new Date('2026-11-26T20:00:00Z'),
        every: '7 days',
        notes: [
          'The time zone of the telemetry job is unknown, so its days and months are those of UTC.',
        ],
      });
    },
  );

  test('is found by its whole name', async () => {
    const { notes } = await dueOf({ ...job, timezone: 'America/Port-au-Prince' }, tick);
    expect(notes).toEqual([]);
    expect((await dueOf({ ...job, timezone: 'Mars/UTC' }, tick)).notes).toHaveLength(1);
  });

  test('has its own days, and no boundary is missed', async () => {
    const due = await dueOf(
      { ...job, scheduleInterval: anInterval({ days: 1 }), timezone: 'Europe/Berlin' },
      tick,
    );
    expect(due).toMatchObject({ isDue: true, nextDue: new Date('2026-11-22T21:00:00Z') });
  });

  test('has no effect on hours', async () => {
    const due = await dueOf(
      { ...job, scheduleInterval: hours(168), timezone: 'Mars/Olympus' },
      tick,
    );
    expect(due).toMatchObject({ nextDue: new Date('2026-11-26T20:00:00Z'), notes: [] });
  });
});

describe('the calendar', () => {
  afterEach(() => {
    vi.doUnmock('../../../lib/schedule/calendar.ts');
    vi.resetModules();
  });

  /** Decides with a calendar whose loading fails. */
  async function withoutCalendar(job: Partial<TelemetryJob>) {
    vi.resetModules();
    let isAsked = false;
    vi.doMock('../../../lib/schedule/calendar.ts', () => ({
      boundariesIn() {
        if (isAsked) return () => 0;
        isAsked = true;
        throw new TypeError('The calendar was asked.');
      },
    }));
    const schedule = await import('../../../lib/schedule/due.ts');
    return schedule.decideDue(
      await schedule.loadSchedule(aServer({ jobs: [aJob(job)] })),
      tickAt('2026-11-22T04:05:00Z'),
    );
  }

  test.each([
    ['months', anInterval({ months: 1 }), null],
    ['days of a time zone', anInterval({ days: 1 }), 'Europe/Berlin'],
    [
      'parts of different signs',
      anInterval({ days: 1, microseconds: -82_800_000_000 }),
      'Europe/Berlin',
    ],
  ])('is loaded for %s, and its errors are thrown', async (_what, scheduleInterval, timezone) => {
    const decided = withoutCalendar({ scheduleInterval, timezone });
    await expect(decided).rejects.toThrow('The calendar was asked.');
  });

  test.each([
    ['hours', hours(24), 'Europe/Berlin'],
    ['days of UTC', anInterval({ days: 1 }), 'UTC'],
    ['days of UTC by another name', anInterval({ days: 1 }), 'etc/utc'],
    ['days, without a time zone', anInterval({ days: 1 }), null],
    [
      'less than an hour in all',
      anInterval({ days: 1, microseconds: -82_800_000_001 }),
      'Europe/Berlin',
    ],
  ])('is not loaded for %s', async (_what, scheduleInterval, timezone) => {
    expect(await withoutCalendar({ scheduleInterval, timezone })).toMatchObject({ isDue: true });
  });

  test('has a month of 31 days after a month of 28', async () => {
    const job = {
      scheduleInterval: anInterval({ months: 1 }),
      initialStart: '2026-01-31T00:00:00Z',
    };
    expect(await dueOf(job, tickAt('2026-02-28T00:00:00Z'))).toMatchObject({
      isDue: true,
      nextDue: new Date('2026-03-31T00:00:00Z'),
    });
  });

  test('has no boundary beyond its range', async () => {
    const scheduleInterval = anInterval({ months: 4_000_000 });
    expect(await dueOf({ scheduleInterval }, tickAt('2026-01-01T00:00:00Z'))).toMatchObject({
      isDue: false,
      nextDue: null,
    });
  });

  test('misses no boundary for months and days of different signs', async () => {
    const scheduleInterval = anInterval({ months: 1, days: -30 });
    const initialStart = '2024-01-31T00:00:00Z';
    const at = boundariesIn('UTC', Date.parse(initialStart), scheduleInterval);
    const all = Array.from({ length: 4_000 }, (_, n) => at(n));
    const first = tickAt('2026-01-01T00:00:00Z');
    const expected = Array.from({ length: 400 }, (_, index) => index).filter((index) => {
      const time = first.time + index * DAY_MS;
      return all.some((ms) => time - DAY_MS < ms && ms <= time);
    });
    expect(await dueTicks({ scheduleInterval, initialStart }, first, 400)).toEqual(expected);
  });
});
