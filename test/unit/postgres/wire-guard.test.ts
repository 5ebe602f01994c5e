import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../../lib/config/target.ts';
import { isConfidential } from '../../../lib/postgres/socket.ts';
import {
  AuthenticationUnsupportedError,
  ClearTextPasswordError,
} from '../../../lib/postgres/wire-authentication.ts';
import { GuardedConnection, NoProcessError } from '../../../lib/postgres/wire-guard.ts';
import { WireError } from '../../../lib/postgres/wire-messages.ts';
import { WIRE_TYPES } from '../../../lib/postgres/wire-types.ts';
import { errorResponse, int16, int32, message, readyForQuery } from '../../support/network/wire.ts';

interface Heard {
  /** node-postgres's names of the messages. */
  readonly messages: readonly string[];
  readonly errors: readonly unknown[];
  readonly isDestroyed: boolean;
}

/** Creates a guarded connection, and the stream that it reads. */
function listen(mayReadPassword = true) {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const connection = new GuardedConnection(
    { stream: () => stream, ssl: false },
    () => mayReadPassword,
  );
  const messages: string[] = [];
  const errors: unknown[] = [];
  connection.on('error', (error) => errors.push(error));
  connection.on('message', ({ name }) => messages.push(name));
  connection.attachListeners(stream);
  return { connection, stream, messages, errors };
}

/** Returns the messages and errors of a guarded connection for these chunks of a server. */
function hear(chunks: readonly Buffer[], mayReadPassword?: boolean): Heard {
  const { stream, messages, errors } = listen(mayReadPassword);
  for (const chunk of chunks) stream.emit('data', chunk);
  return { messages, errors, isDestroyed: stream.destroyed };
}

function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [0, ...at.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
}

function header(type: string, length: number): Buffer {
  return Buffer.concat([Buffer.from(type), int32(length)]);
}

const OK = message('R', int32(0));
const CLEAR_TEXT = message('R', int32(3));
const MD5 = message('R', int32(5), 'salt');
const SASL = message('R', int32(10), 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0');
const SASL_CONTINUE = message('R', int32(11), 'r=nonce,s=salt,i=4096');
const SASL_FINAL = message('R', int32(12), 'v=signature');
const STATUS = message('S', 'server_version\0', '18.4\0');
const KEY = message('K', int32(1), int32(2));
const ERROR = errorResponse('ERROR', '42P01', 'relation "x" does not exist');
const NOTICE = message('N', 'SNOTICE\0', 'Mhello\0', '\0');
const COLUMN = message(
  'T',
  int16(1),
  'a\0',
  int32(0),
  int16(0),
  int32(25),
  int16(-1),
  int32(-1),
  int16(0),
);
const ROW = message('D', int16(1), int32(3), 'abc');
const NULL_ROW = message('D', int16(1), int32(-1));
const COMPLETE = message('C', 'SELECT 1\0');
const NOTIFICATION = message('A', int32(1), 'channel\0', 'payload\0');
const EMPTY_QUERY = message('I');

const STARTED = [OK, STATUS, KEY, readyForQuery('I')];
const SESSION = [
  SASL,
  SASL_CONTINUE,
  SASL_FINAL,
  ...STARTED,
  NOTICE,
  COLUMN,
  ROW,
  NULL_ROW,
  COMPLETE,
  EMPTY_QUERY,
  NOTIFICATION,
  STATUS,
  ERROR,
  readyForQuery('E'),
];

const HEARD = [
  ...['authenticationSASL', 'authenticationSASLContinue', 'authenticationSASLFinal'],
  ...['authenticationOk', 'parameterStatus', 'backendKeyData', 'readyForQuery', 'notice'],
  ...['rowDescription', 'dataRow', 'dataRow', 'commandComplete', 'emptyQuery', 'notification'],
  ...['parameterStatus', 'error', 'readyForQuery'],
];

test('emits every message of a session, for any division into chunks', () => {
  const bytes = Buffer.concat(SESSION);
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(hear(split(bytes, cuts))).toEqual({
        messages: HEARD,
        errors: [],
        isDestroyed: false,
      });
    }),
  );
  expect(hear(Array.from(bytes, (byte) => Buffer.of(byte))).messages).toEqual(HEARD);
});

