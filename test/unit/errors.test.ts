import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  type ErrorCode,
  errorCodeOf,
  RETRYABLE_BY_CODE,
  RunError,
  toRunError,
} from '../../lib/errors.ts';

const CODES = Object.keys(RETRYABLE_BY_CODE).filter((key): key is ErrorCode =>
  Object.hasOwn(RETRYABLE_BY_CODE, key),
);

describe('the error codes', () => {
  test('of retryable errors are these', () => {
    expect(CODES.filter((code) => RETRYABLE_BY_CODE[code])).toStrictEqual([
      'TIME_LIMIT',
      'INTERRUPTED',
      'SECRET_UNAVAILABLE',
      'WORKER_DENIED',
      'WORKER_THROTTLED',
      'WORKER_UNAVAILABLE',
      'WORKER_FAILED',
      'WORKER_VERSION',
      'DATABASE_UNREACHABLE',
      'DATABASE_BUSY',
      'DATABASE_CONNECTION_LOST',
      'DATABASE_CONFLICT',
      'DATABASE_STATEMENT_TIMEOUT',
      'CATALOG_LOCKED',
      'ENDPOINT_UNREACHABLE',
      'ENDPOINT_TIMEOUT',
      'ENDPOINT_UNAVAILABLE',
      'RECORD_UNAVAILABLE',
      'FLEET_STATE_CONFLICT',
      'NOTIFICATION_NOT_SENT',
    ]);
  });

  test('of final errors are these', () => {
    expect(CODES.filter((code) => !RETRYABLE_BY_CODE[code])).toStrictEqual([
      'CONFIG_INVALID',
      'EVENT_INVALID',
      'RETRY_NOT_SCHEDULED',
      'RECORD_NOT_WRITTEN',
      'INTERNAL',
      'SECRET_NOT_FOUND',
      'SECRET_DENIED',
      'SECRET_UNREADABLE',
      'SECRET_INVALID',
      'WORKER_ANSWER_INVALID',
      'DATABASE_TLS_REFUSED',
      'DATABASE_TLS_UNSUPPORTED',
      'DATABASE_TLS_UNVERIFIED',
      'DATABASE_NOT_POSTGRESQL',
      'DATABASE_AUTHENTICATION',
      'DATABASE_AUTHENTICATION_UNSUPPORTED',
      'DATABASE_MISSING',
      'DATABASE_PERMISSION',
      'DATABASE_DAMAGED',
      'DATABASE_ERROR',
      'CATALOG_UNEXPECTED',
      'EXTENSION_MISSING',
      'VERSION_UNSUPPORTED',
      'REPORT_UNPUBLISHED',
      'REPORT_TOO_LARGE',
      'CHANGE_DENIED',
      'CHANGE_FAILED',
      'ENDPOINT_TLS',
      'ENDPOINT_REDIRECTED',
      'ENDPOINT_REJECTED',
      'RECORD_DENIED',
    ]);
  });

  test('determine whether an error is retryable', () => {
    for (const code of CODES) {
      const { retryable } = new RunError(code, 'It happened.', { remedy: 'Do this.' });
      expect([code, retryable]).toStrictEqual([code, RETRYABLE_BY_CODE[code]]);
    }
  });
});

describe('the original error', () => {
  const original = new Error('role "c4n4ry" does not exist', { cause: 'c4n4ry' });
  const error = new RunError('DATABASE_ERROR', 'It happened.', {
    remedy: 'Do this.',
    origin: '42704',
    original,
  });

  test('is available to the debug log', () => {
    expect(error.original).toBe(original);
  });

  test('is not shown by any way of printing the error', () => {
    const shown = [
      String(error),
      error.stack,
      JSON.stringify(error),
      JSON.stringify(error, Object.getOwnPropertyNames(error)),
      inspect(error),
      inspect(error, { showHidden: true, depth: null }),
      inspect({ ...error }, { showHidden: true, depth: null }),
      inspect(structuredClone(error), { showHidden: true, depth: null }),
    ];
    expect(shown.join('\n')).not.toContain('c4n4ry');
  });

  test('is neither a property nor the cause of the error', () => {
    expect(Object.keys(error).toSorted()).toStrictEqual([
      'code',
      'name',
      'origin',
      'remedy',
      'retryable',
    ]);
    expect(Object.getOwnPropertyNames(error)).not.toContain('original');
    expect(error).not.toHaveProperty('cause');
  });

  test('does not change what is printed', () => {
    expect(JSON.parse(JSON.stringify(error))).toStrictEqual({
      name: 'RunError',
      code: 'DATABASE_ERROR',
      retryable: false,
      remedy: 'Do this.',
      origin: '42704',
    });
    expect(String(error)).toBe('RunError: It happened.');
  });
});

describe('toRunError', () => {
  test('returns an error of a run unchanged', () => {
    const error = new RunError('TIME_LIMIT', 'It took too long.', { remedy: 'Look.' });
    expect(toRunError(error)).toBe(error);
  });

  test.each([
    [new TypeError('c4n4ry is not a function'), 'TypeError'],
    [new Error('c4n4ry'), undefined],
    ['c4n4ry', undefined],
    [{ code: 'c4n4ry' }, undefined],
    [undefined, undefined],
    [null, undefined],
  ])('reports any other value as a defect of this project: %j', (thrown, origin) => {
    const error = toRunError(thrown);
    expect(error).toMatchObject({
      code: 'INTERNAL',
      retryable: false,
      message: 'An unexpected error ended the run.',
      origin,
    });
    expect(error.remedy).toContain('this is a defect in timescaledb-telemetry.');
    expect(error.original).toBe(thrown);
    expect(inspect(error, { showHidden: true, depth: null })).not.toContain('c4n4ry');
  });

  test('has no free text as its origin', () => {
    const thrown = Object.assign(new Error('x'), { name: 'role "c4n4ry" does not exist' });
    expect(toRunError(thrown).origin ?? '').not.toContain('c4n4ry');
  });
});

describe('errorCodeOf', () => {
  const named = (name: string) => Object.assign(new Error('free text'), { name });
  const coded = (code: unknown) => Object.assign(new Error('free text'), { code });

  test.each([
    ['a SQLSTATE', coded('42P01'), '42P01'],
    ['a code of Node', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['a name of AWS', named('ResourceNotFoundException'), 'ResourceNotFoundException'],
    ['the code before the name', Object.assign(named('Named'), { code: 'CODED' }), 'CODED'],
    ['the name where the code is a number', new DOMException('x', 'TimeoutError'), 'TimeoutError'],
    ['nothing for the name Error', coded(undefined), undefined],
    ['64 characters', coded('x'.repeat(64)), 'x'.repeat(64)],
  ])('returns a token: %s', (_what, thrown, token) => {
    expect(errorCodeOf(thrown)).toBe(token);
  });

  test.each([
    ['free text in the code', coded('role "c4n4ry" does not exist')],
    ['free text in the name', named('two words')],
    ['an empty code', coded('')],
    ['65 characters', coded('x'.repeat(65))],
    ['a second line', coded('42P01\n')],
    ['a host and port', coded('db.example.com:5432')],
    ['text that is not ASCII', coded('ü')],
    ['a text', '42P01'],
    ['an object', { code: '42P01' }],
    ['nothing', undefined],
    ['null', null],
  ])('returns undefined: %s', (_what, thrown) => {
    expect(errorCodeOf(thrown)).toBeUndefined();
  });
});
