import { describe, expect, test } from 'vitest';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import { decideDue, loadSchedule, nextDueTick, type Tick } from '../../../lib/schedule/due.ts';
import type { Interval } from '../../../lib/timescaledb/facts.ts';
import { aJob, aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { anInterval, dueOf, dueTicks, HOUR_MS, hours, tickAt } from './decide-for-job.ts';

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
    ['on the previous tick', '2026-11-09T05:06:00.000Z', false],
    ['immediately after the previous tick', '2026-11-09T05:05:59.999Z', true],
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

describe('the next due tick', () => {
  const tick = tickAt('2026-11-22T04:05:00Z', 8);
  test.each([
    ['immediately after the tick', '2026-11-22T04:05:00.001Z', '2026-11-22T12:05:00Z'],
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
