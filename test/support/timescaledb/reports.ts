import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../../lib/run/outcome.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { type Settings, secretFor, startWorld } from '../run/world.ts';
import type { HandmadeRelease } from './catalogs.ts';

/** A JSON object, such as a report. */
export type Json = Readonly<Record<string, unknown>>;

/** Runs send-report for a database of the tests, and returns the outcome and the report that arrived. Throws on failure. */
export async function runFor(
  database: TestDatabase,
  settings: Settings = {},
): Promise<{ outcome: Outcome; body: Buffer | undefined; report: Json }> {
  await using world = await startWorld({ secret: secretFor(database, { port: database.port }) });
  const { outcome, error } = await world.run(settings);
  if (error !== undefined) throw error;
  const body = world.endpoint.reports[0]?.body;
  const report: Json = JSON.parse(body?.toString('utf8') ?? '{}');
  return { outcome, body, report };
}

/** Reads the figures that depend on the server, with other SQL than the report's. */
async function serverFigures({ admin }: TestDatabase) {
  const { rows } = await admin.query<{
    size: number;
    version: string;
    text: string;
    access_methods: Json;
  }>(`
    select pg_database_size(current_database())::int as size, current_setting('server_version') as version, version() as text,
      (select json_object_agg(m.amname, json_build_object(
         'pages', (select sum(relpages) from pg_class where relam = m.oid),
         'instances', (select count(*) from pg_class where relam = m.oid)))
       from pg_am m where exists (select 1 from pg_class where relam = m.oid)) as access_methods`);
  if (rows[0] === undefined) throw new Error('The server returned no figures.');
  return rows[0];
}

/** Reads the published report of the known contents from docs/examples/. */
export async function exampleOf(release: HandmadeRelease): Promise<Json> {
  const file = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', `${release}.json`);
  return JSON.parse(await readFile(file, 'utf8'));
}

/**
 * Returns the published report of the known contents (test/support/timescaledb/contents.ts), with the figures of this server
 * in the fields that depend on the server.
 */
export async function expectedReport(
  database: TestDatabase,
  release: HandmadeRelease,
): Promise<Json> {
  const expected = await exampleOf(release);
  const own = await serverFigures(database);
  return {
    ...expected,
    data_volume: typeof expected['data_volume'] === 'string' ? String(own.size) : own.size,
    postgresql_version: own.version,
    ...('build_architecture' in expected && {
      build_architecture: / on (\w+)-/.exec(own.text)?.[1],
    }),
    ...('access_methods' in expected && { access_methods: own.access_methods }),
  };
}

/** Returns the report of a role that cannot read the errors of all jobs. */
export function withoutErrors(report: Json): Json {
  const { errors_by_sqlerrcode: _, ...rest } = report;
  return rest;
}
