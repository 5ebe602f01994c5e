import { inspect } from 'node:util';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { unreachableError } from '../../../lib/delivery/errors.ts';
import { RunError } from '../../../lib/errors.ts';
import { tlsFaultOf } from '../../../lib/network/tls-faults.ts';
import { toDatabaseError } from '../../../lib/postgres/errors.ts';

const CANARY = 'c4n4ry';

/** Returns an error as PostgreSQL sends it, with names in its message and fields. */
function fromServer(sqlstate: string, text = `role "${CANARY}" has a problem`): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(text, 100, 'error'), {
    severity: 'FATAL',
    code: sqlstate,
    detail: `Detail about ${CANARY}.`,
    hint: `Hint about ${CANARY}.`,
    schema: CANARY,
    table: CANARY,
  });
}

/** Returns an error as a socket, the resolver or OpenSSL creates it. */
function fromNode(code: string, text = `${code} ${CANARY}.example.com:5432`): Error {
  return Object.assign(new Error(text), { code, hostname: `${CANARY}.example.com` });
}

function expectNoNames(error: RunError): void {
  const shown = [
    error.message,
    error.remedy,
    error.origin,
    String(error),
    JSON.stringify(error),
    inspect(error, { showHidden: true, depth: null }),
  ];
  expect(shown.join('\n')).not.toContain(CANARY);
}

const PHASES = ['connect', 'query'] as const;

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
  'SQLSTATE %s is %s during the login and for a statement',
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
  'SQLSTATE %s means another error during the login than for a statement',
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
  'SQLSTATE %s concerns the catalogs only after the login',
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

test.each([new SyntaxError(CANARY), new TypeError(CANARY), new RangeError(CANARY)])(
  'an answer that node-postgres cannot parse is not part of the protocol: %s',
  (thrown) => {
    const inQuery = toDatabaseError(thrown, 'query');
    expect(inQuery).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', origin: undefined });
    const atLogin = toDatabaseError(thrown, 'connect');
    expect(atLogin).toMatchObject({ code: 'DATABASE_NOT_POSTGRESQL', origin: undefined });
    for (const error of [inQuery, atLogin]) expectNoNames(error);
  },
);

const CERTIFICATE_CODES = [
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'CRL_HAS_EXPIRED',
  'PATH_LENGTH_EXCEEDED',
];

test.each(CERTIFICATE_CODES)('%s is a certificate that does not verify', (token) => {
  const error = toDatabaseError(fromNode(token), 'connect');
  expect(error).toMatchObject({
    code: 'DATABASE_TLS_UNVERIFIED',
    retryable: false,
    origin: token,
  });
  expectNoNames(error);
});

test.each([
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'no trusted certificate authority', 'tls.caFile'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'no trusted certificate authority', 'tls.caFile'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name', 'tls.serverName'],
  ['HOSTNAME_MISMATCH', 'for another name', 'tls.serverName'],
  ['CERT_HAS_EXPIRED', 'has expired or is not valid yet', 'Renew the certificate'],
  ['CERT_NOT_YET_VALID', 'has expired or is not valid yet', 'Renew the certificate'],
])('%s has the reason "%s"', (token, reason, remedy) => {
  const error = toDatabaseError(fromNode(token), 'connect');
  expect(error.message).toContain(reason);
  expect(error.remedy).toContain(remedy);
});

test.each(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'])(
  '%s is a handshake that fails for a reason other than the certificate',
  (token) => {
    expect(tlsFaultOf(fromNode(token))).toBe('unsupported');
    expect(toDatabaseError(fromNode(token), 'connect').code).toBe('DATABASE_TLS_UNSUPPORTED');
  },
);

test.each(['toString', 'constructor', '__proto__'])(
  'the invalid SQLSTATE %s is reported as it is',
  (code) => {
    const error = toDatabaseError(Object.assign(new Error('hostile'), { code }), 'query');
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', origin: code });
  },
);

test.each(['28P01', 'ECONNRESET', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'NO_CERT_', ''])(
  '%s is not an error of TLS',
  (token) => {
    expect(tlsFaultOf(fromNode(token))).toBeUndefined();
  },
);

/** Returns an error with OpenSSL's own message, as a failed write has it. */
function fromOpenssl(reason: string, alert = ''): Error {
  return fromNode(
    'EPROTO',
    `write EPROTO 408DC65AC47F0000:error:0A000410:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/ssl/record/rec_layer_s3.c:918:${alert}\n`,
  );
}

