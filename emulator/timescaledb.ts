import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { timescaledb } from '@electric-sql/pglite/timescaledb';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { freePort } from './http-server.ts';

/** The role that the reports are made with: a login and nothing else. */
export const REPORTER = 'telemetry_reporter';
/** The one database of the embedded server. */
export const EMBEDDED_DATABASE = 'template1';

const WORKLOAD = join(import.meta.dirname, 'workload.sql');

/** A real TimescaleDB (PGlite, WASM) in this process, which any PostgreSQL client can reach on loopback. */
export interface EmbeddedTimescaleDb extends AsyncDisposable {
  readonly port: number;
  readonly db: PGlite;
}

/** One statement at a time, because some of them refuse to run beside others. Statements end at the end of a line. */
async function runScript(db: PGlite, sql: string): Promise<void> {
  for (const statement of sql.split(/;\s*\n/)) {
    if (statement.trim() !== '') await db.exec(statement);
  }
}

/** Installs the extension in a new server, and fills its database. */
export async function fill(db: PGlite): Promise<void> {
  await db.exec(
    `create extension timescaledb; create role ${REPORTER} login; set timezone = 'UTC'`,
  );
  await runScript(db, await readFile(WORKLOAD, 'utf8'));
  await db.exec('reset timezone');
  // A fresh boot keeps initdb's idea of who may read pg_database; rewriting pg_class makes it look again.
  await db.exec('vacuum full pg_catalog.pg_class');
}

/** Boots the embedded server; without a folder its data are gone when it stops. */
export async function bootEmbedded(dataFolder?: string): Promise<PGlite> {
  return PGlite.create({
    ...(dataFolder !== undefined && { dataDir: dataFolder }),
    extensions: { timescaledb },
  });
}

/**
 * Serves the embedded database on loopback. It has one session, which all connections share, and whatever user they log
 * in as, they get that session: so it becomes the reporting role's, or another's, before.
 */
export async function serveEmbedded(
  db: PGlite,
  role: string = REPORTER,
): Promise<EmbeddedTimescaleDb> {
  await db.exec(`set session authorization ${role}`);
  const port = await freePort();
  const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1' });
  await server.start();
  return {
    port,
    db,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await db.close();
    },
  };
}
