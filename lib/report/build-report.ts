import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Level, Target } from '../config/target.ts';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import type { TimescaledbSnapshot } from '../timescaledb/server-info.ts';
import { isAtLeast, memberFunction, type ServerInfo } from '../timescaledb/server-info.ts';
import { FIELDS } from './fields/all-fields.ts';
import { knownFields } from './fields/field.ts';
import { relationsCtes } from './fields/relations.ts';
import { estimatedCount, type Sizes } from './sql/measure-relations.ts';
import { validateReport } from './validate-report.ts';

/**
 * More is no report, but somebody's data in it. The usual one has less than 20 kB; the server's own text with a count for
 * each of PostgreSQL's functions stays below 300 kB.
 */
const MAX_REPORT_BYTES = 1_048_576;

/** The report: exactly these bytes are shown, hashed and posted. */
export interface Report {
  /** Where its figures come from: plain SQL over the catalogs, or the server's own function. */
  readonly source: Target['reportSource'];
  readonly body: Uint8Array<ArrayBuffer>;
  /** Hexadecimal, of `body`. */
  readonly sha256: string;
  /** How many relations' sizes are estimates: all of them when asked for, else those that were locked. */
  readonly estimatedRelations: number;
  /** Its `db_uuid`. */
  readonly uuid?: string;
  /** Why the source is not the one that the target asks for. */
  readonly fallback?: string;
}

/**
 * What is too large stays on the server: of it only the length is told.
 *
 * @param sql the report; computed once, which `offset 0` sees to
 */
function measured(sql: string, estimatedRelations: string): string {
  return `select pg_catalog.octet_length(r.report) as bytes,
  case when pg_catalog.octet_length(r.report) <= ${MAX_REPORT_BYTES} then r.report end as report,
  ${estimatedRelations}::int as estimated_relations
from (select (${sql})::pg_catalog.text as report offset 0) r`;
}

/** The whole report as one SELECT of one row. The text is jsonb's own, as the extension's is. */
export function reportQuery(server: ServerInfo, sizes: Sizes): string {
  const hasRelations = isAtLeast(server, '2.6.0');
  const rows = knownFields(FIELDS, server.release).map(
    ({ name, sql }) => `  ('${name}', ${sql(server)})`,
  );
  return `
with ${hasRelations ? `${relationsCtes(server, sizes)},` : ''}
fields (name, value) as (values
${rows.join(',\n')}
)
${measured(
  'select pg_catalog.jsonb_object_agg(f.name, f.value) from fields f where f.value is not null',
  hasRelations ? estimatedCount(sizes) : '0',
)}`;
}

/**
 * The server's own text, without what an unfinished restore left in db_metadata (lib/report/fields/metadata.ts). 1.4 to 2.5 show
 * it although telemetry is off only when asked to. What is not to be told at this level is not, whatever level this session
 * happens to have.
 */
function functionQuery(server: ServerInfo, level: Level): string | undefined {
  const report = memberFunction(server, 'get_telemetry_report');
  if (report?.callable !== true) return undefined;
  const call = `${report.call}(${report.arguments === 1 ? 'true' : ''})::pg_catalog.jsonb`;
  const tellsFunctions = level === 'basic' || !isAtLeast(server, '2.7.1');
  return measured(
    `${call} #- '{db_metadata,exported_uuid_bak}'${tellsFunctions ? '' : ` || '{"functions_used": null}'::pg_catalog.jsonb`}`,
    '0',
  );
}

const rowSchema = z.object({
  bytes: z.int(),
  report: z.nullable(z.string()),
  estimated_relations: z.int(),
});

interface Answer {
  readonly report: string;
  readonly estimated_relations: number;
}

function tooLarge(bytes: number): RunError {
  return new RunError(
    'REPORT_TOO_LARGE',
    `The report would be ${bytes} bytes long, and more than ${MAX_REPORT_BYTES} are not sent.`,
    {
      remedy:
        "Look at the rows of TimescaleDB's metadata that have include_in_telemetry: they come out as they are. Shorten them, or take the flag away.",
    },
  );
}

/** Runs a query for the report, and checks what came before anybody may have it. */
function ask({ server, row }: TimescaledbSnapshot, sql: string): Promise<Answer> {
  return row(sql, (found) => {
    const { bytes, report, estimated_relations } = checkRow('the report', rowSchema, found);
    if (report === null) throw tooLarge(bytes);
    // The server has counted them; a server that lies must not make us send more.
    const length = Buffer.byteLength(report);
    if (length > MAX_REPORT_BYTES) throw tooLarge(length);
    validateReport(report, server.release);
    return { report, estimated_relations };
  });
}

/**
 * By plain SQL, in one statement. A relation that gets locked just when it is measured does not hold it: the lock
 * time-out ends the first try, and a second one estimates every size.
 */
async function askCatalogs(snapshot: TimescaledbSnapshot, sizes: Sizes): Promise<Answer> {
  try {
    return await ask(snapshot, reportQuery(snapshot.server, sizes));
  } catch (error) {
    const isInTheWay = error instanceof RunError && error.code === 'CATALOG_LOCKED';
    if (!isInTheWay || sizes === 'estimated') throw error;
    return await ask(snapshot, reportQuery(snapshot.server, 'estimated'));
  }
}

/** The answer of the server's own function, or why there is none. */
async function askFunction(snapshot: TimescaledbSnapshot, level: Level): Promise<Answer | string> {
  const { server } = snapshot;
  if (server.standby) return 'on a standby get_telemetry_report() would have to write';
  const sql = functionQuery(server, level);
  if (sql === undefined) return 'the extension has no get_telemetry_report() that may be called';
  try {
    return await ask(snapshot, sql);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const origin = error.origin === undefined ? '' : `, ${error.origin}`;
    return `get_telemetry_report() did not give one (${error.code}${origin}: ${error.message})`;
  }
}

/** Of a report that has passed the check, so that it is a uuid where it is there. */
function uuidOf(report: string): string | undefined {
  const uuid: unknown = Reflect.get(JSON.parse(report), 'db_uuid');
  return typeof uuid === 'string' ? uuid : undefined;
}

function toReport(
  source: Report['source'],
  { report, estimated_relations }: Answer,
  fallback?: string,
): Report {
  const body = new TextEncoder().encode(report);
  const uuid = uuidOf(report);
  return {
    source,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    estimatedRelations: estimated_relations,
    ...(uuid !== undefined && { uuid }),
    ...(fallback !== undefined && { fallback }),
  };
}

/**
 * Builds the report as the target wants it, at the level that the database has.
 *
 * @throws RunError REPORT_UNPUBLISHED, REPORT_TOO_LARGE, CATALOG_*, DATABASE_*
 */
export async function buildReport(
  snapshot: TimescaledbSnapshot,
  { reportSource, sizes }: Pick<Target, 'reportSource' | 'sizes'>,
  level: Level,
): Promise<Report> {
  if (reportSource === 'catalog') return toReport('catalog', await askCatalogs(snapshot, sizes));
  const answer = await askFunction(snapshot, level);
  if (typeof answer !== 'string') return toReport('function', answer);
  return toReport('catalog', await askCatalogs(snapshot, sizes), answer);
}