const TLS_REASONS = [
  ['tlsv13 alert certificate required', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['ssl/tls alert bad certificate', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['sslv3 alert bad certificate', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['ssl/tls alert certificate unknown', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['tlsv1 alert unknown ca', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  [
    'ssl/tls alert handshake failure',
    'DATABASE_TLS_REFUSED',
    'or it requires a client certificate',
  ],
  ['sslv3 alert handshake failure', 'DATABASE_TLS_REFUSED', 'or it requires a client certificate'],
  ['tlsv1 alert insufficient security', 'DATABASE_TLS_REFUSED', 'shares no cipher'],
  ['tlsv1 alert internal error', 'DATABASE_TLS_REFUSED', 'with an alert'],
  ['tlsv1 unrecognized name', 'DATABASE_TLS_REFUSED', 'the requested server name'],
  ['dh key too small', 'DATABASE_TLS_REFUSED', 'key exchange'],
  ['wrong curve', 'DATABASE_TLS_REFUSED', 'key exchange'],
  ['tlsv1 alert protocol version', 'DATABASE_TLS_UNSUPPORTED', 'the server offers none'],
  ['wrong version number', 'DATABASE_TLS_UNSUPPORTED', 'the server offers none'],
] as const;

test.each(TLS_REASONS)(
  'OpenSSL\'s reason "%s" is %s for a read and for a write',
  (reason, code, message) => {
    const name = `ERR_SSL_${reason.replaceAll(' ', '_').toUpperCase()}`;
    for (const thrown of [fromOpenssl(reason), fromNode(name)]) {
      const error = toDatabaseError(thrown, 'connect');
      expect(error).toMatchObject({
        code,
        retryable: false,
        origin: name.replace('/', '_'),
        message: expect.stringContaining(message),
      });
      if (code === 'DATABASE_TLS_REFUSED') expect(error.remedy).not.toMatch(/disable|plain text/);
      expectNoNames(error);

      const endpoint = unreachableError(thrown);
      expect(endpoint).toMatchObject({ code: 'ENDPOINT_TLS', origin: name.replace('/', '_') });
      if (message.includes('client certificate')) {
        expect(endpoint.message).toContain('requires a client certificate');
      }
      expectNoNames(endpoint);
    }
  },
);

test('TLS that fails after the login is a lost connection, unless the server requests a certificate late', () => {
  expect(
    toDatabaseError(fromOpenssl('decryption failed or bad record mac'), 'query'),
  ).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', retryable: true });
  const late = fromOpenssl('tlsv13 alert certificate required');
  expect(toDatabaseError(late, 'query')).toMatchObject({ code: 'DATABASE_TLS_REFUSED' });
});

test.each([
  ['EE certificate key too weak', 'is too weak', 'SHA-256'],
  ['CA certificate key too weak', 'is too weak', 'SHA-256'],
  ['CA signature digest algorithm too weak', 'is too weak', 'SHA-256'],
  ['permitted subtree violation', 'does not allow this use', 'name constraints'],
])("UNSPECIFIED is classified by OpenSSL's message: %s", (text, reason, remedy) => {
  const thrown = fromNode('UNSPECIFIED', text);
  const errors = [toDatabaseError(thrown, 'connect'), unreachableError(thrown)];
  expect(errors.map(({ code }) => code)).toEqual(['DATABASE_TLS_UNVERIFIED', 'ENDPOINT_TLS']);
  for (const error of errors) {
    expect(error).toMatchObject({
      retryable: false,
      origin: 'UNSPECIFIED',
      message: expect.stringContaining(reason),
      remedy: expect.stringContaining(remedy),
    });
  }
});

test('a certificate for another purpose has its own remedy', () => {
  for (const error of [
    toDatabaseError(fromNode('INVALID_PURPOSE'), 'connect'),
    unreachableError(fromNode('INVALID_PURPOSE')),
  ]) {
    expect(error.message).toContain('is not valid for servers');
    expect(error.remedy).toContain('serverAuth');
  }
});

test('SQLSTATE 28000 with a message about a client certificate is a missing client certificate', () => {
  const thrown = fromServer('28000', 'connection requires a valid client certificate');
  const error = toDatabaseError(thrown, 'connect');
  expect(error).toMatchObject({ code: 'DATABASE_TLS_REFUSED', retryable: false, origin: '28000' });
  expect(error.message).toContain('requires a client certificate');
  expect(error.remedy).not.toMatch(/disable|plain text/);
  expectNoNames(error);
});

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
  '%s is an unreachable server before the login, and a lost connection after it',
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

test('an AggregateError of all addresses is an unreachable server', () => {
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

test('an error of a run is returned unchanged', () => {
  const error = new RunError('EXTENSION_MISSING', 'No extension.', { remedy: 'Install it.' });
  expect(toDatabaseError(error, 'query')).toBe(error);
});

test('a thrown value that is not an Error is an error of the database without a token', () => {
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
])('SQLSTATE %s of a statement is %s', (code, expected, retryable) => {
  const error = toDatabaseError(Object.assign(new Error('x'), { code }), 'query');
  expect(error).toMatchObject({ code: expected, retryable, origin: code });
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

  test.each(tokens)('is an error of the server, whatever its code says: "%s"', (token) => {
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
