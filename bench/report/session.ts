import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { parseServerInfo } from '../../lib/timescaledb/server-info.ts';
import { SERVER_INFO_QUERY } from '../../lib/timescaledb/server-info-query.ts';
import type { QueryOf } from './queries.ts';

/** A session with the settings of a snapshot that matter for the time. */
const BEGIN = `begin isolation level repeatable read read only;
set local search_path = pg_catalog, pg_temp;
set local jit = off;
set local max_parallel_workers_per_gather = 0`;

export type Login = Required<Pick<pg.ClientConfig, 'port' | 'user' | 'database'>> &
  Pick<pg.ClientConfig, 'password'>;

export interface Sample {
  readonly ms: number;
  /** CPU time of the server's process for the query; undefined where the system does not report it. */
  readonly cpuMs: number | undefined;
  readonly rows: number;
  /** Heap that the client allocated for the answer. */
  readonly heapKb: number;
  readonly relations: unknown;
}

async function inSession<T>(
  login: Login,
  query: QueryOf,
  use: (client: pg.Client, text: string) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ host: '127.0.0.1', ssl: false, ...login });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(BEGIN);
    const { rows } = await client.query(SERVER_INFO_QUERY);
    return await use(client, query(parseServerInfo(rows[0])));
  } finally {
    await client.end();
  }
}

/** Reads the CPU time that Linux accounts for a process. */
async function readCpuMs(pid: unknown): Promise<number> {
  try {
    return Number((await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** Runs a query once in a new session. */
export function sampleQuery(login: Login, query: QueryOf): Promise<Sample> {
  return inSession(login, query, async (client, text) => {
    const { rows: backends } = await client.query('select pg_catalog.pg_backend_pid() as pid');
    globalThis.gc?.();
    const heapBefore = process.memoryUsage().heapUsed;
    const cpuBefore = await readCpuMs(backends[0]?.pid);
    const startedAt = performance.now();
    const { rows } = await client.query<{ report?: string }>(text);
    const ms = performance.now() - startedAt;
    const heapKb = (process.memoryUsage().heapUsed - heapBefore) / 1_000;
    const cpuMs = (await readCpuMs(backends[0]?.pid)) - cpuBefore;
    const { relations } = JSON.parse(rows[0]?.report ?? '{}');
    return {
      ms,
      cpuMs: Number.isNaN(cpuMs) ? undefined : cpuMs,
      rows: rows.length,
      heapKb,
      relations,
    };
  });
}

/** Returns the plan of a query in a new session. */
export function explainQuery(login: Login, query: QueryOf): Promise<string> {
  return inSession(login, query, async (client, text) => {
    const { rows } = await client.query(`explain (analyze, buffers) ${text}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}
