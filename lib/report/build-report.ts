import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Level, Target } from '../config/target.ts';
import { checkRow } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import type { TimescaledbSnapshot } from '../timescaledb/server-info.ts';
import { MAX_REPORT_BYTES } from './limits.ts';
import { functionQuery, reportQuery } from './report-query.ts';
import type { Sizes } from './sql/measure-relations.ts';
import { uuidOf, validateReport } from './validate-report.ts';

/** The report: these bytes are shown, hashed and posted. */
export interface Report {
  /** Plain SQL over the catalogs, or the server's own function. */
  readonly source: Target['reportSource'];
  readonly body: Uint8Array<ArrayBuffer>;
  /** Hexadecimal SHA-256 of `body`. */
  readonly sha256: string;
  /** The number of relations with estimated sizes: all of them when configured, else those that were locked. */
  readonly estimatedRelations: number;
  /** The report's `db_uuid`. */
  readonly uuid?: string;
  /** The reason for another source than the target's. */
  readonly fallback?: string;
}

const rowSchema = z.object({
  bytes: z.int(),
  report: z.nullable(z.string()),
  estimated_relations: z.int(),
});

interface ReportRow {
  readonly report: string;
  readonly estimated_relations: number;
}

function tooLarge(bytes: number): RunError {
  return new RunError(
    'REPORT_TOO_LARGE',
    `The report has ${bytes} bytes, and the limit is ${MAX_REPORT_BYTES} bytes. Nothing was sent.`,
    {
      remedy:
        "Look at the rows of TimescaleDB's metadata with include_in_telemetry, which are sent as they are. Shorten them, or remove the flag.",
    },
  );
}

/** Runs a query for the report, and checks the report. */
function runQuery({ server, row }: TimescaledbSnapshot, sql: string): Promise<ReportRow> {
  return row(sql, (found) => {
    const { bytes, report, estimated_relations } = checkRow('the report', rowSchema, found);
    if (report === null) throw tooLarge(bytes);
    // The server may have returned more bytes than it has counted.
    const length = Buffer.byteLength(report);
    if (length > MAX_REPORT_BYTES) throw tooLarge(length);
    validateReport(report, server.release);
    return { report, estimated_relations };
  });
}

/**
 * Builds the report by plain SQL, in one statement. When a relation is locked just before it is measured, the lock timeout ends
 * the statement, and a second one estimates every size.
 */
async function queryCatalogs(snapshot: TimescaledbSnapshot, sizes: Sizes): Promise<ReportRow> {
  try {
    return await runQuery(snapshot, reportQuery(snapshot.server, sizes));
  } catch (error) {
    const isLocked = error instanceof RunError && error.code === 'CATALOG_LOCKED';
    if (!isLocked || sizes === 'estimated') throw error;
    return await runQuery(snapshot, reportQuery(snapshot.server, 'estimated'));
  }
}

/** Returns the report of the server's own function, or the reason why the function cannot be called. */
async function callFunction(
  snapshot: TimescaledbSnapshot,
  level: Level,
): Promise<ReportRow | string> {
  const { server } = snapshot;
  if (server.standby) return 'get_telemetry_report() writes, and this is a standby';
  const sql = functionQuery(server, level);
  if (sql === undefined)
    return 'the extension has no get_telemetry_report(), or the role may not call it';
  try {
    return await runQuery(snapshot, sql);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const origin = error.origin === undefined ? '' : `, ${error.origin}`;
    return `get_telemetry_report() failed (${error.code}${origin}: ${error.message})`;
  }
}

function toReport(
  source: Report['source'],
  { report, estimated_relations }: ReportRow,
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
 * Builds the report from the target's source, at the level of the database.
 *
 * @throws RunError REPORT_UNPUBLISHED, REPORT_TOO_LARGE, CATALOG_*, DATABASE_*
 */
export async function buildReport(
  snapshot: TimescaledbSnapshot,
  { reportSource, sizes }: Pick<Target, 'reportSource' | 'sizes'>,
  level: Level,
): Promise<Report> {
  if (reportSource === 'catalog') return toReport('catalog', await queryCatalogs(snapshot, sizes));
  const answer = await callFunction(snapshot, level);
  if (typeof answer !== 'string') return toReport('function', answer);
  return toReport('catalog', await queryCatalogs(snapshot, sizes), answer);
}
