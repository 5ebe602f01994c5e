import type { Socket } from 'node:net';
import { type SocketServer, serveSockets } from '../network/sockets.ts';
import { messageReader } from '../network/wire.ts';
import { secret } from '../process/secrets.ts';
import { type Answer, type Login, type Recording, respondersOf } from './session.ts';

/** Behaviour of the server after the tampered bytes. */
export const AFTERWARDS = ['goes on', 'hangs up', 'resets', 'is silent', 'repeats'] as const;
export type Afterwards = (typeof AFTERWARDS)[number];

/** Bytes that the server sends instead of an answer. */
export interface Tampered {
  readonly bytes: Buffer;
  /** Size of the pieces in which the bytes are written; default: one piece. */
  readonly pieceBytes?: number;
  /** `repeats` sends the last bytes until the client closes the connection. */
  readonly afterwards: Afterwards;
  /** Number of bytes at the end that are repeated; default: all. */
  readonly repeatedBytes?: number;
}

/** One session with a hostile server. */
export interface Play {
  /** Names the session in a failure. */
  readonly name: string;
  readonly recording: Recording;
  readonly login: Login;
  /** Environment variables that replace those of the function. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Returns the bytes to send instead of an answer; undefined sends the answer.
   *
   * @param step number of the client's message: 0 is the startup message
   */
  tamper(step: number, answer: Answer, steps: number): Tampered | undefined;
}

/** Repeated bytes are written in blocks of about this size. */
const BLOCK_BYTES = 64 * 1_024;

function repeat(socket: Socket, bytes: Buffer): void {
  if (bytes.length === 0) return;
  const block = Buffer.concat(
    Array.from({ length: Math.ceil(BLOCK_BYTES / bytes.length) }, () => bytes),
  );
  const more = (): void => {
    while (socket.writable && socket.write(block));
  };
  socket.on('drain', more);
  more();
}

async function write(socket: Socket, { bytes, pieceBytes }: Tampered): Promise<void> {
  const length = pieceBytes ?? Math.max(1, bytes.length);
  for (let at = 0; at < bytes.length && socket.writable; at += length) {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.write(bytes.subarray(at, at + length), () => resolve());
    await promise;
  }
}

/** Sends the bytes and does what follows them. */
export async function send(socket: Socket, tampered: Tampered): Promise<void> {
  await write(socket, tampered);
  const { bytes, afterwards, repeatedBytes = bytes.length } = tampered;
  if (afterwards === 'hangs up') socket.end();
  if (afterwards === 'resets') socket.resetAndDestroy();
  if (afterwards === 'repeats') repeat(socket, bytes.subarray(bytes.length - repeatedBytes));
}

/** Password of every client of a hostile server. */
export const HOSTILE_PASSWORD = secret('password-of-the-hostile');

/** Plays one session to one client. */
function play(socket: Socket, { recording, login, tamper }: Play): void {
  const responders = respondersOf(recording, login, HOSTILE_PASSWORD);
  const read = messageReader(true);
  let step = 0;
  let isDone = false;
  socket.on('data', (chunk) => {
    for (const { body } of read(chunk)) {
      const answer = isDone ? undefined : responders[step]?.(body);
      if (answer === undefined) {
        socket.end();
        return;
      }
      const tampered = tamper(step, answer, responders.length);
      isDone = tampered !== undefined && tampered.afterwards !== 'goes on';
      void send(socket, tampered ?? { bytes: Buffer.concat(answer), afterwards: 'goes on' });
      step += 1;
    }
  });
}

export interface HostileServer extends SocketServer {
  /** Sets the session for the next clients. */
  setPlay(play: Play): void;
}

export async function startHostileServer(): Promise<HostileServer> {
  let current: Play | undefined;
  const server = await serveSockets((socket) => {
    if (current !== undefined) play(socket, current);
  });
  return {
    ...server,
    setPlay(next) {
      current = next;
    },
  };
}
