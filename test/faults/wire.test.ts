import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { createAuthority, createCertificate } from '../support/network/certificates.ts';
import { inQuery, instead } from '../support/network/faulty-network.ts';
import { startTlsProxy } from '../support/network/tls-proxy.ts';
import { int16, int32, message, readyForQuery } from '../support/network/wire.ts';
import { type ChangingServer, startChangingServer } from '../support/postgres/changing-server.ts';
import { type Arrange, type Faulty, testFaults } from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { WIRE_FAULTS } from './rows/wire.ts';

let server: ChangingServer;
beforeAll(async () => {
  server = await startChangingServer();
});
afterAll(async () => server[Symbol.asyncDispose]());

/** Answers the startup message with these bytes. */
const atStartup = (...answer: readonly Buffer[]): Arrange =>
  instead((socket) => void socket.once('data', () => socket.write(Buffer.concat(answer))));

/** Answers a query with these bytes. */
const answering = (...answer: readonly Buffer[]): Arrange =>
  inQuery((_chunk, { client }) => void client.write(Buffer.concat(answer)));

const BOUNDED: Partial<Faulty> = { memoryBytes: 200 * 2 ** 20 };

/** Writes the same bytes as fast as the client reads, until it closes the connection. */
function writeEndlessly(socket: Socket, bytes: Buffer): void {
  // Large writes save CPU time in the test.
  const many = Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes));
  const more = (): void => {
    while (!socket.destroyed && socket.write(many));
  };
  socket.on('drain', more);
  more();
}

/** Answers a query with some bytes, and then repeats others forever. */
const endlessly = (beginning: Buffer, bytes: Buffer): Arrange =>
  inQuery((_chunk, { client }) => {
    client.write(beginning);
    writeEndlessly(client, bytes);
  }, BOUNDED);

/** Returns a row description of columns of one type. */
function describeColumns(count: number, type: number): Buffer {
  const column = Buffer.concat([
    Buffer.from('column\0'),
    int32(0),
    int16(0),
    int32(type),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  return message('T', int16(count), ...Array.from({ length: count }, () => column));
}

function row(...values: readonly string[]): Buffer {
  return message(
    'D',
    int16(values.length),
    ...values.flatMap((text) => [int32(text.length), text]),
  );
}

function header(type: string, length: number): Buffer {
  return Buffer.concat([Buffer.from(type), int32(length)]);
}

const TEXT = 25;
const JSON_TYPE = 114;
const TEXT_ARRAY = 1_009;
const CLEAR_TEXT = message('R', int32(3));
const ACCEPTED = message('R', int32(0));

testFaults(WIRE_FAULTS, {
  // The requests that PostgreSQL sends; the server of the tests is built without these methods.
  gssapi: atStartup(message('R', int32(7))),
  sspi: atStartup(message('R', int32(9))),
  oauth: atStartup(message('R', int32(10), 'OAUTHBEARER\0\0')),
  unknownMethod: atStartup(message('R', int32(99))),
  clearText: async (stack) => {
    await server.reserve(stack);
    const { database } = server;
    await server.prependRule(`host all ${database.role} all password`, stack);
    await server.restart();
    const authority = await createAuthority('Authority of the wire');
    const received: Buffer[] = [];
    const proxy = stack.use(
      await startTlsProxy(server.port, await createCertificate('elsewhere', authority), (chunk) =>
        received.push(chunk),
      ),
    );
    return {
      world: { secret: secretFor(database, { port: proxy.port, ca: authority.cert }) },
      target: { tls: { mode: 'verify-ca' } },
      secrets: [database.name, database.role, database.password],
      after() {
        expect(received.join('')).toContain(database.role);
        expect(received.join('')).not.toContain(database.password);
      },
    };
  },
  shortRequest: atStartup(header('R', 4)),
  repeatedRequest: instead((socket) => {
    socket.on('data', () => socket.write(CLEAR_TEXT));
  }),
  unterminatedInLogin: atStartup(header('E', 4)),
  hugeClaimInLogin: atStartup(header('R', 0x7fffffff)),
  unknownTypeInLogin: atStartup(ACCEPTED, message('\x01')),
  endlessLogin: instead((socket) => {
    socket.once('data', () => {
      socket.write(ACCEPTED);
      writeEndlessly(socket, message('S', 'name\0', `${'x'.repeat(1_000)}\0`));
    });
  }, BOUNDED),
  noProcess: instead(
    (socket) =>
      void socket.once('data', () =>
        socket.end('Ecould not fork new process for connection: Cannot allocate memory\n\0'),
      ),
  ),
  unterminatedInQuery: answering(header('E', 4)),
  hugeClaimInQuery: answering(describeColumns(1, TEXT), header('D', 0x7fffffff)),
  negativeLength: answering(header('D', -1)),
  passwordInQuery: inQuery((_chunk, { client }) => {
    client.write(CLEAR_TEXT);
  }),
  cutRow: answering(describeColumns(1, TEXT), message('D', int16(1), int32(5), 'abc')),
  brokenJson: answering(
    describeColumns(1, JSON_TYPE),
    row('{'),
    message('C', 'SELECT 1\0'),
    readyForQuery('T'),
  ),
  endlessRows: endlessly(describeColumns(1, TEXT), row('x'.repeat(1_000))),
  endlessNotices: endlessly(Buffer.alloc(0), message('N', 'SNOTICE\0', 'Mhello\0', '\0')),
  endlessEmptyRows: endlessly(describeColumns(0, TEXT), row()),
  endlessResults: endlessly(Buffer.alloc(0), message('C', 'SELECT 1\0')),
  endlessColumns: endlessly(
    Buffer.alloc(0),
    Buffer.concat([describeColumns(1_664, TEXT), message('C', 'SELECT 0\0')]),
  ),
  endlessArray: endlessly(describeColumns(1, TEXT_ARRAY), row(`{${'x'.repeat(8_000_000)}}`)),
  endlessJson: endlessly(describeColumns(1, JSON_TYPE), row(`[${'{},'.repeat(100_000)}{}]`)),
});
