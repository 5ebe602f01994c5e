import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bootEmbedded, REPORTER } from '../../emulator/timescaledb.ts';

/** A data folder of the embedded TimescaleDB, which is deleted on disposal. */
export interface Prepared extends AsyncDisposable {
  readonly folder: string;
}

/** Creates a hypertable with a number of chunks, each with one row, one index and no toast table. */
export async function prepareChunks(chunks: number): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bench-'));
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
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Booter extends AsyncDisposable {
  /** Stops the previous server, boots one from the folder, and returns its port. */
  boot(folder: string): Promise<number>;
}

/** Starts a separate process that boots embedded servers, one at a time. */
export function startBooter(): Booter {
  const script = join(import.meta.dirname, 'boot-servers.ts');
  const server = spawn(process.execPath, ['--expose-gc', script], {
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
