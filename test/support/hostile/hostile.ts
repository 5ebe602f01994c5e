import { expect } from 'vitest';
import { createDatabase } from '../postgres/databases.ts';
import type { HandmadeRelease } from '../timescaledb/catalogs.ts';
import type { HostilePool } from './function.ts';
import type { Play } from './server.ts';
import { type Recording, recordSession } from './session.ts';

/** Records a run on a real server with the hand-made catalogs of a release. */
export async function record(release: HandmadeRelease): Promise<Recording> {
  await using database = await createDatabase({ release, level: 'basic', label: 'hostile' });
  return await recordSession(release, database);
}

/** The answer that is tampered with, as a function of the number of answers. */
export const PLACES = {
  'to the startup message': () => 0,
  'to the first query': () => 1,
  'to the query for the facts': (steps: number) => steps - 4,
  // Followed by the answers to COMMIT and to Terminate.
  'to the query for the report': (steps: number) => steps - 3,
} as const;
export type Place = keyof typeof PLACES;
/** The places of the exhaustive table; the answer for the facts is like that for the report. */
export const TABLE_PLACES = [
  'to the startup message',
  'to the first query',
  'to the query for the report',
] as const satisfies readonly Place[];

/** Runs the function against each server, and expects no violation. */
export async function expectAll(functions: HostilePool, plays: readonly Play[]): Promise<void> {
  const problems = await Promise.all(
    plays.map(async (play) => {
      const ended = await functions.run(play);
      return ended.problems.map((problem) => `${play.name}: ${problem}`);
    }),
  );
  expect(problems.flat()).toStrictEqual([]);
}
