import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FRAMES, MALFORMATIONS } from '../support/hostile/frames.ts';
import { type HostilePool, startHostilePool } from '../support/hostile/function.ts';
import { expectAll, PLACES, record, TABLE_PLACES } from '../support/hostile/hostile.ts';
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

test('sends a report in a replayed session, with each login method', async () => {
  // With a time limit that is long enough for a slow machine.
  await using patient = await startHostilePool(1, { timeLimitMs: 20_000 });
  for (const login of LOGINS) {
    for (const recording of recordings) {
      const name = `${recording.name}, ${login}`;
      const { problems, summary } = await patient.run({
        name,
        recording,
        login,
        tamper: () => undefined,
      });
      expect(problems).toStrictEqual([]);
      expect(summary, name).toMatchObject({ outcome: 'sent' });
    }
  }
});

/** Returns plays that send a message before an answer and instead of it. */
function playsOf(type: string, malformation: string, bytes: Buffer): readonly Play[] {
  const [recording] = recordings;
  return TABLE_PLACES.flatMap((place) =>
    [true, false].map(
      (isAlone): Play => ({
        name: `${type}, ${malformation}, ${isAlone ? 'instead of' : 'before'} the answer ${place}`,
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

describe('writes one summary line when a server sends', () => {
  test.each(Object.entries(FRAMES))('%s in any invalid form', async (type, frame) => {
    const plays = Object.entries(MALFORMATIONS).flatMap(([malformation, malform]) =>
      playsOf(type, malformation, malform(frame)),
    );
    await expectAll(functions, plays);
  });
});

/** Number of mutations. More by hand: `HOSTILE_RUNS=20000 npx vitest run test/bundle/hostile-server.test.ts`. */
const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 600);
/** Seed of the mutations, which is in the test's title; set HOSTILE_SEED to repeat a failure. */
const SEED = Number(process.env['HOSTILE_SEED'] ?? Date.now() % 2 ** 31);
/** Mutations in parallel. */
const AT_ONCE = 8;

test(
  `writes one summary line for any mutation of a session (seed ${SEED})`,
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
