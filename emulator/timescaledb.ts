import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { timescaledb } from '@electric-sql/pglite/timescaledb';
import { PGLiteSocketServer } from '#pglite-socket';
import { freePort } from './http-server.ts';

/** The role that reads the reports: a login without other rights. */
export const REPORTER = 'telemetry_reporter';
/** The role that owns everything in the embedded server. */
export const EMBEDDED_SUPERUSER = 'postgres';
/** The only database of the embedded server. */
export const EMBEDDED_DATABASE = 'template1';

const WORKLOAD = join(import.meta.dirname, 'workload.sql');

/** A real TimescaleDB (PGlite, WASM) in this process; PostgreSQL clients reach it on loopback. */
export interface EmbeddedTimescaleDb extends AsyncDisposable {
  readonly port: number;
  readonly db: PGlite;
}

/** Runs one statement at a time, because some fail in a transaction with others. Each statement ends at the end of a line. */
async function runScript(db: PGlite, sql: string): Promise<void> {
  for (const statement of sql.split(/;\s*\n/)) {
    if (statement.trim() !== '') await db.exec(statement);
  }
}

/** Installs the extension in a new server, and adds the demo data. */
export async function fill(db: PGlite): Promise<void> {
  await db.exec(
    `create extension timescaledb; create role ${REPORTER} login; set timezone = 'UTC'`,
  );
  await runScript(db, await readFile(WORKLOAD, 'utf8'));
  await db.exec('reset timezone');
  // After a fresh boot the cached ACL of pg_database is still that of initdb; rewriting pg_class invalidates it.
  await db.exec('vacuum full pg_catalog.pg_class');
}

/** Boots the embedded server. Without a folder, the data are lost when it stops. */
export async function bootEmbedded(dataFolder?: string): Promise<PGlite> {
  return PGlite.create({
    ...(dataFolder !== undefined && { dataDir: dataFolder }),
    extensions: { timescaledb },
  });
}

/**
 * Serves the embedded database on loopback. All connections share its one session, and the user of the login is ignored.
 *
 * @param role the user of that session
 * @param fixedPort 0 for a free one
 */
export async function serveEmbedded(
  db: PGlite,
  role: string = REPORTER,
  fixedPort = 0,
): Promise<EmbeddedTimescaleDb> {
  await db.exec(`set session authorization ${role}`);
  const port = fixedPort === 0 ? await freePort() : fixedPort;
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
