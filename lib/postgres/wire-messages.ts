/**
 * Checks of single messages of a PostgreSQL server. Source: PostgreSQL's documentation, "Message Formats". Covers the
 * messages of a login with a password and of simple queries, which are all that this client uses.
 */

/** Size of a message's type and length. */
export const HEADER_BYTES = 5;
/** PostgreSQL's limit of a target list (MaxTupleAttributeNumber). */
const MAX_COLUMNS = 1_664;
/** Size of a column in a RowDescription after its name: table, column, type, size, modifier and format. */
const COLUMN_BYTES = 18;
/** Format of a simple query's columns. The driver's parsers of binary arrays do not check the counts in them. */
const TEXT_FORMAT = 0;

/** The server sent bytes that are not a valid message of the protocol, or a message that is not allowed at this point. */
export class WireError extends Error {
  override readonly name: string = 'WireError';
}

/** @throws WireError unless the message is valid */
export function check(isValid: boolean, what: string): asserts isValid {
  if (!isValid) throw new WireError(`The server sent an invalid ${what}.`);
}

/** Returns the offset after the zero byte that ends the string at `start`. */
function endOfString(message: Buffer, start: number, what: string): number {
  const zero = message.indexOf(0, start);
  check(zero !== -1, what);
  return zero + 1;
}

function checkStrings(message: Buffer, from: number, count: number, what: string): void {
  let offset = from;
  for (let i = 0; i < count; i++) offset = endOfString(message, offset, what);
  check(offset === message.length, what);
}

function columnCount(message: Buffer, what: string): number {
  check(message.length >= HEADER_BYTES + 2, what);
  const count = message.readInt16BE(HEADER_BYTES);
  check(count >= 0 && count <= MAX_COLUMNS, what);
  return count;
}

/** Checks an ErrorResponse or NoticeResponse: fields of a type and a string, then a zero byte. */
export function checkFields(message: Buffer): void {
  const what = 'error or notice';
  let offset = HEADER_BYTES;
  while (offset < message.length && message[offset] !== 0) {
    offset = endOfString(message, offset + 1, what);
  }
  check(offset === message.length - 1, what);
}

/** Checks a RowDescription, and returns its number of columns. */
export function checkRowDescription(message: Buffer): number {
  const what = 'row description';
  const count = columnCount(message, what);
  let offset = HEADER_BYTES + 2;
  for (let i = 0; i < count; i++) {
    offset = endOfString(message, offset, what) + COLUMN_BYTES;
    check(offset <= message.length, what);
    check(message.readInt16BE(offset - 2) === TEXT_FORMAT, what);
  }
  check(offset === message.length, what);
  return count;
}

/** @param columns number of columns in the last RowDescription */
export function checkDataRow(message: Buffer, columns: number | undefined): void {
  const what = 'row';
  const count = columnCount(message, what);
  check(count === columns, what);
  let offset = HEADER_BYTES + 2;
  for (let i = 0; i < count; i++) {
    check(offset + 4 <= message.length, what);
    const length = message.readInt32BE(offset);
    check(length >= -1, what);
    offset += 4 + Math.max(length, 0);
  }
  check(offset === message.length, what);
}

export function checkReadyForQuery(message: Buffer): void {
  const status = String.fromCharCode(message[HEADER_BYTES] ?? 0);
  check(message.length === HEADER_BYTES + 1 && 'ITE'.includes(status), 'ReadyForQuery');
}

export function checkCommandComplete(message: Buffer): void {
  checkStrings(message, HEADER_BYTES, 1, 'CommandComplete');
}

export function checkParameterStatus(message: Buffer): void {
  checkStrings(message, HEADER_BYTES, 2, 'ParameterStatus');
}

/** Checks a NotificationResponse: process id, channel and payload. */
export function checkNotification(message: Buffer): void {
  check(message.length >= HEADER_BYTES + 4, 'NotificationResponse');
  checkStrings(message, HEADER_BYTES + 4, 2, 'NotificationResponse');
}

/** Checks a BackendKeyData: process id and a key of at least 32 bits. */
export function checkBackendKeyData(message: Buffer): void {
  check(message.length >= HEADER_BYTES + 8, 'BackendKeyData');
}

export function checkEmpty(message: Buffer): void {
  check(message.length === HEADER_BYTES, 'message without content');
}
