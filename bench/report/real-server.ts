import { tmpdir } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { createDatabase } from '../../test/support/postgres/databases.ts';
import { startPostgres } from '../../test/support/postgres/postgres.ts';
import { median, printRow, range, sampleInRotation } from '../support/figures.ts';
import { type Contents, makeChunks } from './chunk-tables.ts';
import {
  DATA_VOLUME,
  EACH_ONCE,
  estimated,
  exact,
  type QueryOf,
  queryOfCommit,
  straightforward,
} from './queries.ts';
import { explainQuery, type Login, type Sample, sampleQuery } from './session.ts';

export interface RealServerOptions {
  readonly numbersOfChunks: readonly number[];
  readonly rounds: number;
  readonly contents: Contents;
  /** The commit that the query is compared with. */
  readonly before: string;
  readonly explain: boolean;
}

/** ANALYZE of a table locks all tables that inherit from it. */
const LOCKS = 1_024;

type Queries = Readonly<Record<string, QueryOf>>;

async function queriesBeside(commit: string): Promise<Queries> {
  const before = await queryOfCommit(commit);
  return {
    straightforward,
    'exact before': (server) => before(server, 'exact'),
    exact,
    'estimated before': (server) => before(server, 'estimated'),
    estimated,
    'each once': () => EACH_ONCE,
    'data volume': () => DATA_VOLUME,
  };
}

/** @throws Error when exact queries return different figures, as do the estimated ones */
function compareFigures(samples: ReadonlyMap<string, readonly Sample[]>): void {
  for (const names of [
    ['straightforward', 'exact before', 'exact'],
    ['estimated before', 'estimated'],
  ]) {
    const [first, ...others] = names.flatMap((name) => samples.get(name) ?? []);
    if (!others.every(({ relations }) => isDeepStrictEqual(relations, first?.relations))) {
      throw new Error(`The queries return different figures: ${names.join(', ')}.`);
    }
  }
}

function medianOf(
  samples: ReadonlyMap<string, readonly Sample[]>,
  name: string,
  figure: (sample: Sample) => number | undefined,
): number {
  return median((samples.get(name) ?? []).map((one) => figure(one) ?? Number.NaN));
}

const COLUMNS = [
  ['chunks', 7],
  ['query', 17],
  ['median ms', 10],
  ['min–max ms', 16],
  ['to before', 10],
  ['to each once', 13],
  ['CPU ms', 8],
  ['to before', 10],
  ['to each once', 13],
] as const;
const WIDTHS = COLUMNS.map(([, width]) => width);

/** Prints a row per query: wall-clock time and the server's CPU time, each with its ratios. */
function printSamples(chunks: number, samples: ReadonlyMap<string, readonly Sample[]>): void {
  for (const [name, all] of samples) {
    const before = name.startsWith('estimated') ? 'estimated before' : 'exact before';
    const cells = [({ ms }: Sample) => ms, ({ cpuMs }: Sample) => cpuMs].map((figure, i) => {
      const own = medianOf(samples, name, figure);
      return [
        own.toFixed(0),
        ...(i === 0 ? [range(all.map(({ ms }) => ms))] : []),
        (own / medianOf(samples, before, figure)).toFixed(2),
        (own / medianOf(samples, 'each once', figure)).toFixed(2),
      ];
    });
    printRow([String(chunks), name, ...cells.flat()], WIDTHS);
  }
}

async function explainAll(login: Login, queries: Queries): Promise<void> {
  for (const [name, query] of Object.entries(queries)) {
    process.stdout.write(`\n${name}\n${await explainQuery(login, query)}\n`);
  }
}

/**
 * Measures the report's query on a real PostgreSQL 18 with tables that are built like chunks, beside other queries. Every sample
 * has a new session. The server's files are on a disk: in memory, looking for a file that does not exist takes longer.
 */
export async function measureRealServer(options: RealServerOptions): Promise<void> {
  const queries = await queriesBeside(options.before);
  const server = await startPostgres(['-c', `max_locks_per_transaction=${LOCKS}`], tmpdir());
  try {
    printRow(
      COLUMNS.map(([name]) => name),
      WIDTHS,
    );
    for (const chunks of options.numbersOfChunks) {
      await using database = await createDatabase({ release: '2.28.3', port: server.port });
      await makeChunks(database.admin, chunks, options.contents);
      const login = {
        port: server.port,
        user: database.role,
        database: database.name,
        password: database.password,
      };
      const samples = await sampleInRotation(Object.keys(queries), options.rounds, (name) =>
        sampleQuery(login, queries[name] ?? exact),
      );
      printSamples(chunks, samples);
      compareFigures(samples);
      if (options.explain) await explainAll(login, queries);
    }
  } finally {
    await server.stop();
  }
}
