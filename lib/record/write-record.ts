import { type AwsVariables, callerOf } from '../aws/aws-request.ts';
import type { RecordSettings } from '../config/record-config.ts';
import { encodeRun } from './encode-run.ts';
import { type Bucket, putObject } from './put-object.ts';
import { type RunIdentity, recordKey } from './record-key.ts';
import type { RecordedLine } from './recorded-run.ts';

/** A run that has ended. */
export interface EndedRun {
  readonly line: RecordedLine;
  /** The exact text that was posted, or that the run tried to post; null for a run without a report. */
  readonly report: string | null;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
}

function identify({ line, startedAt }: EndedRun): RunIdentity {
  const { environment, database, scheduledTime, attempt = 0 } = line;
  return scheduledTime === undefined
    ? { environment, database, time: startedAt, attempt: 'hand' }
    : { environment, database, time: Date.parse(scheduledTime), attempt };
}

function bucketOf({ bucket }: RecordSettings, variables: AwsVariables): Bucket {
  return { ...callerOf(variables), bucket, endpoint: variables.AWS_ENDPOINT_URL_S3 };
}

/**
 * Records a run. A tick may be invoked twice: the second run is recorded under a key of its own if it has a report, so that
 * every report is recorded.
 *
 * @param prefix folder of the record, without a slash at its end
 * @param create creates an object; returns false if its key has one already
 * @throws whatever `create` throws
 */
export async function storeRun(
  run: EndedRun,
  prefix: string | undefined,
  now: number,
  create: (key: string, body: Uint8Array) => Promise<boolean>,
): Promise<void> {
  const { line, report, startedAt } = run;
  const body = encodeRun({ version: 1, recordedAt: new Date(now).toISOString(), line, report });
  const identity = identify(run);
  if ((await create(recordKey(identity, prefix), body)) || report === null) return;
  await create(recordKey({ ...identity, repeatedAt: startedAt }, prefix), body);
}

/**
 * Writes a run to the operator's bucket. Loaded only after the delivery.
 *
 * @throws AwsError, or an error of the connection or of the signal
 */
export async function writeRecord(
  run: EndedRun,
  settings: RecordSettings,
  variables: AwsVariables,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const bucket = bucketOf(settings, variables);
  await storeRun(run, settings.prefix, now, (key, body) => putObject(bucket, key, body, signal));
}
