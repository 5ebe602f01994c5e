import { describe, expect, test } from 'vitest';
import { parseChange } from '../../../lib/configure/event.ts';
import { RunError } from '../../../lib/errors.ts';

function errorOf(event: unknown): RunError {
  try {
    parseChange(event);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

describe('the change of an event', () => {
  test.each([
    [
      { action: 'disable', scope: 'database' },
      { scope: { kind: 'database' }, level: 'off', job: undefined, dryRun: false },
    ],
    [
      { action: 'enable', scope: 'instance', dryRun: true },
      { scope: { kind: 'instance' }, level: 'basic', job: undefined, dryRun: true },
    ],
    [
      { action: 'enable', scope: 'database', level: 'no_functions', job: 'add' },
      { level: 'no_functions', job: 'add' },
    ],
    [
      { action: 'disable', scope: { role: 'app' } },
      { scope: { kind: 'role', role: 'app' }, level: 'off', job: 'keep' },
    ],
    [
      { action: 'enable', scope: { role: 'app', inDatabase: 'metrics' } },
      { scope: { kind: 'role', role: 'app', inDatabase: 'metrics' }, level: 'reset', job: 'keep' },
    ],
    [
      { action: 'enable', scope: { role: 'app' }, level: 'no_functions' },
      { level: 'no_functions', job: 'keep' },
    ],
  ])('%j', (event, expected) => {
    expect(parseChange(event)).toMatchObject(expected);
  });

  test.each(['12 hours', '1 day', '7d', '24h', '1 month 2 days', '90 minutes', '0 days 1 h'])(
    'accepts the interval %s',
    (scheduleInterval) => {
      const { scheduleInterval: taken } = parseChange({
        action: 'enable',
        scope: 'database',
        scheduleInterval,
      });
      expect(taken).toBe(scheduleInterval);
    },
  );
});

describe('rejects and names a contradiction', () => {
  test.each([
    [
      { action: 'disable', scope: 'database', level: 'basic' },
      'level: is basic, but disable sets off',
    ],
    [{ action: 'enable', scope: 'database', level: 'off' }, 'level: is off, but enable'],
    [
      { action: 'disable', scope: 'database', job: 'add' },
      'job: is add, which contradicts disable',
    ],
    [
      { action: 'enable', scope: 'database', job: 'pause' },
      'job: is pause, which contradicts enable',
    ],
    [
      { action: 'enable', scope: 'instance', job: 'remove' },
      'job: is remove, which contradicts enable',
    ],
    [{ action: 'disable', scope: { role: 'a' }, job: 'pause' }, 'the job belongs to the database'],
    [
      { action: 'enable', scope: 'database', scheduleInterval: '1 mon 2 months' },
      'scheduleInterval: must not have a unit twice',
    ],
    [
      { action: 'disable', scope: 'database', scheduleInterval: '1 day' },
      'scheduleInterval: needs the action "enable"',
    ],
    [
      { action: 'enable', scope: { role: 'a' }, scheduleInterval: '1 day' },
      'scheduleInterval: needs the action "enable"',
    ],
    [
      { action: 'enable', scope: 'database', job: 'keep', scheduleInterval: '1 day' },
      'scheduleInterval: needs the action "enable"',
    ],
    [{ action: 'disable', scope: {} }, 'scope: must be "instance", "database", or { "role"'],
    [{ action: 'disable', scope: { inDatabase: 'x' } }, 'scope: must be'],
    [{ action: 'disable', scope: { role: '' } }, 'scope.role: must not be empty'],
    [{ action: 'disable', scope: { role: 'a\0b' } }, 'scope.role: must not contain a null'],
    [{ action: 'disable' }, 'scope: must be'],
    [{ scope: 'database' }, 'action: must be one of "enable", "disable"'],
    [{ action: 'stop', scope: 'database' }, 'action: must be one of'],
    [{ action: 'disable', scope: 'database', force: true }, 'unknown key "force"'],
    [undefined, 'event: is required'],
    ['{"action":"disable"}', 'event: must be an object, not a string'],
    [[], 'event: must be an object'],
  ])('%j', (event, problem) => {
    const error = errorOf(event);
    expect(error).toMatchObject({ code: 'EVENT_INVALID', retryable: false });
    expect(error.message).toContain(problem);
    expect(error.remedy).toContain('Nothing was read or changed.');
  });

  test.each([
    '0 hours',
    '0 days 00 h',
    '-1 day',
    'soon',
    "1 day'; drop table x",
    '1.5 hours',
    '',
    '1 day ago',
    '12',
    'infinity',
  ])('the interval %j', (scheduleInterval) => {
    const { message } = errorOf({ action: 'enable', scope: 'database', scheduleInterval });
    expect(message).toMatch(/event scheduleInterval: must be/);
  });

  test('every problem at once', () => {
    const { message } = errorOf({
      action: 'disable',
      scope: { role: 'app' },
      level: 'basic',
      job: 'add',
      scheduleInterval: '1 day',
    });
    expect(message.split('; ')).toHaveLength(5);
    const { message: shapes } = errorOf({ action: 'x', scope: {}, scheduleInterval: '0 h', y: 1 });
    for (const part of ['action:', 'scope:', 'scheduleInterval:', 'unknown key "y"']) {
      expect(shapes).toContain(part);
    }
  });
});
