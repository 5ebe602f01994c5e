import { afterEach, describe, expect, test, vi } from 'vitest';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import { boundariesIn } from '../../../lib/schedule/calendar.ts';
import { decideDue, loadSchedule, nextDueTick, type Tick } from '../../../lib/schedule/due.ts';
import { jobSettings } from '../../../lib/schedule/job-settings.ts';
import type { Interval, TelemetryJob } from '../../../lib/timescaledb/facts.ts';
import { formatInterval, intervalToMs } from '../../../lib/timescaledb/interval.ts';
import { aJob, aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function anInterval(parts: Partial<Interval>): Interval {
  return { months: 0, days: 0, microseconds: 0, ...parts };
}

function hours(count: number): Interval {
  return anInterval({ microseconds: count * HOUR_MS * 1_000 });
}

function tickAt(time: string, every: Tick['hours'] = 24): Tick {
  return { time: Date.parse(time), hours: every };
}

/** Decides for one job of a database that was created in 2024. */
async function dueOf(job: Partial<TelemetryJob>, tick: Tick) {
  return decideDue(await loadSchedule(aServer({ jobs: [aJob(job)] })), tick);
}

/** Returns the numbers of the due ticks. */
async function dueTicks(job: Partial<TelemetryJob>, first: Tick, count: number): Promise<number[]> {
  const due: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const time = first.time + index * first.hours * HOUR_MS;
    if ((await dueOf(job, { ...first, time })).isDue) due.push(index);
  }
  return due;
}

describe('the default job', () => {
  test.each(TICK_HOURS)('is due once a day when the schedule fires every %i h', async (every) => {
    // The extension was installed at 22:35:06.789 UTC.
    const count = (7 * 24) / every;
    const due = await dueTicks(
      { scheduleInterval: hours(24) },
      tickAt('2026-11-22T04:05:00Z', every),
      count,
    );
    expect(due).toHaveLength(7);
    expect(due.map((index, day) => index - (day * 24) / every)).toEqual(Array(7).fill(due[0]));
  });

  test('is due in every tick of 24 h, and has the next due time', async () => {
    expect(
      await dueOf({ scheduleInterval: hours(24) }, tickAt('2026-11-22T04:05:00Z')),
    ).toStrictEqual({
      isDue: true,
      nextDue: new Date('2026-11-22T22:35:06.789Z'),
      every: '24 hours',
      notes: [],
    });
  });

  test('is assumed for a server built without telemetry', async () => {
    const tick = tickAt('2026-11-22T04:05:00Z');
    expect(decideDue(await loadSchedule(aServerBuiltWithout()), tick)).toStrictEqual(
      await dueOf({ scheduleInterval: hours(24) }, tick),
    );
  });
});

describe('a boundary', () => {
  const job = {
    scheduleInterval: anInterval({ days: 7 }),
    initialStart: '2026-11-01T05:06:00+00:00',
  };

  test.each([
    ['before the tick', '2026-11-08T05:06:00.001Z', true],
    ['on the tick', '2026-11-08T05:06:00.000Z', true],
    ['after the tick', '2026-11-08T05:05:59.999Z', false],
    ['on the tick before', '2026-11-09T05:06:00.000Z', false],
    ['right after the tick before', '2026-11-09T05:05:59.999Z', true],
  ])('is compared with the tick: %s', async (_where, time, isDue) => {
    const due = await dueOf(job, tickAt(time));
    expect(due.isDue).toBe(isDue);
    expect(due.every).toBe('7 days');
  });

  test('at the time of the tick is not the next one', async () => {
    const due = await dueOf(job, tickAt('2026-11-08T05:06:00Z'));
    expect(due.nextDue).toEqual(new Date('2026-11-15T05:06:00Z'));
  });

  test('does not exist before the initial start', async () => {
    const before = await dueOf(job, tickAt('2026-10-25T05:06:00Z'));
    expect(before).toMatchObject({ isDue: false, nextDue: new Date('2026-11-01T05:06:00Z') });
    expect(await dueTicks(job, tickAt('2026-10-25T12:00:00Z'), 15)).toEqual([7, 14]);
  });

  test('exists before the installation', async () => {
    const facts = aServer({
      jobs: [aJob({ scheduleInterval: anInterval({ days: 7 }) })],
      installedAt: '2026-11-29T05:06:00.000Z',
    });
    expect(decideDue(await loadSchedule(facts), tickAt('2026-11-08T06:00:00Z'))).toMatchObject({
      isDue: true,
      nextDue: new Date('2026-11-15T05:06:00Z'),
    });
  });

  test.each([null, '', 'yesterday'])(
    'is counted from 1970 when the install time is %j',
    async (installedAt) => {
      const facts = aServer({
        jobs: [aJob({ scheduleInterval: anInterval({ days: 7 }) })],
        installedAt,
      });
      // 1970-01-01 was a Thursday.
      expect(decideDue(await loadSchedule(facts), tickAt('2026-11-26T12:00:00Z'))).toMatchObject({
        isDue: true,
        nextDue: new Date('2026-12-03T00:00:00Z'),
      });
    },
  );
});

