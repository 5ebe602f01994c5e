import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { toDatabaseError } from '../../../lib/postgres/errors.ts';
import { CANARY, expectNoNames, fromNode, fromServer, PHASES } from './thrown-errors.ts';

describe('an error of a pooler during the login', () => {
  test.each(['08P01', 'XX000'])(
    'is a rejected password for SQLSTATE %s after the password was sent',
    (sqlstate) => {
      const error = toDatabaseError(fromServer(sqlstate), 'password');
      expect(error).toMatchObject({
        code: 'DATABASE_AUTHENTICATION',
        retryable: false,
        origin: sqlstate,
        remedy: expect.stringContaining("the pooler's user list"),
      });
      expectNoNames(error);
      expect(toDatabaseError(fromServer(sqlstate), 'connect')).toMatchObject({
        code: 'DATABASE_CONNECTION_LOST',
        retryable: true,
        remedy: expect.stringContaining("Check the pooler's log"),
      });
    },
  );

  // PgBouncer 1.18 to 1.25, Pgpool-II 4.3 and Supavisor.
  test.each([
    ['password authentication failed', 'DATABASE_AUTHENTICATION'],
    ['SASL authentication failed', 'DATABASE_AUTHENTICATION'],
    [`password authentication failed for user "${CANARY}"`, 'DATABASE_AUTHENTICATION'],
    ['md5 authentication failed', 'DATABASE_AUTHENTICATION'],
    ['no such user', 'DATABASE_AUTHENTICATION'],
    [`no such user: ${CANARY}`, 'DATABASE_AUTHENTICATION'],
    ['login rejected', 'DATABASE_AUTHENTICATION'],
    [`no such database: ${CANARY}`, 'DATABASE_MISSING'],
    ['query_wait_timeout', 'DATABASE_CONNECTION_LOST'],
    ['client_login_timeout (server down)', 'DATABASE_CONNECTION_LOST'],
    [
      'server login has been failing, try again later (server_login_retry)',
      'DATABASE_CONNECTION_LOST',
    ],
    [
      'server login has been failing, cached error: connect failed (server_login_retry)',
      'DATABASE_CONNECTION_LOST',
    ],
    [
      'server login has been failing, cached error: password authentication failed (server_login_retry)',
      'DATABASE_AUTHENTICATION',
    ],
    ['pgbouncer cannot connect to server', 'DATABASE_CONNECTION_LOST'],
    ['pooler is shutting down', 'DATABASE_CONNECTION_LOST'],
    ['server conn crashed?', 'DATABASE_CONNECTION_LOST'],
    ['no more connections allowed (max_client_conn)', 'DATABASE_CONNECTION_LOST'],
    ['client connections exceeded (max_db_client_connections)', 'DATABASE_CONNECTION_LOST'],
    ['MaxClientsInSessionMode: max clients reached', 'DATABASE_CONNECTION_LOST'],
    [`database "${CANARY}" does not exist`, 'DATABASE_CONNECTION_LOST'],
    [`database "${CANARY}" is disabled`, 'DATABASE_CONNECTION_LOST'],
    ['failed to create a backend connection', 'DATABASE_CONNECTION_LOST'],
    ['all backend nodes are down', 'DATABASE_CONNECTION_LOST'],
  ])('with the message "%s" is %s, before and after the password was sent', (text, code) => {
    for (const when of ['connect', 'password'] as const) {
      const error = toDatabaseError(fromServer('08P01', text), when);
      expect(error).toMatchObject({ code, origin: '08P01' });
      expectNoNames(error);
    }
  });
});

test.each([new SyntaxError(CANARY), new TypeError(CANARY), new RangeError(CANARY)])(
  'reports an answer that node-postgres cannot parse as an invalid answer: %s',
  (thrown) => {
    const inQuery = toDatabaseError(thrown, 'query');
    expect(inQuery).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', origin: undefined });
    const atLogin = toDatabaseError(thrown, 'connect');
    expect(atLogin).toMatchObject({ code: 'DATABASE_NOT_POSTGRESQL', origin: undefined });
    for (const error of [inQuery, atLogin]) expectNoNames(error);
  },
);

