import { afterAll, beforeAll, describe, test } from 'vitest';
import { FLOODS, VALUES, WRONG_ITEMS } from '../support/hostile/floods.ts';
import { type HostilePool, startHostilePool } from '../support/hostile/function.ts';
import { expectAll, PLACES, type Place, record } from '../support/hostile/hostile.ts';
import type { Play, Tampered } from '../support/hostile/server.ts';
import type { Recording } from '../support/hostile/session.ts';

const stack = new AsyncDisposableStack();
let recording: Recording;
/** Functions with a time limit that is long enough to run out of memory. */
let functions: HostilePool;

beforeAll(async () => {
  recording = await record('2.28.3');
  functions = stack.use(await startHostilePool(2, { timeLimitMs: 20_000, isCold: true }));
});

afterAll(() => stack.disposeAsync());

function playAt(name: string, place: Place, tampered: () => Tampered): Play {
  return {
    name: `${name}, in the answer ${place}`,
    recording,
    login: 'trust',
    tamper: (step, _answer, steps) => (step === PLACES[place](steps) ? tampered() : undefined),
  };
}

function isPlace(text: string): text is Place {
  return text in PLACES;
}

const NOTHING = Buffer.alloc(0);

describe('stays within its memory and time when a server endlessly sends', () => {
  test.each(Object.entries(FLOODS))('%s', async (name, { first = NOTHING, again = NOTHING }) => {
    const flood = (): Tampered => ({
      bytes: Buffer.concat([first, again]),
      afterwards: 'repeats',
      repeatedBytes: again.length,
    });
    await expectAll(functions, [
      playAt(name, 'to the startup message', flood),
      playAt(name, 'to the first query', flood),
    ]);
  });
});

describe('stays within its memory and time when a server sends one value:', () => {
  test.each(Object.entries(VALUES))('%s', async (name, make) => {
    const play = playAt(name, 'to the first query', () => ({
      bytes: make(),
      afterwards: 'goes on',
    }));
    await expectAll(functions, [play]);
  });
});

describe('stays within its memory and time when all items of a list are of a wrong type', () => {
  for (const [place, answers] of Object.entries(WRONG_ITEMS)) {
    test.each(Object.entries(answers))(`${place}: %s`, async (name, make) => {
      if (!isPlace(place)) throw new TypeError(`Unknown place in a session: ${place}`);
      const tampered = (): Tampered => ({ bytes: make(), afterwards: 'goes on' });
      await expectAll(functions, [playAt(name, place, tampered)]);
    });
  }
});