test('emits at most one error of the connection, for any bytes', () => {
  const mutations = fc.array(
    fc.record({
      at: fc.nat(),
      remove: fc.nat(8),
      insert: fc.uint8Array({ maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const pieces = fc.shuffledSubarray([...SESSION, CLEAR_TEXT, MD5], { minLength: 1 });
  fc.assert(
    fc.property(pieces, mutations, fc.array(fc.nat()), (messages, changes, cuts) => {
      let bytes = Buffer.concat(messages);
      for (const { at, remove, insert } of changes) {
        const start = at % (bytes.length + 1);
        const rest = bytes.subarray(start + remove);
        bytes = Buffer.concat([bytes.subarray(0, start), insert, rest]);
      }
      const { errors, isDestroyed } = hear(bytes.length === 0 ? [] : split(bytes, cuts));
      expect(errors.length).toBeLessThanOrEqual(1);
      expect(isDestroyed).toBe(errors.length === 1);
      for (const error of errors) expect(error).toBeInstanceOf(WireError);
    }),
    { numRuns: 2_000 },
  );
});

describe('rejects during the login', () => {
  test.each<[string, readonly Buffer[]]>([
    ['a type that does not exist, before its length is received', [Buffer.from('\x01')]],
    ['a row', [ROW]],
    ['a key before the login is accepted', [KEY]],
    ['an authentication request of length 0', [header('R', 0)]],
    ['an authentication request of length 4', [header('R', 4)]],
    ['an authentication request that is longer than libpq accepts', [header('R', 2_001)]],
    ['a salt that is too short', [message('R', int32(5), 'sal')]],
    ['content after AuthenticationOk', [message('R', int32(0), 'x')]],
    ['two requests for the password', [CLEAR_TEXT, CLEAR_TEXT]],
    ['another method before the first one is complete', [SASL, CLEAR_TEXT]],
    ['the end of SASL without its beginning', [SASL_FINAL]],
    [
      'a login that is accepted before the server has proved that it knows the password',
      [SASL, SASL_CONTINUE, OK],
    ],
    ['a login that is accepted at the beginning of SASL', [SASL, OK]],
    ['a list of SASL mechanisms without an end', [message('R', int32(10), 'SCRAM-SHA-256\0')]],
    ['an empty list of SASL mechanisms', [message('R', int32(10), '\0')]],
    ['a request after AuthenticationOk', [OK, CLEAR_TEXT]],
    ['an error of length 4', [header('E', 4)]],
    ['an error without fields and without an end', [message('E', 'SFATAL')]],
    ['an error that does not end with a zero byte', [message('E', 'SFATAL\0')]],
    ['bytes after the end of an error', [message('E', 'SFATAL\0', '\0', 'x')]],
    ['an error that is longer than libpq accepts', [header('E', 30_001)]],
    ['2 GB', [header('R', 0x7fffffff)]],
    ['4 GB', [header('R', -1)]],
    ['a key that is too short', [OK, message('K', int32(1))]],
    ['a parameter without a value', [OK, message('S', 'name\0')]],
    ['a parameter without an end', [OK, message('S', 'name\0', 'value')]],
    ['an unknown status of the transaction', [OK, message('Z', 'X')]],
  ])('%s', (_what, chunks) => {
    const { errors, isDestroyed } = hear(chunks);
    expect(errors).toEqual([expect.any(WireError)]);
    expect(isDestroyed).toBe(true);
  });
});

describe('rejects in a session', () => {
  test.each<[string, readonly Buffer[]]>([
    ['a request for the password', [CLEAR_TEXT]],
    ['a message of COPY', [message('G', '\0', int16(0))]],
    ['a message of another protocol', [message('v', int32(0), int32(0))]],
    ['a message of more than 8 MB', [header('N', 8 * 2 ** 20 + 1)]],
    ['a negative number of columns', [message('T', int16(-1))]],
    ['more columns than PostgreSQL has', [message('T', int16(1_665))]],
    ['a row description that is cut', [message('T', int16(1), 'a\0', int32(0))]],
    ['a column name without an end', [message('T', int16(1), 'a')]],
    ['bytes after the last column', [message('T', int16(0), 'x')]],
    ['a row without a row description', [ROW]],
    ['a row of the previous statement', [COLUMN, ROW, COMPLETE, ROW]],
    ['a row with more values than columns', [COLUMN, message('D', int16(2), int32(-1), int32(-1))]],
    ['a row that is cut', [COLUMN, message('D', int16(1))]],
    ['a value that is cut', [COLUMN, message('D', int16(1), int32(4), 'abc')]],
    ['a value of negative length', [COLUMN, message('D', int16(1), int32(-2))]],
    ['bytes after the last value', [COLUMN, message('D', int16(1), int32(3), 'abcd')]],
    ['a command tag without an end', [message('C', 'SELECT 1')]],
    ['two command tags', [message('C', 'SELECT 1\0', 'SELECT 1\0')]],
    ['an empty query with content', [message('I', 'x')]],
    ['a notification without a payload', [message('A', int32(1), 'channel\0')]],
    ['a notification without a channel', [message('A')]],
    ['a notice without an end', [message('N', 'SNOTICE\0')]],
    ['a status of two letters', [message('Z', 'II')]],
  ])('%s', (_what, chunks) => {
    expect(hear(STARTED).errors).toEqual([]);
    expect(hear([...STARTED, ...chunks]).errors).toEqual([expect.any(WireError)]);
  });
});

test('reads nothing after the first rejected message', () => {
  const { messages, errors } = hear([Buffer.concat([OK, CLEAR_TEXT, STATUS]), STATUS]);
  expect(messages).toEqual(['authenticationOk']);
  expect(errors).toHaveLength(1);
});

test('converts an error of a message listener to an error of the connection', () => {
  const thrown = new RangeError('of the driver');
  const { connection, stream, errors } = listen();
  connection.on('notice', () => {
    throw thrown;
  });
  stream.emit('data', Buffer.concat([OK, NOTICE, STATUS]));
  expect(errors).toEqual([thrown]);
  expect(stream.destroyed).toBe(true);
});

test.each([
  ['32 MB of notices', 4, message('N', `M${'x'.repeat(8_000_000)}\0`, '\0')],
  ['a million rows without values', 1_000_000, message('D', int16(0))],
  ['30,000 results', 30_000, COMPLETE],
])('ends a session of %s', (_what, count, bytes) => {
  const chunks = [
    ...STARTED,
    message('T', int16(0)),
    ...Array.from({ length: count + 1 }, () => bytes),
  ];
  expect(hear(chunks).errors).toEqual([expect.any(WireError)]);
});

test.each([
  [2, 'KERBEROS_V5'],
  [6, 'SCM_CREDENTIAL'],
  [7, 'GSSAPI'],
  [8, 'GSSAPI'],
  [9, 'SSPI'],
  [4, 'AUTHENTICATION_4'],
  [99, 'AUTHENTICATION_99'],
  [-1, 'AUTHENTICATION_4294967295'],
])('names the authentication request %i', (request, code) => {
  const { errors } = hear([message('R', int32(request))]);
  expect(errors).toEqual([expect.any(AuthenticationUnsupportedError)]);
  expect(errors).toMatchObject([{ code }]);
});

test.each([
  ['OAUTHBEARER\0\0', 'OAUTHBEARER'],
  ['SCRAM-SHA-256-PLUS\0\0', 'SCRAM_SHA_256_PLUS'],
])('rejects a list of SASL mechanisms without SCRAM-SHA-256: %j', (list, code) => {
  expect(hear([message('R', int32(10), list)]).errors).toMatchObject([{ code }]);
});

test('recognizes the message of a server that cannot start a process', () => {
  const bytes = Buffer.from('Ecould not fork new process for connection: no memory\n\0');
  expect(hear([bytes]).errors).toEqual([expect.any(NoProcessError)]);
  expect(hear([OK, bytes]).errors).not.toEqual([expect.any(NoProcessError)]);
});

test('sends no password in clear text on a connection that others could read', () => {
  const { messages, errors } = hear([CLEAR_TEXT], false);
  expect(messages).toEqual([]);
  expect(errors).toEqual([expect.any(ClearTextPasswordError)]);
  expect(hear([MD5], false).messages).toEqual(['authenticationMD5Password']);
  expect(hear([SASL], false).messages).toEqual(['authenticationSASL']);
});

test.each<[Target['tls']['mode'], string, string | undefined, boolean]>([
  ['verify-full', 'db.example.com', '10.0.0.7', true],
  ['verify-ca', 'db.example.com', '10.0.0.7', false],
  ['verify-ca', 'localhost', '127.0.0.1', false],
  ['disable', 'db.example.com', '10.0.0.7', false],
  ['disable', 'db.example.com', undefined, false],
  ['disable', 'db.example.com', '1.127.0.1', false],
  ['disable', 'db.example.com', '::ffff:10.0.0.7', false],
  ['disable', '/var/run/postgresql', undefined, true],
  ['disable', 'localhost', '127.0.0.1', true],
  ['disable', 'localhost', '::1', true],
  ['disable', 'localhost', '::ffff:127.0.0.1', true],
])(
  'allows a password in clear text with %s, host %s and address %s: %s',
  (mode, host, remoteAddress, may) => {
    expect(isConfidential({ tls: { mode } }, { host }, { remoteAddress })).toBe(may);
  },
);

const parserOf = (oid: number): ((text: string) => unknown) =>
  WIRE_TYPES.getTypeParser(oid, 'text');

test('parses no type whose parser is slow for a long text', () => {
  const digits = '1'.repeat(1_000_000);
  for (let oid = 0; oid < 5_000; oid++) {
    if ([16, 21, 23, 701, 114, 3_802, 1_009].includes(oid)) continue;
    expect(parserOf(oid)(digits)).toBe(digits);
  }
  expect(parserOf(1_009)('{a,b}')).toEqual(['a', 'b']);
  expect(() => parserOf(1_009)(`{${digits}}`)).toThrow(WireError);
});
