/** The parts of PostgreSQL's protocol 3 that the tests implement. Source: PostgreSQL's documentation, chapter 54. */

/** SSLRequest: length 8, code 80877103. */
export const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex');

/** Returns a message with its type and length. */
export function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

/** Returns a big-endian integer of 32 bits. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Returns a big-endian integer of 16 bits. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** Returns an ErrorResponse with the fields that PostgreSQL always sends. */
export function errorResponse(severity: 'ERROR' | 'FATAL', sqlstate: string, text: string): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${sqlstate}`, `M${text}`];
  return message('E', ...fields.map((field) => `${field}\0`), '\0');
}

/** Returns ReadyForQuery: idle (I), in a transaction (T), or in a failed one (E). */
export function readyForQuery(status: 'I' | 'T' | 'E'): Buffer {
  return message('Z', status);
}

/** Parses the parameters in the body of a startup message. */
export function startupParameters(body: Buffer): Record<string, string> {
  const texts = body.subarray(4).toString('utf8').split('\0');
  const parameters: Record<string, string> = {};
  for (let i = 0; i + 1 < texts.length && texts[i] !== ''; i += 2) {
    parameters[texts[i] ?? ''] = texts[i + 1] ?? '';
  }
  return parameters;
}

export interface Message {
  readonly type: string;
  readonly body: Buffer;
  /** The whole message, with type and length. */
  readonly bytes: Buffer;
}

/**
 * Returns a function that collects chunks and returns the messages that they complete.
 *
 * @param startsUntyped whether the first message is a startup message, which has no type
 */
export function messageReader(startsUntyped: boolean): (chunk: Buffer) => Message[] {
  let pending: Buffer = Buffer.alloc(0);
  let prefix = startsUntyped ? 0 : 1;
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const messages: Message[] = [];
    while (pending.length >= prefix + 4) {
      const end = prefix + pending.readUInt32BE(prefix);
      if (pending.length < end) break;
      messages.push({
        type: prefix === 0 ? '' : String.fromCharCode(pending[0] ?? 0),
        body: pending.subarray(prefix + 4, end),
        bytes: pending.subarray(0, end),
      });
      pending = pending.subarray(end);
      prefix = 1;
    }
    return messages;
  };
}

/** Whether bytes from a client begin with a simple query. */
export function isQuery(chunk: Buffer): boolean {
  return chunk[0] === 'Q'.charCodeAt(0);
}
