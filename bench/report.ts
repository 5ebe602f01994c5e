import { isDeepStrictEqual, parseArgs } from 'node:util';
import pg from 'pg';
import { EMBEDDED_DATABASE, REPORTER } from '../emulator/timescaledb.ts';
import { reportQuery } from '../lib/report/report-query.ts';
import { parseServerInfo, type ServerInfo } from '../lib/timescaledb/server-info.ts';
import { SERVER_INFO_QUERY } from '../lib/timescaledb/server-info-query.ts';
import { prepareChunks, startBooter } from './support/chunks.ts';
import { median, printRow, range, sampleInRotation } from './support/figures.ts';

/**
 * Measures the report's query by the number of chunks, and compares it with the straightforward query, on the embedded
 * TimescaleDB. A new server is booted for every sample, so that its caches are as cold as those of a new session.
 */

const { values } = parseArgs({
  options: {
    chunks: { type: 'string', default: '100,1000,5000' },
    samples: { type: 'string', default: '5' },
  },
});

/** Returns the query with sizes as totals and differences: the total, less the toast table, less the indexes. */
function straightforward(identity: ServerInfo): string {
  const query = reportQuery(identity, 'exact');
  const measured = `measured as (
  select t.oid, t.total - t.toast_size - t.indexes_size as heap_size, t.toast_size, t.indexes_size
  from (
    select r.oid, pg_catalog.pg_total_relation_size(r.oid) as total, pg_catalog.pg_indexes_size(r.oid) as indexes_size,
      coalesce(pg_catalog.pg_total_relation_size(nullif(r.reltoastrelid, 0)), 0) as toast_size
    from stored r
  ) t
),
relations as materialized`;
  const replaced = query.replace(
    /measured as \([\s\S]*?\n\),\nrelations as materialized/,
    measured,
  );
  if (replaced === query) throw new Error('The query has no "measured" CTE to replace.');
  return replaced;
}

const QUERIES: Readonly<Record<string, (identity: ServerInfo) => string>> = {
  straightforward,
  exact: (identity) => reportQuery(identity, 'exact'),
  estimated: (identity) => reportQuery(identity, 'estimated'),
};

interface Sample {
  readonly ms: number;
  readonly rows: number;
  /** Heap that the client allocated for the answer. */
  readonly heapKb: number;
  readonly relations: unknown;
}

async function sample(port: number, query: (identity: ServerInfo) => string): Promise<Sample> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: REPORTER,
    database: EMBEDDED_DATABASE,
    ssl: false,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(
      'begin isolation level repeatable read read only; set local search_path = pg_catalog, pg_temp; set local jit = off',
    );
    const identity = parseServerInfo((await client.query(SERVER_INFO_QUERY)).rows[0]);
    const text = query(identity);
    globalThis.gc?.();
    const heapBefore = process.memoryUsage().heapUsed;
    const startedAt = performance.now();
    const { rows } = await client.query<{ report: string }>(text);
    const ms = performance.now() - startedAt;
    const heapKb = (process.memoryUsage().heapUsed - heapBefore) / 1_000;
    const { relations } = JSON.parse(rows[0]?.report ?? '{}');
    return { ms, rows: rows.length, heapKb, relations };
  } finally {
    await client.end();
  }
}

async function measure(
  folder: string,
  rounds: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  await using booter = startBooter();
  return await sampleInRotation(Object.keys(QUERIES), rounds, async (name) =>
    sample(await booter.boot(folder), QUERIES[name] ?? straightforward),
  );
}

const WIDTHS = [7, 16, 10, 16, 8, 6, 14];

printRow(['chunks', 'query', 'median ms', 'min–max ms', 'ratio', 'rows', 'client heap kB'], WIDTHS);
for (const chunks of values.chunks.split(',').map(Number)) {
  await using prepared = await prepareChunks(chunks);
  const samples = await measure(prepared.folder, Number(values.samples));
  const base = median((samples.get('straightforward') ?? []).map(({ ms }) => ms));
  const [relations] = samples.get('straightforward') ?? [];
  if (
    !samples.get('exact')?.every((one) => isDeepStrictEqual(one.relations, relations?.relations))
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
        (median(times) / base).toFixed(2),
        String(all[0]?.rows),
        median(all.map(({ heapKb }) => heapKb)).toFixed(0),
      ],
      WIDTHS,
    );
  }
}
