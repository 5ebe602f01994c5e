import type { Level } from '../config/target.ts';
import { annotate, lines, sql } from '../postgres/statement.ts';
import { has, memberFunction, type ServerInfo } from '../timescaledb/server-info.ts';
import { FIELDS } from './fields/all-fields.ts';
import { knownFields, type Source } from './fields/field.ts';
import { MAX_REPORT_BYTES } from './limits.ts';
import { estimatedCount, type Sizes } from './sql/measure-relations.ts';
import { relationsCtes } from './sql/relations.ts';

const PURPOSE = 'report, read only';

/** Reads the text of `report r`; a text that is too large stays on the server, which returns its length only. */
function readReport(estimatedRelations: string): string {
  return sql`select
  pg_catalog.octet_length(r.report) as bytes,
  case when pg_catalog.octet_length(r.report) <= ${String(MAX_REPORT_BYTES)} then r.report end as report,
  ${estimatedRelations}::int as estimated_relations`;
}

/** Returns sources and those that they read, each once and after what it reads. */
function withReads(sources: readonly Source[]): readonly Source[] {
  const all = sources.flatMap((source) => [...withReads(source.reads ?? []), source]);
  return [...new Set(all)];
}

function cte(name: string, body: string): string {
  return sql`${name} as (
  ${body}
)`;
}

function sourceCtes(sources: readonly Source[], server: ServerInfo): readonly string[] {
  return withReads(sources).flatMap((source) => {
    const body = source.sql(server);
    return body === undefined ? [] : [cte(source.name, body)];
  });
}

/**
 * Returns the statement that builds the whole report, as one row. The text is that of jsonb, like the extension's.
 *
 * Each source is read once. Those with one row are joined, and the fields use their columns.
 */
export function reportQuery(server: ServerInfo, sizes: Sizes): string {
  const hasRelations = has(server, 'relations');
  const known = knownFields(FIELDS, server.release);
  const joined = [...new Set(known.flatMap(({ from = [] }) => from))];
  const read = known.flatMap(({ reads = [] }) => reads);
  const rows = known.map((field) => `('${field.name}', ${field.sql(server)})`);
  const ctes = [
    ...(hasRelations ? relationsCtes(server, sizes) : []),
    ...sourceCtes([...joined, ...read], server),
    sql`report as (
  select pg_catalog.jsonb_object_agg(f.name, f.value)::pg_catalog.text as report
  from ${joined.map(({ name }) => name).join('\ncross join ')}
  cross join lateral (values
    ${lines(rows)}
  ) f (name, value)
  where f.value is not null
)`,
  ];
  return annotate(
    PURPOSE,
    `with ${lines(ctes)}
${readReport(hasRelations ? estimatedCount(sizes) : '0')}
from report r`,
  );
}

/**
 * Returns the statement that calls the server's own function; undefined where it may not be called. Leaves out rows of
 * db_metadata that an unfinished restore left (lib/report/fields/metadata.ts). 1.4 to 2.5 return the report without consent
 * only with the argument `true`. Function counts are removed where the level excludes them, because the level of this session
 * may be another one. `offset 0` prevents a second call.
 */
export function functionQuery(server: ServerInfo, level: Level): string | undefined {
  const report = memberFunction(server, 'get_telemetry_report');
  if (report?.callable !== true) return undefined;
  const call = `${report.call}(${report.arguments === 1 ? 'true' : ''})::pg_catalog.jsonb`;
  const withoutFunctions =
    level === 'basic' || !has(server, 'functionCounts')
      ? ''
      : ` || '{"functions_used": null}'::pg_catalog.jsonb`;
  return annotate(
    PURPOSE,
    `${readReport('0')}
from (
  select (${call} #- '{db_metadata,exported_uuid_bak}'${withoutFunctions})::pg_catalog.text as report
  offset 0
) r`,
  );
}
