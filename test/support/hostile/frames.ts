import { errorResponse, int32, message, readyForQuery } from '../network/wire.ts';

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** RowDescription of columns of one type. */
export function rowDescription(columns: readonly string[], type = 25, format = 0): Buffer {
  const fields = columns.map((name) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(type),
      int16(-1),
      int32(-1),
      int16(format),
    ]),
  );
  return message('T', int16(columns.length), ...fields);
}

/** DataRow of texts. */
export function dataRow(values: readonly (string | Buffer | null)[]): Buffer {
  const fields = values.flatMap((value) => {
    if (value === null) return [int32(-1)];
    const bytes = Buffer.from(value);
    return [int32(bytes.length), bytes];
  });
  return message('D', int16(values.length), ...fields);
}

/** One valid message of each type. Source: PostgreSQL's documentation, "Message Formats". */
export const FRAMES: Readonly<Record<string, Buffer>> = {
  AuthenticationOk: message('R', int32(0)),
  AuthenticationKerberosV5: message('R', int32(2)),
  AuthenticationCleartextPassword: message('R', int32(3)),
  'AuthenticationCrypt (until 8.3)': message('R', int32(4), 'sa'),
  AuthenticationMD5Password: message('R', int32(5), 'salt'),
  'AuthenticationSCMCredential (until 9.0)': message('R', int32(6)),
  AuthenticationGSS: message('R', int32(7)),
  AuthenticationGSSContinue: message('R', int32(8), 'token'),
  AuthenticationSSPI: message('R', int32(9)),
  AuthenticationSASL: message('R', int32(10), 'SCRAM-SHA-256\0\0'),
  AuthenticationSASLContinue: message('R', int32(11), 'r=nonce,s=c2FsdA==,i=4096'),
  AuthenticationSASLFinal: message('R', int32(12), 'v=c2lnbmF0dXJl'),
  'an unknown authentication request': message('R', int32(13)),
  'a negative authentication request': message('R', int32(-1)),
  BackendKeyData: message('K', int32(1), int32(2)),
  BindComplete: message('2'),
  CloseComplete: message('3'),
  CommandComplete: message('C', 'SELECT 1\0'),
  CopyData: message('d', 'some bytes'),
  CopyDone: message('c'),
  CopyInResponse: message('G', Buffer.of(0), int16(1), int16(0)),
  CopyOutResponse: message('H', Buffer.of(0), int16(1), int16(0)),
  CopyBothResponse: message('W', Buffer.of(0), int16(1), int16(0)),
  DataRow: dataRow(['a value', null]),
  EmptyQueryResponse: message('I'),
  ErrorResponse: errorResponse('ERROR', '42P01', 'a text'),
  FunctionCallResponse: message('V', int32(-1)),
  NegotiateProtocolVersion: message('v', int32(0), int32(1), '_pq_.option\0'),
  NoData: message('n'),
  NoticeResponse: message('N', 'SNOTICE\0', 'VNOTICE\0', 'C00000\0', 'Ma text\0', '\0'),
  NotificationResponse: message('A', int32(1), 'channel\0', 'payload\0'),
  ParameterDescription: message('t', int16(1), int32(25)),
  ParameterStatus: message('S', 'client_encoding\0', 'UTF8\0'),
  ParseComplete: message('1'),
  PortalSuspended: message('s'),
  ReadyForQuery: readyForQuery('I'),
  RowDescription: rowDescription(['a_column']),
  'a message of a client': message('Q', 'select 1\0'),
  'an unknown type': message('~', 'some bytes'),
  'type 0': message('\0', 'some bytes'),
};

/** Returns the message with another length in its header. */
function claim(frame: Buffer, length: number): Buffer {
  const bytes = Buffer.from(frame);
  bytes.writeUInt32BE(length >>> 0, 1);
  return bytes;
}

/** Returns the message with another body and its length. */
function withBody(frame: Buffer, body: Buffer): Buffer {
  return message(frame.toString('latin1', 0, 1), body);
}

const GIGABYTES = 0x7fff_ffff;

/** Ways to make a message invalid. */
export const MALFORMATIONS: Readonly<Record<string, (frame: Buffer) => Buffer>> = {
  'valid, but unexpected': (frame) => frame,
  'with length 0': (frame) => claim(frame, 0),
  'with length 1': (frame) => claim(frame, 1),
  'with length 2': (frame) => claim(frame, 2),
  'with length 3': (frame) => claim(frame, 3),
  'with length 4 and no body': (frame) => withBody(frame, Buffer.alloc(0)),
  'with length 4 and a body': (frame) => claim(frame, 4),
  'a byte too short': (frame) => withBody(frame, frame.subarray(5, Math.max(5, frame.length - 1))),
  'a byte too long': (frame) => withBody(frame, Buffer.concat([frame.subarray(5), Buffer.of(1)])),
  'with a length one too small': (frame) => claim(frame, frame.length - 2),
  'with a length one too large': (frame) => claim(frame, frame.length),
  'with length -1': (frame) => claim(frame, -1),
  'with length -2147483648': (frame) => claim(frame, -0x8000_0000),
  'with a length of 2 GB': (frame) => claim(frame, GIGABYTES),
  'without zero bytes': (frame) =>
    withBody(frame, Buffer.from(frame.subarray(5).map((byte) => (byte === 0 ? 1 : byte)))),
  'with a body of zeros': (frame) => withBody(frame, Buffer.alloc(frame.length - 5)),
  'with a body of 0xff': (frame) => withBody(frame, Buffer.alloc(frame.length - 5, 0xff)),
  'with a count of 32,767': (frame) =>
    withBody(frame, Buffer.concat([Buffer.of(0x7f, 0xff), frame.subarray(7)])),
};
