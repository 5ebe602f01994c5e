import { describe, expect, test } from 'vitest';
import { parseEvent } from '../../../lib/config/send-report-config.ts';
import { errorOf } from './parse-settings.ts';

describe('the event', () => {
  test.each([undefined, null, {}])('%j means now', (event) => {
    expect(parseEvent(event)).toStrictEqual({});
  });

  test.each([
    { scheduledTime: '2026-11-22T04:05:00Z' },
    { scheduledTime: '2026-11-22T05:05:00.123+01:00', attempt: 0 },
    { scheduledTime: '2026-11-22T04:05:00Z', attempt: 3 },
    { ignoreSchedule: true },
    { ignoreSchedule: false },
  ])('%j is valid', (event) => {
    expect(parseEvent(event)).toStrictEqual(event);
  });

  const TIME = 'event scheduledTime: must be an ISO 8601 time such as 2026-11-22T04:05:00Z';
  test.each([
    ['{}', 'event: must be an object, not a string'],
    [[], 'event: must be an object, not an array'],
    [0, 'event: must be an object, not a number'],
    [{ scheduledTime: '<aws.scheduler.scheduled-time>' }, TIME],
    [{ scheduledTime: '2026-11-22' }, TIME],
    [{ scheduledTime: '2026-11-22T04:05:00' }, TIME],
    [{ scheduledTime: '2026-02-30T04:05:00Z' }, TIME],
    [{ scheduledTime: 1_795_320_300 }, TIME],
    [{ attempt: -1 }, 'event attempt: must be at least 0'],
    [{ attempt: 0.5 }, 'event attempt: must be a whole number'],
    [{ attempt: '1' }, 'event attempt: must be a number'],
    [{ ignoreSchedule: 'yes' }, 'event ignoreSchedule: must be true or false'],
    [{ ignoreConsent: true }, 'event: unknown key "ignoreConsent"'],
  ])('%j is invalid', (event, problem) => {
    const error = errorOf(() => parseEvent(event));
    expect(error).toMatchObject({ code: 'EVENT_INVALID', retryable: false });
    expect(error.message).toContain(`The event is invalid: ${problem}`);
    expect(error.remedy).toContain('Nothing was read or sent.');
  });

  test('has one error with all its problems', () => {
    const event = { scheduledTime: 'tomorrow', attempt: -1, ignoreSchedule: 1, more: true };
    const { message } = errorOf(() => parseEvent(event));
    for (const key of ['scheduledTime:', 'attempt:', 'ignoreSchedule:', '"more"']) {
      expect(message).toContain(key);
    }
  });
});
