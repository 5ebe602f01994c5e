import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { reportQuery } from '../../lib/report/report-query.ts';
import type { ServerInfo } from '../../lib/timescaledb/server-info.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

/** Returns the text of a query for a server. */
export type QueryOf = (server: ServerInfo) => string;

export const exact: QueryOf = (server) => reportQuery(server, 'exact');
export const estimated: QueryOf = (server) => reportQuery(server, 'estimated');

/** Returns the report's query with sizes as totals and differences: the total, less the TOAST table, less the indexes. */
export const straightforward: QueryOf = (server) => {
  const query = exact(server);
  const replaced = query
    .replace(
      /\nlocked as materialized \([\s\S]*?\n\),\nmetadata as \(/,
      `
files as (
  select c.relam, pg_catalog.sum(c.relpages) as pages, pg_catalog.count(*) as instances
  from pg_catalog.pg_class c
  group by c.relam
),
sizes as (
  select t.kind, sum(t.total - t.toast - t.indexes) as heap_size, sum(t.toast) as toast_size, sum(t.indexes) as indexes_size
  from (
    select r.kind, pg_catalog.pg_total_relation_size(r.oid) as total, pg_catalog.pg_indexes_size(r.oid) as indexes,
      coalesce(pg_catalog.pg_total_relation_size(nullif(r.reltoastrelid, 0)), 0) as toast
    from classified r
    where r.kind is not null
      and r.relkind in ('r', 'm')
  ) t
  group by t.kind
),
metadata as (`,
    )
    .replace(/\(\n {4}select pg_catalog\.count\(\*\)\n {4}from measured m[^)]*\)(?=::int)/, '0');
  if (replaced === query || replaced.includes('measured')) {
    throw new Error('The query has no sizes that can be replaced.');
  }
  return replaced;
};

/** Opens each relation once, and measures its main fork only. */
export const EACH_ONCE = `select pg_catalog.sum(pg_catalog.pg_relation_size(c.oid))
from pg_catalog.pg_class c
where c.relkind in ('r', 'i', 't', 'm')`;

/** What PostgreSQL needs for the field `data_volume` alone. */
export const DATA_VOLUME =
  'select pg_catalog.pg_database_size(pg_catalog.current_database()) as size';

/** Loads the report's query from another commit of this repository. */
export async function queryOfCommit(commit: string): Promise<typeof reportQuery> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-commit-'));
  const archive = join(folder, 'lib.tar');
  await run('git', ['archive', '--output', archive, commit, 'lib', 'package.json'], { cwd: ROOT });
  await run('tar', ['-xf', archive, '-C', folder]);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'lib', 'report', 'report-query.ts');
  try {
    const loaded: { readonly reportQuery: typeof reportQuery } = await import(
      pathToFileURL(file).href
    );
    return loaded.reportQuery;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
