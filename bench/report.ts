import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import pg from 'pg';
import { IDENTITY_QUERY, type Identity, toIdentity } from '../lib/identity.ts';
import { reportQuery } from '../lib/report/report.ts';
import { bootEmbedded, EMBEDDED_DATABASE, REPORTER } from '../local/embedded-timescaledb.ts';

/**
 * What the report costs by the number of chunks, beside the straightforward query, on the embedded TimescaleDB. Every
 * sample has a server that was booted for it, so that its caches are as cold as those of a new session.
 */

const { values } = parseArgs({
  options: {
    chunks: { type: 'string', default: '100,1000,5000' },
    samples: { type: 'string', default: '5' },
  },
});

/** The same report with the sizes as one would write them first: totals, and what is left when the rest is subtracted. */
function straightforward(identity: Identity): string {
  const query = reportQuery(identity, 'exact');
  const measured = `measured as (
  select t.oid, t.total - t.toast_size - t.indexes_size as heap_size, t.toast_size, t.indexes_size
  from (
    select r.oid, pg_catalog.pg_total_relation_size(r.oid) as total, pg_catalog.pg_indexes_size(r.oid) as indexes_size,
      coalesce(pg_catalog.pg_total_relation_size(nullif(r.reltoastrelid, 0)), 0) as toast_size
    from stored r
  ) t
),
relations as`;
  const replaced = query.replace(/measured as \([\s\S]*?\n\),\nrelations as/, measured);
  if (replaced === query) throw new Error('The query has no measured relations to be replaced.');
  return replaced;
}

const QUERIES: Readonly<Record<string, (identity: Identity) => string>> = {
  straightforward,
  exact: (identity) => reportQuery(identity, 'exact'),
  estimated: (identity) => reportQuery(identity, 'estimated'),
};

interface Sample {
  readonly ms: number;
  readonly rows: number;
  /** What the client allocated for the answer. */
  readonly heapKb: number;
  readonly relations: unknown;
}

/** A hypertable with so many chunks, each with a row, an index and no toast table, in a folder to boot from. */
async function prepare(folder: string, chunks: number): Promise<void> {
  const db = await bootEmbedded(folder);
  await db.exec(`
    create extension timescaledb;
    create role ${REPORTER} login;
    create table flow (measured_at timestamptz not null, pump int not null, litres float)`);
  await db.exec(
    "select create_hypertable('flow', 'measured_at', chunk_time_interval => interval '1 hour')",
  );
  await db.exec(
    `insert into flow select timestamptz '2024-01-01' + i * interval '1 hour', 1, 1 from generate_series(1, ${chunks}) i`,
  );
  await db.exec('vacuum analyze');
  await db.exec('vacuum full pg_catalog.pg_class');
  await db.exec('checkpoint');
  await db.close();
}

interface Booter extends AsyncDisposable {
  /** Boots a server from the folder in place of the one before, and gives its port. */
  boot(folder: string): Promise<number>;
}

function startBooter(): Booter {
  const server = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, 'server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout });
  return {
    async boot(folder) {
      server.stdin.write(`${folder}\n`);
      const [port] = await once(lines, 'line');
      return Number(port);
    },
    async [Symbol.asyncDispose]() {
      server.stdin.end();
      await once(server, 'exit');
    },
  };
}

async function sample(port: number, query: (identity: Identity) => string): Promise<Sample> {
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
    const identity = toIdentity((await client.query(IDENTITY_QUERY)).rows[0]);
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

function median(numbers: readonly number[]): number {
  return (
    numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
  );
}

/** Rotates the order, so that no query is always the first of its round; the first round only warms up. */
async function measure(folder: string, rounds: number): Promise<ReadonlyMap<string, Sample[]>> {
  await using booter = startBooter();
  const names = Object.keys(QUERIES);
  const samples = new Map(names.map((name): [string, Sample[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i] of names.entries()) {
      const name = names[(i + round) % names.length] ?? '';
      const one = await sample(await booter.boot(folder), QUERIES[name] ?? straightforward);
      if (round > 0) samples.get(name)?.push(one);
    }
  }
  return samples;
}

function print(cells: readonly string[]): void {
  const widths = [7, 16, 10, 16, 8, 6, 14];
  process.stdout.write(`${cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join(' ')}\n`);
}

print(['chunks', 'query', 'median ms', 'min–max ms', 'ratio', 'rows', 'client heap kB']);
for (const chunks of values.chunks.split(',').map(Number)) {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bench-'));
  try {
    await prepare(folder, chunks);
    const samples = await measure(folder, Number(values.samples));
    const base = median((samples.get('straightforward') ?? []).map(({ ms }) => ms));
    const [relations] = samples.get('straightforward') ?? [];
    if (
      !samples.get('exact')?.every((one) => isDeepStrictEqual(one.relations, relations?.relations))
    ) {
      throw new Error('The exact query has other figures than the straightforward one.');
    }
    for (const [name, all] of samples) {
      const times = all.map(({ ms }) => ms);
      print([
        String(chunks),
        name,
        median(times).toFixed(0),
        `${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}`,
        (median(times) / base).toFixed(2),
        String(all[0]?.rows),
        median(all.map(({ heapKb }) => heapKb)).toFixed(0),
      ]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
