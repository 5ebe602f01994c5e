import type { DatabaseState, RunSummary } from '../../fleet/database-state.ts';
import type { SentReport } from '../../fleet/sent-report.ts';
import type { Bucket } from '../../record/put-object.ts';
import { recordKey } from '../../record/record-key.ts';
import { decodeRunOf, sha256Of } from '../../record/recorded-run.ts';
import { getObject } from '../../record/s3-client.ts';
import type { OtherKeys } from './other-keys.ts';

const MAX_OBJECT_BYTES = 4 * 1_048_576;

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
  const others = otherKeys.get(name) ?? [];
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
    const { report } = decoded.run;
    if (report !== null && sha256Of(report) === run.sha256) {
      return { at: run.at, text: report, ...(run.status !== undefined && { status: run.status }) };
    }
  }
  return undefined;
}

/** Returns the latest reports of a database that were posted and that the record still has, the newest first. */
export async function readSentReports(
  { name, recent }: Pick<DatabaseState, 'name' | 'recent'>,
  count: number,
  place: ReportPlace,
  signal: AbortSignal,
): Promise<readonly SentReport[]> {
  const sent = recent.filter(({ status }) => status !== undefined);
  const found = await Promise.all(
    sent.slice(0, count).map((run) => findReport(name, run, place, signal)),
  );
  return found.filter((report) => report !== undefined);
}
