import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import PgConnection from 'pg/lib/connection.js';
import { AuthenticationGuard } from './wire-authentication.ts';
import {
  check,
  checkBackendKeyData,
  checkCommandComplete,
  checkDataRow,
  checkEmpty,
  checkFields,
  checkNotification,
  checkParameterStatus,
  checkReadyForQuery,
  checkRowDescription,
  HEADER_BYTES,
  WireError,
} from './wire-messages.ts';

/** Limits of messages until the login is accepted, as in libpq (fe-connect.c). */
const MAX_REQUEST_BYTES = 2_000;
const MAX_LOGIN_MESSAGE_BYTES = 30_000;

const MAX_MESSAGE_BYTES = 8 * 1_024 * 1_024;
/** Limit of the estimated memory for all parsed messages of a session. */
const MAX_SESSION_BYTES = 32 * 1_024 * 1_024;
const COST = {
  message: 128,
  /** A result; one for each statement. */
  result: 1_024,
  /** A column of a RowDescription. */
  column: 256,
  /** A byte of a row, in addition to the message's own: a character of a string may take two bytes. */
  rowByte: 1,
  /** A value of a row. */
  value: 48,
  /** A possible node of JSON, or element of an array. */
  node: 48,
  /** An object of JSON. For an object whose only name is an index, V8 allocates an array of up to 36 places. */
  object: 320,
} as const;

const EMPTY = Buffer.alloc(0);

/** The server cannot start a process, and has sent its message as plain text, as before version 3 of the protocol. */
export class NoProcessError extends WireError {
  override readonly name = 'NoProcessError';
}

/** Whether the length of an error is text: printable ASCII, or bytes of other characters. */
function isText(header: Buffer): boolean {
  return header.subarray(1, HEADER_BYTES).every((byte) => byte >= 0x20 && byte !== 0x7f);
}

/** Costs of the bytes that separate or begin nodes of JSON, or elements of an array. */
const COST_OF_BYTE: ReadonlyMap<number, number> = new Map([
  ...Array.from(Buffer.from(',:['), (byte) => [byte, COST.node] as const),
  ['{'.charCodeAt(0), COST.object],
]);

/** Returns the cost of the possible nodes of JSON, or elements of arrays, in the values of a row. */
function costOfNodes(message: Buffer): number {
  let cost = 0;
  for (const byte of message) cost += COST_OF_BYTE.get(byte) ?? 0;
  return cost;
}

type Stage = 'login' | 'start' | 'session';

/** Types of the messages that a server may send; `start` is between the accepted login and the first query. */
const TYPES: Readonly<Record<Stage, string>> = {
  login: 'REN',
  start: 'SKNEZ',
  session: 'TDCIZENSA',
};

/**
 * Splits the bytes of a server into messages, and checks type, length and content of each, and the order where the driver
 * relies on it. Buffers no message that exceeds its limit.
 */
class WireGuard {
  readonly #authentication: AuthenticationGuard;
  #stage: Stage = 'login';
  #columns: number | undefined;
  #cost = 0;
  /** Start of a message whose length is not known yet. */
  #header: Buffer = EMPTY;
  /** Incomplete message, and the number of bytes received. */
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(mayReadPassword: () => boolean) {
    this.#authentication = new AuthenticationGuard(mayReadPassword);
  }

  get isAuthenticated(): boolean {
    return this.#stage !== 'login';
  }