describe('a job is never due', () => {
  test('with an infinite interval', async () => {
    expect(await dueOf({ scheduleInterval: null }, tickAt('2026-11-22T04:05:00Z'))).toStrictEqual({
      isDue: false,
      nextDue: null,
      every: 'for ever',
      notes: [],
    });
  });

  // PostgreSQL's last time is in the year 294276, which JavaScript formats with a sign.
  test.each(['infinity', '20000-01-01T00:00:00+00:00', '294276-12-31T23:59:59.999999+00:00'])(
    'with the initial start %s',
    async (initialStart) => {
      for (const scheduleInterval of [hours(24), anInterval({ months: 1 })]) {
        const due = await dueOf({ scheduleInterval, initialStart }, tickAt('2026-11-22T04:05:00Z'));
        expect(due).toMatchObject({ isDue: false, notes: [] });
      }
    },
  );

  test('with an infinite install time', async () => {
    for (const scheduleInterval of [hours(24), anInterval({ months: 1 })]) {
      const facts = aServer({ jobs: [aJob({ scheduleInterval })], installedAt: 'infinity' });
      expect(decideDue(await loadSchedule(facts), tickAt('2026-11-22T04:05:00Z'))).toMatchObject({
        isDue: false,
        nextDue: null,
      });
    }
  });

  test('but not with the initial start -infinity', async () => {
    const tick = tickAt('2026-11-22T04:05:00Z');
    const job = { scheduleInterval: anInterval({ days: 7 }) };
    for (const initialStart of ['-infinity', '0044-03-15T00:00:00+00:00 BC']) {
      expect(await dueOf({ ...job, initialStart }, tick)).toStrictEqual(await dueOf(job, tick));
    }
  });
});

describe('a job is always due', () => {
  test.each([
    ['0 seconds', anInterval({})],
    ['-1 days', anInterval({ days: -1 })],
    ['1 month -31 days', anInterval({ months: 1, days: -31 })],
  ])('with an interval of %s', async (every, scheduleInterval) => {
    const tick = tickAt('2026-11-22T04:05:00Z', 1);
    const due = await dueOf({ scheduleInterval, initialStart: '2026-11-01T00:00:00Z' }, tick);
    expect(due).toStrictEqual({ isDue: true, nextDue: new Date(tick.time), every, notes: [] });
    expect(nextDueTick(due, tick)).toBe(tick.time + HOUR_MS);
  });

  test('with an interval shorter than the tick', async () => {
    const job = {
      scheduleInterval: anInterval({ days: 1, microseconds: -23.5 * HOUR_MS * 1_000 }),
    };
    expect(await dueTicks(job, tickAt('2026-11-22T04:05:00Z', 1), 48)).toHaveLength(48);
  });
});