test.each([
  ['ENOTFOUND', 'does not resolve', 'private zones'],
  ['EAI_AGAIN', 'does not resolve', 'private zones'],
  ['EAI_FAIL', 'does not resolve', 'private zones'],
  ['ECONNREFUSED', 'No server accepts connections', 'listen_addresses'],
  ['ENOENT', 'No server accepts connections', 'host and port'],
  ['EACCES', 'No server accepts connections', 'host and port'],
  ['ECONNRESET', 'was closed', 'firewall'],
  ['ECONNABORTED', 'was closed', 'firewall'],
  ['EPIPE', 'was closed', 'firewall'],
  ['ETIMEDOUT', 'cannot be reached', 'security group'],
  ['EHOSTUNREACH', 'cannot be reached', 'security group'],
  ['EHOSTDOWN', 'cannot be reached', 'security group'],
  ['ENETUNREACH', 'cannot be reached', 'security group'],
  ['ENETDOWN', 'cannot be reached', 'security group'],
  ['EADDRNOTAVAIL', 'cannot be reached', 'security group'],
])(
  'reports %s as an unreachable server before the login, and as a lost connection after it',
  (token, reason, remedy) => {
    const first = toDatabaseError(fromNode(token), 'connect');
    expect(first).toMatchObject({ code: 'DATABASE_UNREACHABLE', retryable: true, origin: token });
    expect(first.message).toContain(reason);
    expect(first.remedy).toContain(remedy);
    expectNoNames(first);
    const later = toDatabaseError(fromNode(token), 'query');
    expect(later).toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      retryable: true,
      origin: token,
    });
    expectNoNames(later);
  },
);

test('reports an AggregateError of all addresses as an unreachable server', () => {
  const thrown = Object.assign(new AggregateError([fromNode('ECONNREFUSED')], CANARY), {
    code: 'ECONNREFUSED',
  });
  const error = toDatabaseError(thrown, 'connect');
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', origin: 'ECONNREFUSED' });
  expectNoNames(error);
});

describe('an error of node-postgres itself', () => {
  test.each([
    ['The server does not support SSL connections', 'DATABASE_TLS_UNSUPPORTED'],
    ['There was an error establishing an SSL connection', 'DATABASE_NOT_POSTGRESQL'],
    ['Received unexpected commandComplete message from backend.', 'DATABASE_NOT_POSTGRESQL'],
    ['timeout expired', 'DATABASE_UNREACHABLE'],
    ['Connection terminated unexpectedly', 'DATABASE_UNREACHABLE'],
    [
      'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
      'DATABASE_AUTHENTICATION',
    ],
    [
      'SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match',
      'DATABASE_AUTHENTICATION',
    ],
    ['Something else', 'DATABASE_ERROR'],
  ])('before the login is classified: %s', (text, code) => {
    const error = toDatabaseError(new Error(`${text} (${CANARY})`), 'connect');
    expect(error.code).toBe(code);
    expect(error.remedy).not.toBe('');
    expectNoNames(error);
  });

  test.each([
    'Connection terminated unexpectedly',
    'Connection terminated',
    'Client has encountered a connection error and is not queryable',
  ])('after the login is a lost connection: %s', (text) => {
    expect(toDatabaseError(new Error(text), 'query')).toMatchObject({
      code: 'DATABASE_CONNECTION_LOST',
      retryable: true,
    });
  });

  test.each([
    'role "password_rotator" is a member of something',
    'unexpected error message of an extension',
    'the job was terminated',
    'timeout expired',
  ])('is not recognized in a message of the server: %s', (text) => {
    const error = toDatabaseError(fromServer('P0001', text), 'query');
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', origin: 'P0001' });
  });
});

describe('an error that a server has sent without a SQLSTATE', () => {
  const tokens = [
    '',
    'ENOTFOUND',
    'EPIPE',
    'EPROTO',
    'UNSPECIFIED',
    'CERT_HAS_EXPIRED',
    'SyntaxError',
  ];

  test.each(tokens)('is an error of the server for any text in its code: "%s"', (token) => {
    for (const when of PHASES) {
      const error = toDatabaseError(fromServer(token, 'SASL: the password was terminated'), when);
      expect(error).toMatchObject({ code: 'DATABASE_ERROR', retryable: false });
    }
  });
});

describe('a message of eight megabytes', () => {
  test.each([
    ['connect', '08P01', 'max_'],
    ['connect', '08P01', 'database '],
    ['connect', 'XX000', 'max_'],
    ['query', undefined, 'unexpected '],
    ['connect', undefined, 'unexpected '],
  ] as const)('is classified within a second: %s, %s, %s', (when, code, part) => {
    const error = Object.assign(
      new pg.DatabaseError(part.repeat(2 ** 23 / part.length), 1, 'error'),
      {
        code,
      },
    );
    const startedAt = performance.now();
    toDatabaseError(error, when);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