  /**
   * Yields the messages that end in this chunk.
   *
   * @throws WireError
   */
  *read(chunk: Buffer): Generator<Buffer, void> {
    let left = this.#header.length === 0 ? chunk : Buffer.concat([this.#header, chunk]);
    this.#header = EMPTY;
    while (left.length > 0) {
      this.#partial ??= this.#begin(left);
      if (this.#partial === undefined) {
        this.#header = Buffer.from(left);
        return;
      }
      const taken = left.copy(this.#partial, this.#filled);
      this.#filled += taken;
      left = left.subarray(taken);
      if (this.#filled < this.#partial.length) return;
      const message = this.#partial;
      this.#partial = undefined;
      this.#filled = 0;
      this.#checkMessage(message);
      yield message;
    }
  }

  /** Allocates the message that begins here; returns undefined until its length is received. */
  #begin(bytes: Buffer): Buffer | undefined {
    const type = String.fromCharCode(bytes[0] ?? 0);
    check(TYPES[this.#stage].includes(type), 'message of this stage');
    if (bytes.length < HEADER_BYTES) return undefined;
    const length = bytes.readUInt32BE(1);
    const isFirst = this.#cost === 0;
    if (isFirst && type === 'E' && isText(bytes)) throw new NoProcessError();
    check(length >= HEADER_BYTES - 1, 'length of a message');
    check(length <= this.#longest(type), 'length of a message');
    this.#spend(length + COST.message + (type === 'C' ? COST.result : 0));
    return Buffer.allocUnsafe(length + 1);
  }

  #longest(type: string): number {
    if (this.#stage !== 'login') return MAX_MESSAGE_BYTES;
    return type === 'R' ? MAX_REQUEST_BYTES : MAX_LOGIN_MESSAGE_BYTES;
  }

  #spend(bytes: number): void {
    this.#cost += bytes;
    check(this.#cost <= MAX_SESSION_BYTES, 'size of a session');
  }

  #checkMessage(message: Buffer): void {
    const type = String.fromCharCode(message[0] ?? 0);
    if (type !== 'D' && type !== 'S' && type !== 'N' && type !== 'A') this.#columns = undefined;
    CHECKS[type]?.(message);
    if (type === 'R') this.#checkRequest(message);
    else if (type === 'T') this.#describe(checkRowDescription(message));
    else if (type === 'D') this.#checkRow(message);
    else if (type === 'Z') this.#stage = 'session';
  }

  #describe(columns: number): void {
    this.#columns = columns;
    this.#spend(columns * COST.column);
  }

  #checkRequest(message: Buffer): void {
    this.#authentication.check(message);
    if (this.#authentication.isAccepted) this.#stage = 'start';
  }

  #checkRow(message: Buffer): void {
    checkDataRow(message, this.#columns);
    const values = this.#columns ?? 0;
    this.#spend(message.length * COST.rowByte + values * COST.value + costOfNodes(message));
  }
}

/** Checks of messages that do not depend on other messages. */
const CHECKS: Readonly<Record<string, (message: Buffer) => void>> = {
  A: checkNotification,
  C: checkCommandComplete,
  E: checkFields,
  I: checkEmpty,
  K: checkBackendKeyData,
  N: checkFields,
  S: checkParameterStatus,
  Z: checkReadyForQuery,
};

/**
 * A connection of node-postgres whose parser receives only checked messages. The parser is not safe against a hostile
 * server: it throws inside the socket's listener, loops on unterminated strings, and buffers any length that a header claims.
 */
export class GuardedConnection extends PgConnection {
  readonly #guard: WireGuard;
  #isPasswordSent = false;

  /**
   * @param mayReadPassword whether only the intended server can read a password in clear text
   */
  constructor(
    options: ConstructorParameters<typeof PgConnection>[0],
    mayReadPassword: () => boolean,
  ) {
    super(options);
    this.#guard = new WireGuard(mayReadPassword);
  }

  /** The password, or a proof of it, was sent and not accepted yet. */
  get isPasswordInQuestion(): boolean {
    return this.#isPasswordSent && !this.#guard.isAuthenticated;
  }

  override password(password: string): void {
    this.#isPasswordSent = true;
    super.password(password);
  }

  override sendSCRAMClientFinalMessage(message: string): void {
    this.#isPasswordSent = true;
    super.sendSCRAMClientFinalMessage(message);
  }

  /** Reads after TLS decryption. An error that the guard, the parser or a listener throws is emitted by the connection. */
  override attachListeners(stream: Duplex): void {
    const source = new EventEmitter();
    super.attachListeners(source);
    const hear = (chunk: Buffer): void => {
      try {
        for (const message of this.#guard.read(chunk)) source.emit('data', message);
      } catch (error) {
        stream.off('data', hear);
        this.emit('error', error);
        stream.destroy();
      }
    };
    stream.on('data', hear);
  }
}
