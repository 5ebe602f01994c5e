import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod/mini';
import { check } from '../config/validate.ts';
import { parseRecordKey, type RunIdentity } from './record-key.ts';

/** Limit of an object after decompression: a report has at most 1 MB, which JSON at most doubles. In bytes. */
const MAX_BYTES = 4 * 1_048_576;

function list<T>(item: z.ZodMiniType<T>) {
  return z.readonly(z.array(item));
}

/**
 * The summary line. Texts instead of the tokens of this version (rules, places, verdicts, error codes), since an object may
 * have been written by another version; unknown fields are left out.
 */
const lineSchema = z.object({
  severity: z.enum(['INFO', 'WARN', 'ERROR']),
  message: z.string(),
  outcome: z.enum(['sent', 'checked', 'skipped', 'failed']),
  environment: z.string(),
  database: z.string(),
  scheduledTime: z.optional(z.iso.datetime({ offset: true })),
  attempt: z.optional(z.int()),
  hint: z.optional(z.string()),
  remedy: z.optional(z.string()),
  standby: z.optional(z.literal(true)),
  uuid: z.optional(z.string()),
  jobs: z.optional(
    z.object({
      scheduled: z.int(),
      failing: z.int(),
      oldestFailure: z.nullable(z.string()),
    }),
  ),
  consent: z.optional(
    z.object({
      granted: z.boolean(),
      level: z.string(),
      rule: z.string(),
      where: z.string(),
      holder: z.optional(z.string()),
      sentence: z.string(),
    }),
  ),
  warnings: z.optional(list(z.string())),
  notes: z.optional(list(z.string())),
  nextDue: z.optional(z.string()),
  report: z.optional(
    z.object({
      source: z.string(),
      bytes: z.int(),
      sha256: z.string(),
      estimatedRelations: z.optional(z.int()),
    }),
  ),
  receipt: z.optional(z.object({ endpoint: z.string(), status: z.int(), at: z.iso.datetime() })),
  version: z.optional(
    z.object({
      installed: z.string(),
      postgresql: z.optional(z.string()),
      available: z.nullable(z.string()),
      latest: z.optional(z.string()),
      reachable: z.optional(z.string()),
      fix: z.optional(z.string()),
      versionsBehind: z.optional(z.int()),
      verdicts: list(z.string()),
      sentence: z.string(),
      advisories: z.optional(list(z.string())),
      asOf: z.string(),
    }),
  ),
  retry: z.optional(z.object({ attempt: z.int(), at: z.iso.datetime() })),
  error: z.optional(
    z.object({ code: z.string(), origin: z.optional(z.string()), retryable: z.boolean() }),
  ),
  durationMs: z.optional(z.record(z.string(), z.optional(z.number()))),
  shortenedFromBytes: z.optional(z.int()),
});

const runSchema = z.object({
  version: z.literal(1),
  recordedAt: z.iso.datetime(),
  line: lineSchema,
  report: z.nullable(z.string()),
});

/** The summary line of a run, as the log has it. */
export type RecordedLine = Readonly<z.infer<typeof lineSchema>>;

/**
 * One run, as the operator's bucket keeps it.
 *
 * @property recordedAt ISO 8601, UTC
 * @property report the exact text that was posted, also when the delivery failed and the text may not have arrived; null for
 *   a run that posted nothing
 */
export interface RecordedRun {
  readonly version: 1;
  readonly recordedAt: string;
  readonly line: RecordedLine;
  readonly report: string | null;
}

/** An object of the record, or a sentence that explains why it cannot be used. */
export type DecodedRun = { readonly run: RecordedRun } | { readonly problem: string };

function inflate(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Decodes an object of the record. Any content is possible: an object may be damaged, foreign or hostile. */
export function decodeRun(bytes: Uint8Array): DecodedRun {
  const text = inflate(bytes)?.toString('utf8');
  if (text === undefined) {
    return { problem: `The object is not gzip, or larger than ${MAX_BYTES} bytes uncompressed.` };
  }
  const value = parseJson(text);
  if (value === undefined) return { problem: 'The object is not JSON.' };
  const problems: string[] = [];
  const run = check('the run', runSchema, value, problems);
  if (run === undefined) return { problem: `The object is not a run: ${problems.join('; ')}.` };
  const { line, report } = run;
  // A shortened line may have no report.
  return line.report === undefined || (report !== null && line.report.sha256 === sha256Of(report))
    ? { run }
    : { problem: "The hash in the line is not the report's." };
}

/** Returns the SHA-256 of a report, hexadecimal. */
export function sha256Of(report: string): string {
  return createHash('sha256').update(report).digest('hex');
}

/** Decodes the object of a key, which must be the key of this run. */
export function decodeRunOf(key: string, bytes: Uint8Array, prefix?: string): DecodedRun {
  const identity = parseRecordKey(key, prefix);
  if (identity === undefined) return { problem: 'The key is not that of a run.' };
  const decoded = decodeRun(bytes);
  if ('problem' in decoded || isRunOf(identity, decoded.run)) return decoded;
  return { problem: 'The object describes another run than its key.' };
}

function isRunOf(identity: RunIdentity, { line }: RecordedRun): boolean {
  const { environment, database, scheduledTime, attempt = 0 } = line;
  if (environment !== identity.environment || database !== identity.database) return false;
  return scheduledTime === undefined
    ? identity.attempt === 'hand'
    : identity.attempt === attempt && Date.parse(scheduledTime) === identity.time;
}