describe('the settings of two telemetry jobs', () => {
  const other = aJob({
    id: 2,
    scheduleInterval: hours(36),
    maxRuntime: anInterval({ microseconds: 5_000_000 }),
    maxRetries: 3,
    retryPeriod: hours(2),
    initialStart: '2026-11-01T00:00:00Z',
    timezone: 'Europe/Berlin',
  });

  test.each([[[aJob(), other]], [[other, aJob()]]])(
    'are the strictest of both, in any order',
    (jobs) => {
      expect(jobSettings({ jobs })).toStrictEqual({
        scheduleInterval: hours(36),
        initialStart: '2026-11-01T00:00:00Z',
        timezone: 'Europe/Berlin',
        maxRuntimeMs: 5_000,
        maxRetries: 3,
        retryPeriodMs: 2 * HOUR_MS,
      });
    },
  );

  test.each<[string, TelemetryJob['scheduleInterval'][], TelemetryJob['scheduleInterval']]>([
    [
      'a month is longer than 30 days',
      [anInterval({ days: 30 }), anInterval({ months: 1 })],
      anInterval({ months: 1 }),
    ],
    [
      'and shorter than 31',
      [anInterval({ days: 31 }), anInterval({ months: 1 })],
      anInterval({ days: 31 }),
    ],
    ['for ever is the longest', [null, anInterval({ months: 1_200 })], null],
  ])('have the longest interval: %s', (_what, intervals, longest) => {
    const jobs = intervals.map((scheduleInterval, id) => aJob({ id, scheduleInterval }));
    expect(jobSettings({ jobs }).scheduleInterval).toEqual(longest);
    expect(jobSettings({ jobs: jobs.toReversed() }).scheduleInterval).toEqual(longest);
  });

  test('have the first of equal intervals', () => {
    const start = { initialStart: '2026-11-01T00:00:00Z' };
    expect(jobSettings({ jobs: [aJob(), aJob(start)] }).initialStart).toBeNull();
    expect(jobSettings({ jobs: [aJob(start), aJob()] })).toMatchObject(start);
  });

  test.each([
    [[-1], -1],
    [[0], 0],
    [[-1, -1], -1],
    [[-1, 5], 5],
    [[5, 2], 2],
    [[0, -1], 0],
  ])('have for max_retries %j the value %i (-1: no limit)', (all, counts) => {
    const jobs = all.map((maxRetries, id) => aJob({ id, maxRetries }));
    expect(jobSettings({ jobs }).maxRetries).toBe(counts);
  });

  test.each([
    [[100], 100_000],
    [[0], 0],
    [[0, 100], 100_000],
    [[100, 7], 7_000],
    [[0, 0], 0],
    [[null], 0],
    [[null, 7], 7_000],
    [[-5, 7], 7_000],
    [[-5], 0],
  ])('have for max_runtime %j s the value %i ms (0: no limit)', (all, counts) => {
    const jobs = all.map((seconds, id) =>
      aJob({
        id,
        maxRuntime: seconds === null ? null : anInterval({ microseconds: seconds * 1_000_000 }),
      }),
    );
    expect(jobSettings({ jobs }).maxRuntimeMs).toBe(counts);
  });

  test('have the longest retry period, also an infinite one', () => {
    const periods = (...all: (Interval | null)[]) =>
      jobSettings({ jobs: all.map((retryPeriod, id) => aJob({ id, retryPeriod })) }).retryPeriodMs;
    expect(periods(hours(2), hours(1))).toBe(2 * HOUR_MS);
    expect(periods(null, hours(1))).toBe(Number.POSITIVE_INFINITY);
  });
});

test('the settings without a job or a database are those of the default job', () => {
  const settings = {
    scheduleInterval: hours(24),
    initialStart: null,
    timezone: null,
    maxRuntimeMs: 100_000,
    maxRetries: -1,
    retryPeriodMs: HOUR_MS,
  };
  expect(jobSettings()).toStrictEqual(settings);
  expect(jobSettings({ jobs: [] })).toStrictEqual(settings);
});

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

