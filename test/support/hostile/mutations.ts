import fc from 'fast-check';
import { message } from '../network/wire.ts';
import { FRAMES, MALFORMATIONS } from './frames.ts';
import { AFTERWARDS, type Play, type Tampered } from './server.ts';
import { type Answer, LOGINS, type Recording } from './session.ts';

/** A position in a list is given as a share of its length, from 0 to this. */
const SHARES = 10_000;

function placeIn(length: number, share: number): number {
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
type Change =
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

function apply(answer: Answer, change: Change): Answer {
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

const share = fc.nat(SHARES);

const aText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json({ maxDepth: 4 }),
  fc.constantFrom(
    '',
    't',
    'f',
    'null',
    '[]',
    '{}',
    '0',
    '-1',
    '170005',
    '99999999999',
    '2.28.3',
    '{{{',
    'NaN',
  ),
);

const aType = fc.oneof(
  fc.nat(255),
  fc.constantFrom(...Object.values(FRAMES).map((frame) => frame[0] ?? 0)),
);

const aChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ change: fc.constant('cut' as const), at: share }),
  fc.record({ change: fc.constant('remove' as const), at: share }),
  fc.record({
    change: fc.constant('repeat' as const),
    at: share,
    times: fc.oneof(fc.integer({ min: 2, max: 5 }), fc.constantFrom(100, 5_000)),
  }),
  fc.record({ change: fc.constant('move' as const), at: share, to: share }),
  fc.record({
    change: fc.constant('resize' as const),
    at: share,
    by: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(-1, 1, 70_000, 9_000_000)),
  }),
  fc.record({
    change: fc.constant('claim' as const),
    at: share,
    length: fc.oneof(
      fc.integer({ min: -2, max: 40 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    ),
  }),
  fc.record({ change: fc.constant('retype' as const), at: share, type: aType }),
  fc.record({
    change: fc.constant('flip' as const),
    at: share,
    mask: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ change: fc.constant('revalue' as const), at: share, text: aText, of: share }),
  fc.record({
    change: fc.constant('malform' as const),
    at: share,
    how: fc.constantFrom(...Object.keys(MALFORMATIONS)),
  }),
  fc.record({
    change: fc.constant('insert' as const),
    at: share,
    what: fc.constantFrom(...Object.keys(FRAMES)),
    how: fc.constantFrom(...Object.keys(MALFORMATIONS)),
  }),
  fc.record({
    change: fc.constant('insert bytes' as const),
    at: share,
    bytes: fc.uint8Array({ maxLength: 300 }),
  }),
);

/** A recorded session with one changed answer. */
export interface Mutation {
  readonly recording: number;
  readonly login: (typeof LOGINS)[number];
  /** Position of the changed answer. */
  readonly step: number;
  readonly changes: readonly Change[];
  readonly pieceBytes: number | undefined;
  readonly afterwards: Tampered['afterwards'];
}

export const aMutation: fc.Arbitrary<Mutation> = fc.record({
  recording: fc.nat(1),
  login: fc.constantFrom(...LOGINS),
  step: share,
  changes: fc.array(aChange, { minLength: 1, maxLength: 4 }),
  pieceBytes: fc.option(fc.constantFrom(1, 2, 3, 5, 7, 64, 1_000), { nil: undefined, freq: 3 }),
  // A silent server costs the run's whole time limit.
  afterwards: fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom('goes on' as const, 'hangs up' as const, 'resets' as const),
    },
    { weight: 1, arbitrary: fc.constantFrom(...AFTERWARDS) },
  ),
});

/** Maximum number of pieces; longer answers are written at once. */
const MOST_PIECES = 2_000;

function toTampered(answer: Answer, { changes, pieceBytes, afterwards }: Mutation): Tampered {
  const bytes = Buffer.concat(changes.reduce(apply, answer));
  const areFew = pieceBytes !== undefined && bytes.length / pieceBytes <= MOST_PIECES;
  return { bytes, afterwards, ...(areFew && { pieceBytes }) };
}

export function playOf(mutation: Mutation, recordings: readonly Recording[]): Play {
  const recording = recordings[mutation.recording];
  if (recording === undefined) throw new TypeError('There is no such recording.');
  return {
    name: fc.stringify(mutation),
    recording,
    login: mutation.login,
    tamper: (step, answer, steps) =>
      step === placeIn(steps, mutation.step) ? toTampered(answer, mutation) : undefined,
  };
}
