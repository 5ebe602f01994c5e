import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FRAMES, MALFORMATIONS } from '../support/hostile/frames.ts';
import { type HostilePool, startHostilePool } from '../support/hostile/function.ts';
import { expectAll, PLACE_NAMES, PLACES, record } from '../support/hostile/hostile.ts';
import { aMutation, playOf } from '../support/hostile/mutations.ts';
import type { Play } from '../support/hostile/server.ts';
import { LOGINS, type Recording } from '../support/hostile/session.ts';

const stack = new AsyncDisposableStack();
let recordings: readonly [Recording, Recording];
let functions: HostilePool;

beforeAll(async () => {
  recordings = [await record('2.28.3'), await record('1.7.5')];
  functions = stack.use(await startHostilePool(4));
});

afterAll(() => stack.disposeAsync());

test.each(LOGINS)('a recorded session with a login by %s ends in a report', async (login) => {
  for (const recording of recordings) {
    const { problems, summary } = await functions.run({
      name: `${recording.name}, ${login}`,
      recording,
      login,
      tamper: () => undefined,
    });
    expect(problems).toStrictEqual([]);
    expect(summary).toMatchObject({ outcome: 'sent' });
  }
});

/** A message that is said before an answer, and one in its stead. */
function playsOf(type: string, malformation: string, bytes: Buffer): readonly Play[] {
  const [recording] = recordings;
  return PLACE_NAMES.flatMap((place) =>
    [true, false].map(
      (isAlone): Play => ({
        name: `${type}, ${malformation}, ${isAlone ? 'instead' : 'in front'} of what is said ${place}`,
        recording,
        login: 'trust',
        tamper: (step, answer, steps) =>
          step === PLACES[place](steps)
            ? { bytes: Buffer.concat([bytes, ...(isAlone ? [] : answer)]), afterwards: 'hangs up' }
            : undefined,
      }),
    ),
  );
}

describe('the run ends as it must, however it comes,', () => {
  test.each(Object.entries(FRAMES))('with %s', async (type, frame) => {
    const plays = Object.entries(MALFORMATIONS).flatMap(([malformation, malform]) =>
      playsOf(type, malformation, malform(frame)),
    );
    await expectAll(functions, plays);
  });
});

/** For a longer session by hand: `HOSTILE_RUNS=20000 npx vitest run test/bundle/hostile-server.test.ts`. */
const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 600);
/** To repeat one. */
const SEED = Number(process.env['HOSTILE_SEED'] ?? Date.now() % 2 ** 31);
/** So many run beside one another. */
const AT_ONCE = 8;

test(
  `the run ends as it must, whatever a server says (seed ${SEED})`,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aMutation, { minLength: AT_ONCE, maxLength: AT_ONCE }),
        async (mutations) => {
          await expectAll(
            functions,
            mutations.map((mutation) => playOf(mutation, recordings)),
          );
        },
      ),
      { numRuns: Math.ceil(RUNS / AT_ONCE), seed: SEED, endOnFailure: true },
    );
  },
  RUNS * 500,
);
