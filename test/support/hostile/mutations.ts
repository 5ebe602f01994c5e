import fc from 'fast-check';
import { applyChange, type Change, placeIn, SHARES } from './changes.ts';
import { FRAMES, MALFORMATIONS } from './frames.ts';
import { AFTERWARDS, type Play, type Tampered } from './server.ts';
import { type Answer, LOGINS, type Recording } from './session.ts';

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
  const bytes = Buffer.concat(changes.reduce(applyChange, answer));
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
