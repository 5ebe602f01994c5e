import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import type { Level } from '../lib/config/target.ts';
import { type Finished, runBundle } from './run-send-report.ts';
import { answerWithVersion, ENDPOINT_PATH, startTelemetryEndpoint } from './telemetry-endpoint.ts';
import { bootEmbedded, EMBEDDED_DATABASE, fill, serveEmbedded } from './timescaledb.ts';

/** Boots with the data in a folder; data that were not filled completely are made again. */
async function startKept(keptFolder: string): Promise<PGlite> {
  const folder = join(keptFolder, 'timescaledb');
  const marker = join(keptFolder, 'timescaledb.filled');
  await mkdir(keptFolder, { recursive: true });
  if (existsSync(marker)) return bootEmbedded(folder);
  await rm(folder, { recursive: true, force: true });
  const db = await bootEmbedded(folder);
  await fill(db);
  await writeFile(marker, '');
  return db;
}

async function startNew(): Promise<PGlite> {
  const db = await bootEmbedded();
  await fill(db);
  return db;
}

/** The versions of the demo database, and the number of its objects. */
export interface DemoContents {
  readonly timescaledb: string;
  readonly postgresql: string;
  readonly hypertables: number;
  readonly chunks: number;
  readonly continuousAggregates: number;
  readonly compressedRows: number;
}

async function countContents(db: PGlite): Promise<DemoContents> {
  const { rows } = await db.query<DemoContents>(`
    select
      (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
      current_setting('server_version') as postgresql,
      (select count(*)::int from _timescaledb_catalog.hypertable where compression_state <> 2) as hypertables,
      (select count(*)::int
         from _timescaledb_catalog.chunk c
         join _timescaledb_catalog.hypertable h on h.id = c.hypertable_id
        where compression_state <> 2) as chunks,
      (select count(*)::int from _timescaledb_catalog.continuous_agg) as "continuousAggregates",
      (select coalesce(sum(numrows_pre_compression), 0)::int
         from _timescaledb_catalog.compression_chunk_size) as "compressedRows"`);
  const [row] = rows;
  if (row === undefined) throw new TypeError('The embedded database returned no row.');
  return row;
}

/** An embedded TimescaleDB with the demo data. */
export interface DemoDatabase {
  readonly db: PGlite;
  readonly contents: DemoContents;
}

/**
 * Boots the embedded TimescaleDB and fills it with the demo data.
 *
 * @param keptFolder has the data of an earlier start, which are used and left for the next
 */
export async function startDemoDatabase(keptFolder?: string): Promise<DemoDatabase> {
  const db = keptFolder === undefined ? await startNew() : await startKept(keptFolder);
  return { db, contents: await countContents(db) };
}

export interface DemoOptions {
  /** The target's levelWhenUnset. */
  readonly level: Level;
  /** The newest version, as the endpoint answers it. */
  readonly latest: string;
  /** Folder in which the run is recorded. */
  readonly record?: string | undefined;
  /** The bundle of the worker, if one reaches the database. */
  readonly workerFile?: string | undefined;
}

/** A run of send-report, and what the endpoint received from it. */
export interface DemoRun extends Finished {
  /** The text of the report; null if no report was sent. */
  readonly report: string | null;
  /** Hexadecimal, of the bytes that the endpoint received. */
  readonly receivedSha256: string | null;
  readonly endpointConnections: number;
}

/** Runs the bundle of send-report once on the demo database, with all services on loopback, and closes the database. */
export async function runDemo(
  bundleFile: string,
  db: PGlite,
  { level, latest, record, workerFile }: DemoOptions,
): Promise<DemoRun> {
  await using server = await serveEmbedded(db);
  await using endpoint = await startTelemetryEndpoint(answerWithVersion(latest));
  const secret = JSON.stringify({
    engine: 'postgres',
    host: '127.0.0.1',
    port: server.port,
    username: 'postgres',
    password: 'not-checked-by-the-embedded-server',
    dbname: EMBEDDED_DATABASE,
  });
  const finished = await runBundle(
    bundleFile,
    secret,
    { name: 'metrics', level, tls: { mode: 'disable' } },
    { endpoint: endpoint.url + ENDPOINT_PATH, recordFolder: record, workerFile },
  );
  const received = endpoint.reports[0]?.body;
  return {
    ...finished,
    report: received?.toString('utf8') ?? null,
    receivedSha256:
      received === undefined ? null : createHash('sha256').update(received).digest('hex'),
    endpointConnections: endpoint.connections(),
  };
}