test('the length of an interval is the sum of its parts, with the mean month of four centuries', () => {
  expect(intervalToMs(null)).toBe(Number.POSITIVE_INFINITY);
  expect(intervalToMs(anInterval({ months: 4_800 }))).toBe(
    Date.UTC(2400, 0, 1) - Date.UTC(2000, 0, 1),
  );
  expect(intervalToMs(anInterval({ days: 1, microseconds: -1_000 }))).toBe(DAY_MS - 1);
});

describe('the note about tickHours', () => {
  async function notesOf(interval: Interval, every: Tick['hours']): Promise<readonly string[]> {
    return (await dueOf({ scheduleInterval: interval }, tickAt('2026-11-22T04:05:00Z', every)))
      .notes;
  }

  test.each([
    [hours(24), 24],
    [hours(36), 24],
    [hours(1), 1],
    [anInterval({ days: 1 }), 24],
    [anInterval({ months: 1 }), 24],
  ] as const)('is absent for %j with ticks of %i h', async (interval, every) => {
    expect(await notesOf(interval, every)).toEqual([]);
  });

  test.each([
    [hours(12), 24, '12 hours', '24 hours', 'set tickHours to 12 in this target for more reports'],
    [hours(5), 24, '5 hours', '24 hours', 'set tickHours to 4 in this target for more reports'],
    [hours(23), 24, '23 hours', '24 hours', 'set tickHours to 12 in this target for more reports'],
    [hours(7.5), 8, '450 minutes', '8 hours', 'set tickHours to 6 in this target for more reports'],
    [hours(1), 2, '1 hour', '2 hours', 'set tickHours to 1 in this target for more reports'],
    [hours(0.5), 2, '30 minutes', '2 hours', 'set tickHours to 1 in this target for more reports'],
    [hours(0.5), 1, '30 minutes', '1 hour', 'more than one report an hour is not possible'],
  ] as const)(
    'for %j with ticks of %i h names %s, %s, and the remedy: %s',
    async (interval, every, asked, fires, remedy) => {
      expect(await notesOf(interval, every)).toEqual([
        `The telemetry job is due every ${asked}, and the schedule fires every ${fires} with one report each time; ${remedy}.`,
      ]);
    },
  );
});

describe('a time zone', () => {
  const job = {
    scheduleInterval: anInterval({ days: 7 }),
    initialStart: '2026-10-01T20:00:00+00:00',
  };
  const tick = tickAt('2026-11-22T04:05:00Z');

  test('of JavaScript is found by any of its names, in any case', async () => {
    for (const timezone of ['Europe/Berlin', 'europe/berlin', 'Arctic/Longyearbyen']) {
      const due = await dueOf({ ...job, timezone }, tick);
      // An hour later in UTC, after the end of summer time.
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

  test('has its own days, and none is missed', async () => {
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

  /** Decides with a calendar that cannot be asked, at least not at once. */
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
    ['days, where no zone is given', anInterval({ days: 1 }), null],
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

describe('the next due tick', () => {
  const tick = tickAt('2026-11-22T04:05:00Z', 8);
  test.each([
    ['right after the tick', '2026-11-22T04:05:00.001Z', '2026-11-22T12:05:00Z'],
    ['on the next tick', '2026-11-22T12:05:00Z', '2026-11-22T12:05:00Z'],
    ['after the next tick', '2026-11-22T12:05:00.001Z', '2026-11-22T20:05:00Z'],
    ['a week later', '2026-11-29T04:04:00Z', '2026-11-29T04:05:00Z'],
    ['at once, as for a job without an interval', '2026-11-22T04:05:00Z', '2026-11-22T12:05:00Z'],
  ])('for the next boundary %s', (_where, nextDue, expected) => {
    expect(nextDueTick({ nextDue: new Date(nextDue) }, tick)).toBe(Date.parse(expected));
  });

  test('is null without a next boundary', () => {
    expect(nextDueTick({ nextDue: null }, tick)).toBeNull();
  });
});
