import { describe, expect, test } from 'vitest';
import { RunError } from '../../../lib/errors.ts';
import { toDatabaseError } from '../../../lib/postgres/errors.ts';
import { CANARY, expectNoNames, fromServer, PHASES } from './thrown-errors.ts';

test.each([
  ['28P01', 'DATABASE_AUTHENTICATION', false, 'Compare user and password with the role'],
  ['28000', 'DATABASE_AUTHENTICATION', false, 'Compare user and password with the role'],
  ['3D000', 'DATABASE_MISSING', false, 'Correct dbname in the secret'],
  ['42501', 'DATABASE_PERMISSION', false, 'Grant CONNECT'],
  ['58030', 'DATABASE_DAMAGED', false, 'its disks'],
  ['XX001', 'DATABASE_DAMAGED', false, 'its disks'],
  ['XX002', 'DATABASE_DAMAGED', false, 'its disks'],
  ['42710', 'DATABASE_CONNECTION_LOST', true, "Check the server's log"],
  ['53300', 'DATABASE_BUSY', true, 'disk space (53100)'],
  ['57P03', 'DATABASE_BUSY', true, 'a standby with hot_standby off'],
  ['08P01', 'DATABASE_CONNECTION_LOST', true, "Check the pooler's log"],
  ['57P01', 'DATABASE_CONNECTION_LOST', true, "Check the server's log"],
  ['57P02', 'DATABASE_CONNECTION_LOST', true, "Check the server's log"],
  ['57P05', 'DATABASE_CONNECTION_LOST', true, "Check the server's log"],
  ['25P03', 'DATABASE_CONNECTION_LOST', true, "Check the server's log"],
  ['57014', 'DATABASE_STATEMENT_TIMEOUT', true, "Set sizes to 'estimated'"],
  ['55P03', 'CATALOG_LOCKED', true, 'pg_locks'],
  ['58000', 'DATABASE_CONNECTION_LOST', true, "Check the pooler's log"],
  ['22012', 'DATABASE_ERROR', false, 'Look up the SQLSTATE'],
])(
  'reports SQLSTATE %s as %s during the login and for a statement',
  (sqlstate, code, retryable, remedy) => {
    for (const phase of PHASES) {
      const thrown = fromServer(sqlstate);
      const error = toDatabaseError(thrown, phase);
      expect(error).toMatchObject({ code, retryable, origin: sqlstate });
      expect(error.remedy).toContain(remedy);
      expect(error.original).toBe(thrown);
      expectNoNames(error);
    }
  },
);

test.each([
  ['55000', 'accepts no connections', 'DATABASE_ERROR', 'Look up the SQLSTATE'],
  ['58P01', 'cannot start a session', 'CATALOG_UNEXPECTED', 'the library on disk'],
])(
  'reports SQLSTATE %s as another error during the login than for a statement',
  (sqlstate, message, code, remedy) => {
    expect(toDatabaseError(fromServer(sqlstate), 'connect')).toMatchObject({
      code: 'DATABASE_ERROR',
      retryable: false,
      message: expect.stringContaining(message),
      origin: sqlstate,
    });
    expect(toDatabaseError(fromServer(sqlstate), 'query')).toMatchObject({
      code,
      remedy: expect.stringContaining(remedy),
    });
  },
);

test.each(['42P01', '42703', '42883', '3F000', '22P02', '42704', '42804', '42809', '42846'])(
  'reports SQLSTATE %s as an error of the catalogs only after the login',
  (sqlstate) => {
    const atLogin = toDatabaseError(fromServer(sqlstate), 'connect');
    expect(atLogin).toMatchObject({ code: 'DATABASE_ERROR', retryable: false, origin: sqlstate });
    expect(atLogin.remedy).toContain('Look up the SQLSTATE');
    const inQuery = toDatabaseError(fromServer(sqlstate), 'query');
    expect(inQuery).toMatchObject({ code: 'CATALOG_UNEXPECTED', retryable: false });
    expect(inQuery.remedy).toContain('ALTER EXTENSION timescaledb UPDATE');
    for (const error of [atLogin, inQuery]) expectNoNames(error);
  },
);

/** Returns an error with a routine, as PostgreSQL itself sends it. */
function fromPostgresql(sqlstate: string, text: string): Error {
  return Object.assign(fromServer(sqlstate, text), { routine: 'some_routine' });
}

describe('an internal error of a statement', () => {
  test.each([
    'could not open relation with OID 4711',
    'cache lookup failed for relation 4711',
    'cache lookup failed for attribute 2 of relation 4711',
    'could not find tuple for constraint 4711',
    'tuple concurrently updated',
    'tuple concurrently deleted',
    'catalog is missing 2 attribute(s) for relid 4711',
    'pg_attribute catalog is missing 1 attribute(s) for relation OID 4711',
  ])('is a conflict for "%s"', (text) => {
    const error = toDatabaseError(fromPostgresql('XX000', text), 'query');
    expect(error).toMatchObject({ code: 'DATABASE_CONFLICT', retryable: true, origin: 'XX000' });
  });

  test('is not retried for any other message', () => {
    for (const text of [CANARY, 'not: cache lookup failed for type 1']) {
      const error = toDatabaseError(fromPostgresql('XX000', text), 'query');
      expect(error).toMatchObject({ code: 'DATABASE_ERROR', retryable: false, origin: 'XX000' });
    }
  });

  test('comes from a pooler when it names no routine of PostgreSQL', () => {
    const error = toDatabaseError(fromServer('XX000'), 'query');
    expect(error).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', retryable: true });
    expectNoNames(error);
  });

  test('is recognized by its SQLSTATE, not by its message alone', () => {
    const error = toDatabaseError(
      fromPostgresql('P0001', 'cache lookup failed for type 1'),
      'query',
    );
    expect(error.code).toBe('DATABASE_ERROR');
  });
});

test.each(['toString', 'constructor', '__proto__'])(
  'reports the invalid SQLSTATE %s unchanged',
  (code) => {
    const error = toDatabaseError(Object.assign(new Error('hostile'), { code }), 'query');
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', origin: code });
  },
);

test('returns an error of a run unchanged', () => {
  const error = new RunError('EXTENSION_MISSING', 'No extension.', { remedy: 'Install it.' });
  expect(toDatabaseError(error, 'query')).toBe(error);
});

test('reports a thrown value that is not an Error without an origin', () => {
  for (const thrown of [CANARY, undefined, { code: '28P01', message: CANARY }]) {
    const error = toDatabaseError(thrown, 'query');
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', origin: undefined });
    expectNoNames(error);
  }
});

test.each([
  ['40001', 'DATABASE_CONFLICT', true],
  ['40P01', 'DATABASE_CONFLICT', true],
  ['25P04', 'DATABASE_CONNECTION_LOST', true],
  ['08P01', 'DATABASE_CONNECTION_LOST', true],
  ['53100', 'DATABASE_BUSY', true],
  ['53200', 'DATABASE_BUSY', true],
  ['57P04', 'DATABASE_MISSING', false],
])('reports SQLSTATE %s of a statement as %s', (code, expected, retryable) => {
  const error = toDatabaseError(Object.assign(new Error('x'), { code }), 'query');
  expect(error).toMatchObject({ code: expected, retryable, origin: code });
});
