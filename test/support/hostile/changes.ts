import { message } from '../network/wire.ts';
import { FRAMES, MALFORMATIONS } from './frames.ts';
import type { Answer } from './session.ts';

/** A position in a list is given as a share of its length, from 0 to this. */
export const SHARES = 10_000;

/** Returns the position in a list of this length. */
export function placeIn(length: number, share: number): number {
  return Math.min(length - 1, Math.floor((share / SHARES) * length));
}

/** Replaces the message at a position. */
function replaceAt(
  answer: Answer,
  share: number,
  replace: (frame: Buffer) => readonly Buffer[],
): Answer {
  if (answer.length === 0) return answer;
  const at = placeIn(answer.length, share);
  return answer.flatMap((frame, i) => (i === at ? replace(frame) : [frame]));
}

function claim(frame: Buffer, length: number): Buffer {
  const bytes = Buffer.from(frame);
  if (bytes.length >= 5) bytes.writeInt32BE(length | 0, 1);
  return bytes;
}

function resize(frame: Buffer, by: number): Buffer {
  const body = frame.subarray(5);
  const resized =
    by < 0
      ? body.subarray(0, Math.max(0, body.length + by))
      : Buffer.concat([body, Buffer.alloc(by, 'x')]);
  return message(frame.toString('latin1', 0, 1), resized);
}

/** More than the guard allows in a session, and little enough for the test's own process. */
const MOST_REPEATED_BYTES = 50_000_000;

function repeat(frame: Buffer, times: number): readonly Buffer[] {
  const most = Math.max(2, Math.floor(MOST_REPEATED_BYTES / Math.max(1, frame.length)));
  return Array.from({ length: Math.min(times, most) }, () => frame);
}

function flip(answer: Answer, share: number, mask: number): Answer {
  const bytes = Buffer.concat(answer);
  const at = placeIn(bytes.length, share);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ mask;
  return [bytes];
}

function move(answer: Answer, from: number, to: number): Answer {
  if (answer.length === 0) return answer;
  const at = placeIn(answer.length, from);
  return answer
    .toSpliced(at, 1)
    .toSpliced(placeIn(answer.length, to), 0, ...answer.slice(at, at + 1));
}

/** Replaces one value of a row and keeps the lengths valid, as a server with other catalogs would. */
function revalue(frame: Buffer, text: string, share: number): readonly Buffer[] {
  if (frame[0] !== 'D'.charCodeAt(0)) return [frame];
  const values: Buffer[] = [];
  let at = 7;
  while (at + 4 <= frame.length) {
    const end = at + 4 + Math.max(0, frame.readInt32BE(at));
    values.push(frame.subarray(at, end));
    at = end;
  }
  if (values.length === 0) return [frame];
  const other = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeInt32BE(other.length);
  values[placeIn(values.length, share)] = Buffer.concat([length, other]);
  return [message('D', frame.subarray(5, 7), ...values)];
}

/** One change of an answer. */
export type Change =
  | { readonly change: 'cut'; readonly at: number }
  | { readonly change: 'remove'; readonly at: number }
  | { readonly change: 'repeat'; readonly at: number; readonly times: number }
  | { readonly change: 'move'; readonly at: number; readonly to: number }
  | { readonly change: 'resize'; readonly at: number; readonly by: number }
  | { readonly change: 'claim'; readonly at: number; readonly length: number }
  | { readonly change: 'retype'; readonly at: number; readonly type: number }
  | { readonly change: 'flip'; readonly at: number; readonly mask: number }
  | { readonly change: 'revalue'; readonly at: number; readonly text: string; readonly of: number }
  | { readonly change: 'malform'; readonly at: number; readonly how: string }
  | { readonly change: 'insert'; readonly at: number; readonly what: string; readonly how: string }
  | { readonly change: 'insert bytes'; readonly at: number; readonly bytes: Uint8Array };

function malform(frame: Buffer, how: string): readonly Buffer[] {
  return [frame.length < 5 ? frame : (MALFORMATIONS[how]?.(frame) ?? frame)];
}

/** Applies a change to an answer. */
export function applyChange(answer: Answer, change: Change): Answer {
  const { at } = change;
  switch (change.change) {
    case 'cut': {
      const bytes = Buffer.concat(answer);
      return [bytes.subarray(0, placeIn(bytes.length, at))];
    }
    case 'remove':
      return replaceAt(answer, at, () => []);
    case 'repeat':
      return replaceAt(answer, at, (frame) => repeat(frame, change.times));
    case 'move':
      return move(answer, at, change.to);
    case 'resize':
      return replaceAt(answer, at, (frame) => [resize(frame, change.by)]);
    case 'claim':
      return replaceAt(answer, at, (frame) => [claim(frame, change.length)]);
    case 'retype':
      return replaceAt(answer, at, (frame) => [
        Buffer.concat([Buffer.of(change.type), frame.subarray(1)]),
      ]);
    case 'flip':
      return flip(answer, at, change.mask);
    case 'revalue':
      return replaceAt(answer, at, (frame) => revalue(frame, change.text, change.of));
    case 'malform':
      return replaceAt(answer, at, (frame) => malform(frame, change.how));
    case 'insert':
      return replaceAt(answer, at, (frame) => [
        ...malform(FRAMES[change.what] ?? frame, change.how),
        frame,
      ]);
    case 'insert bytes':
      return replaceAt(answer, at, (frame) => [Buffer.from(change.bytes), frame]);
  }
}
