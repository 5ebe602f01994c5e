import { isDeepStrictEqual } from 'node:util';
import { EMBEDDED_DATABASE, REPORTER } from '../../emulator/timescaledb.ts';
import { prepareChunks, startBooter } from '../support/chunks.ts';
import { median, printRow, range, sampleInRotation } from '../support/figures.ts';
import { estimated, exact, type QueryOf, straightforward } from './queries.ts';
import { type Sample, sampleQuery } from './session.ts';

const QUERIES: Readonly<Record<string, QueryOf>> = { straightforward, exact, estimated };

async function measure(
  folder: string,
  rounds: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  await using booter = startBooter();
  return await sampleInRotation(Object.keys(QUERIES), rounds, async (name) =>
    sampleQuery(
      { port: await booter.boot(folder), user: REPORTER, database: EMBEDDED_DATABASE },
      QUERIES[name] ?? straightforward,
    ),
  );
}

const WIDTHS = [7, 16, 10, 16, 8, 6, 14];

/**
 * Measures the report's query on the embedded TimescaleDB. A new server is booted for every sample, so that its caches are as
 * cold as those of a new session.
 */
export async function measureEmbedded(
  numbersOfChunks: readonly number[],
  rounds: number,
): Promise<void> {
  const header = ['chunks', 'query', 'median ms', 'min–max ms', 'ratio', 'rows', 'client heap kB'];
  printRow(header, WIDTHS);
  for (const chunks of numbersOfChunks) {
    await using prepared = await prepareChunks(chunks);
    const samples = await measure(prepared.folder, rounds);
    const base = samples.get('straightforward') ?? [];
    const baseMs = median(base.map(({ ms }) => ms));
    if (
      !samples.get('exact')?.every((one) => isDeepStrictEqual(one.relations, base[0]?.relations))
    ) {
      throw new Error('The exact query and the straightforward one return different figures.');
    }
    for (const [name, all] of samples) {
      const times = all.map(({ ms }) => ms);
      printRow(
        [
          String(chunks),
          name,
          median(times).toFixed(0),
          range(times),
          (median(times) / baseMs).toFixed(2),
          String(all[0]?.rows),
          median(all.map(({ heapKb }) => heapKb)).toFixed(0),
        ],
        WIDTHS,
      );
    }
  }
}
