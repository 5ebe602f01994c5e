import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryPrefix, retrySchedule } from '../../../lib/schedule/plan-retry.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';

describe('the one-time schedule', () => {
  const SETTINGS = {
    scheduleGroup: 'telemetry',
    roleArn: 'arn:aws:iam::000000000000:role/scheduler',
  };
  const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:send-report';

  function scheduleOf(
    { name = 'orders', environment = 'prod' }: { name?: string; environment?: string } = {},
    scheduledTime = '2026-11-22T04:05:00Z',
    attempt = 3,
  ) {
    const target = aTarget({ name, environment });
    const retry = { attempt, at: '2026-11-22T10:05:00Z' };
    return retrySchedule(retry, scheduledTime, target, SETTINGS, FUNCTION_ARN);
  }

  test('has all parameters of the service', () => {
    const name = `${retryPrefix({ name: 'orders', environment: 'prod' })}-20261122T040500000Z-3`;
    expect(scheduleOf()).toStrictEqual({
      name,
      at: '2026-11-22T10:05:00Z',
      group: 'telemetry',
      functionArn: FUNCTION_ARN,
      roleArn: SETTINGS.roleArn,
      input: '{"scheduledTime":"2026-11-22T04:05:00Z","attempt":3}',
    });
  });

  test('has a dead-letter queue when one is configured', () => {
    const deadLetterQueueArn = 'arn:aws:sqs:us-east-1:000000000000:dead';
    const schedule = retrySchedule(
      { attempt: 1, at: '2026-11-22T05:05:00Z' },
      '2026-11-22T04:05:00Z',
      aTarget(),
      { ...SETTINGS, deadLetterQueueArn },
      FUNCTION_ARN,
    );
    expect(schedule.deadLetterQueueArn).toBe(deadLetterQueueArn);
  });

  test('has one name for one tick, for every notation of its time', () => {
    const { name } = scheduleOf();
    expect(scheduleOf({}, '2026-11-22T04:05:00.000Z').name).toBe(name);
    expect(scheduleOf({}, '2026-11-22T05:05:00+01:00').name).toBe(name);
    expect(scheduleOf({}, '2026-11-22T04:05:00.001Z').name).not.toBe(name);
    expect(scheduleOf({}, '2026-11-22T04:05:00Z', 4).name).not.toBe(name);
  });

  test('has another name for another target', () => {
    const pairs = [
      ['a', 'b-c'],
      ['a-b', 'c'],
      ['a', 'b.c'],
      ['ab', 'c'],
      ['a', 'bc'],
      ['c', 'ab'],
      ['A', 'bc'],
    ] as const;
    const names = pairs.map(([environment, name]) => scheduleOf({ environment, name }).name);
    expect(new Set(names).size).toBe(pairs.length);
    // Names that are invalid for targets, and have different schedules nevertheless.
    const prefix = (environment: string, name: string) => retryPrefix({ environment, name });
    expect(prefix('a', 'b c')).not.toBe(prefix('a b', 'c'));
    expect(prefix('a', 'bc')).not.toBe(prefix('ab', 'c'));
  });

  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);

  test('has a name that is also a valid token, with a prefix of fixed length', () => {
    fc.assert(
      fc.property(
        name,
        name,
        fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        fc.oneof(fc.nat(100), fc.maxSafeNat()),
        (environment, name, tick, attempt) => {
          const schedule = scheduleOf({ environment, name }, tick.toISOString(), attempt);
          // The name allows [0-9a-zA-Z-_.], the token [a-zA-Z0-9-_]; both 64 of them.
          expect(schedule.name).toMatch(/^[0-9A-Za-z_-]{1,64}$/);
          const [prefix, time, number, ...more] = schedule.name.split('-');
          expect(prefix).toBe(retryPrefix({ environment, name }));
          expect(prefix).toMatch(/^[0-9a-f]{24}$/);
          expect(time).toBe(tick.toISOString().replaceAll(/[^0-9TZ]/g, ''));
          expect(number).toBe(String(attempt));
          expect(more).toEqual([]);
        },
      ),
    );
  });
});
