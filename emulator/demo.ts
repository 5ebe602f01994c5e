import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { showOutcome, showReport } from '../cli/output/render.ts';
import { grouped, type TerminalReporter } from '../cli/output/terminal.ts';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import type { Level } from '../lib/config/target.ts';
import { type Finished, runBundle, SECRETS_FROM } from './run-send-report.ts';
import { answerWithVersion, ENDPOINT_PATH, startTelemetryEndpoint } from './telemetry-endpoint.ts';
import { bootEmbedded, EMBEDDED_DATABASE, fill, serveEmbedded } from './timescaledb.ts';

const KEPT_FOLDER = join(import.meta.dirname, '..', '.local');

export interface EmbeddedChoices {
  readonly level: Level;
  /** The newest version that the endpoint names. */
  readonly latest: string;
  /** Use the data of an earlier start, and leave them for the next. */
  readonly keep: boolean;
}

/** The kept data count only when they were filled to the end; else they are begun anew. */
async function startKept(): Promise<PGlite> {
  const folder = join(KEPT_FOLDER, 'timescaledb');
  const marker = join(KEPT_FOLDER, 'timescaledb.filled');
  await mkdir(KEPT_FOLDER, { recursive: true });
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

async function describe(db: PGlite): Promise<string> {
  const { rows } = await db.query<{
    text: string;
    hypertables: number;
    chunks: number;
    aggregates: number;
    compressed: number;
  }>(`
    select
      'TimescaleDB ' || (select extversion from pg_extension where extname = 'timescaledb')
        || ' on PostgreSQL ' || current_setting('server_version') as text,
      (select count(*)::int from _timescaledb_catalog.hypertable where compression_state <> 2) as hypertables,
      (select count(*)::int from _timescaledb_catalog.chunk c join _timescaledb_catalog.hypertable h on h.id = c.hypertable_id
        where compression_state <> 2) as chunks,
      (select count(*)::int from _timescaledb_catalog.continuous_agg) as aggregates,
      (select coalesce(sum(numrows_pre_compression), 0)::int from _timescaledb_catalog.compression_chunk_size) as compressed`);
  const [row] = rows;
  if (row === undefined) throw new TypeError('The embedded database did not answer.');
  return `${row.text}: ${row.hypertables} hypertables, ${row.chunks} chunks, ${row.aggregates} continuous aggregates, ${grouped(row.compressed)} rows compressed`;
}

/** The main job on the embedded default. */
export async function runEmbedded(
  reporter: TerminalReporter,
  { level, latest, keep }: EmbeddedChoices,
): Promise<Finished & { readonly report: string | null }> {
  reporter.title('timescaledb-telemetry · send-report on an embedded TimescaleDB');
  await using built = await reporter.step(
    'bundle',
    'building what would ship',
    () => bundleOnce('send-report'),
    ({ bytes }) => `send-report, ${Math.round(bytes / 1_000)} kB`,
  );
  const { db } = await reporter.step(
    'database',
    keep ? 'starting TimescaleDB' : 'starting TimescaleDB and filling it',
    async () => {
      const started = keep ? await startKept() : await startNew();
      return { db: started, description: await describe(started) };
    },
    ({ description }) => description,
  );
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
  const finished = await reporter.step(
    'function',
    'running the bundle as Lambda would',
    () =>
      runBundle(
        built.file,
        secret,
        { name: 'metrics', level, tls: { mode: 'disable' } },
        { endpoint: endpoint.url + ENDPOINT_PATH },
      ),
    () => "ran in a process of its own, with Lambda's environment and the AWS SDK",
  );
  showOutcome(reporter, finished.outcome, SECRETS_FROM);
  const received = endpoint.reports[0]?.body;
  if (received === undefined) {
    reporter.line('–', 'endpoint', `saw ${endpoint.connections()} connections`);
  } else {
    const sha256 = createHash('sha256').update(received).digest('hex');
    const isSame = sha256 === finished.outcome.report?.sha256;
    const size = `${grouped(received.byteLength)} bytes`;
    reporter.line(
      isSame ? '✔' : '✖',
      'endpoint',
      `got ${size} with ${isSame ? 'the same' : 'another'} sha256`,
    );
  }
  const report = received?.toString('utf8') ?? null;
  if (report !== null) showReport(reporter, report);
  reporter.block('The log, as CloudWatch gets it:', finished.log);
  return { ...finished, report };
}
