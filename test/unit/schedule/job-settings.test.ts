import { describe, expect, test } from 'vitest';
import { jobSettings } from '../../../lib/schedule/job-settings.ts';
import type { Interval, TelemetryJob } from '../../../lib/timescaledb/facts.ts';
import { aJob } from '../../support/timescaledb/facts.ts';
import { anInterval, HOUR_MS, hours } from './decide-for-job.ts';

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
      'a month exceeds 30 days',
      [anInterval({ days: 30 }), anInterval({ months: 1 })],
      anInterval({ months: 1 }),
    ],
    [
      '31 days exceed a month',
      [anInterval({ days: 31 }), anInterval({ months: 1 })],
      anInterval({ days: 31 }),
    ],
    ['an infinite interval exceeds all others', [null, anInterval({ months: 1_200 })], null],
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

test('uses the settings of the default job without a job or a database', () => {
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
