import type { DatabaseState, RunSummary } from '../../fleet/database-state.ts';
import type { Bucket } from '../../record/put-object.ts';
import { recordKey } from '../../record/record-key.ts';
import { decodeRunOf } from '../../record/recorded-run.ts';
import { getObject } from '../../record/s3-client.ts';
import type { OtherKeys } from './read-record.ts';

/** Runs by hand, and second runs of a tick, that are searched for a report. */
const MAX_OTHER_KEYS = 20;

const MAX_OBJECT_BYTES = 4 * 1_048_576;

/** A report that was sent, as the record keeps it. */
export interface SentReport {
  /** When the run was recorded, ISO 8601. */
  readonly at: string;
  /** The exact text that was posted. */
  readonly text: string;
}

/** Where the reports of a fleet are. */
export interface ReportPlace {
  readonly bucket: Bucket;
  readonly environment: string;
  readonly prefix: string | undefined;
  readonly otherKeys: OtherKeys;
}

function keysOf(
  name: string,
  { tick, attempt }: RunSummary,
  place: ReportPlace,
): readonly string[] {
  const { environment, prefix, otherKeys } = place;
  const others = (otherKeys.get(name) ?? []).slice(0, MAX_OTHER_KEYS);
  if (attempt === 'hand') return others;
  const run = { environment, database: name, time: Date.parse(tick), attempt };
  return [recordKey(run, prefix), ...others];
}

/** Finds the text of one report by its hash; undefined if it has expired or cannot be read. */
async function findReport(
  name: string,
  run: RunSummary,
  place: ReportPlace,
  signal: AbortSignal,
): Promise<SentReport | undefined> {
  const { bucket, prefix } = place;
  for (const key of keysOf(name, run, place)) {
    const object = await getObject(bucket, key, MAX_OBJECT_BYTES, signal).catch(() => undefined);
    const decoded = object && decodeRunOf(key, object.body, prefix);
    if (decoded === undefined || 'problem' in decoded) continue;
    const { report, line } = decoded.run;
    if (report !== null && line.report?.sha256 === run.sha256) {
      return { at: run.at, text: report };
    }
  }
  return undefined;
}

/** Returns the latest reports of a database that were sent and that the record still has, the newest first. */
export async function readSentReports(
  { name, recent }: Pick<DatabaseState, 'name' | 'recent'>,
  count: number,
  place: ReportPlace,
  signal: AbortSignal,
): Promise<readonly SentReport[]> {
  const sent = recent.filter(({ outcome, sha256 }) => outcome === 'sent' && sha256 !== undefined);
  const found = await Promise.all(
    sent.slice(0, count).map((run) => findReport(name, run, place, signal)),
  );
  return found.filter((report) => report !== undefined);
}
