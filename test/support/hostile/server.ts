import type { Socket } from 'node:net';
import { secret } from '../secrets.ts';
import { type SocketServer, serveSockets } from '../sockets.ts';
import { messageReader } from '../wire.ts';
import { type Answer, type Login, type Recording, respondersOf } from './session.ts';

/** What a server does after the bytes that it was not to say. */
export const AFTERWARDS = ['goes on', 'hangs up', 'resets', 'is silent', 'repeats'] as const;
export type Afterwards = (typeof AFTERWARDS)[number];

/** What a server says instead of an answer. */
export interface Tampered {
  readonly bytes: Buffer;
  /** It comes in pieces of so many bytes; in one where there is no number. */
  readonly pieceBytes?: number;
  /** `repeats` says the last bytes again and again, until the client has hung up. */
  readonly afterwards: Afterwards;
  /** What is repeated, in bytes from the end; all of it where there is no number. */
  readonly repeatedBytes?: number;
}

/** One session with a server that says something else than it should. */
export interface Play {
  /** For whoever reads that it went wrong. */
  readonly name: string;
  readonly recording: Recording;
  readonly login: Login;
  /** @param step which message of the client is answered: 0 is the startup message */
  tamper(step: number, answer: Answer, steps: number): Tampered | undefined;
}

/** Big enough for the kernel to be busy with. */
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

async function say(socket: Socket, tampered: Tampered): Promise<void> {
  await write(socket, tampered);
  const { bytes, afterwards, repeatedBytes = bytes.length } = tampered;
  if (afterwards === 'hangs up') socket.end();
  if (afterwards === 'resets') socket.resetAndDestroy();
  if (afterwards === 'repeats') repeat(socket, bytes.subarray(bytes.length - repeatedBytes));
}

/** Of whoever logs in to a hostile server. */
export const HOSTILE_PASSWORD = secret('password-of-the-hostile');

/** Plays one session with one client. */
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
      void say(socket, tampered ?? { bytes: Buffer.concat(answer), afterwards: 'goes on' });
      step += 1;
    }
  });
}

export interface HostileServer extends SocketServer {
  /** Sets what the next clients are played. */
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
