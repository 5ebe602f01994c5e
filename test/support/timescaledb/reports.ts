import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../../lib/run/outcome.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { type Settings, secretFor, startWorld } from '../run/world.ts';
import type { HandmadeRelease } from './catalogs.ts';

/** A JSON object, as a report is one. */
export type Json = Readonly<Record<string, unknown>>;

/** One run for a database of the tests, which must not fail: the outcome, and what arrived at the endpoint. */
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

/** What a server has by its nature, asked of it in another way than the report's SQL does. */
async function ownFigures({ admin }: TestDatabase) {
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
  if (rows[0] === undefined) throw new Error('The server says nothing of itself.');
  return rows[0];
}

/** What is published as the report of known contents, from docs/examples/. */
export async function exampleOf(release: HandmadeRelease): Promise<Json> {
  const file = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', `${release}.json`);
  return JSON.parse(await readFile(file, 'utf8'));
}

/**
 * What the reporter of a release makes of the known contents (test/support/timescaledb/contents.ts), from docs/examples/; with the
 * server's own figures for what depends on the server.
 */
export async function expectedReport(
  database: TestDatabase,
  release: HandmadeRelease,
): Promise<Json> {
  const expected = await exampleOf(release);
  const own = await ownFigures(database);
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

/** The same for a role that does not see the errors of all jobs. */
export function withoutErrors(report: Json): Json {
  const { errors_by_sqlerrcode: _, ...rest } = report;
  return rest;
}
