import type { RecordSettings } from '../config/send-report-config.ts';
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

/** The variables of Lambda that name the region and the credentials of a function. */
export interface AwsVariables {
  readonly AWS_REGION?: string | undefined;
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
  readonly AWS_SESSION_TOKEN?: string | undefined;
  /** Another endpoint than that of S3, as the AWS SDK reads it. */
  readonly AWS_ENDPOINT_URL_S3?: string | undefined;
}

function identify({ line, startedAt }: EndedRun): RunIdentity {
  const { environment, database, scheduledTime, attempt = 0 } = line;
  return scheduledTime === undefined
    ? { environment, database, time: startedAt, attempt: 'hand' }
    : { environment, database, time: Date.parse(scheduledTime), attempt };
}

function bucketOf({ bucket }: RecordSettings, variables: AwsVariables): Bucket {
  return {
    bucket,
    region: variables.AWS_REGION ?? '',
    endpoint: variables.AWS_ENDPOINT_URL_S3,
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
      ...(variables.AWS_SESSION_TOKEN !== undefined && {
        sessionToken: variables.AWS_SESSION_TOKEN,
      }),
    },
  };
}

/**
 * Writes a run to the operator's bucket. A tick may be invoked twice: the second run is recorded under a key of its own if
 * it has a report, so that every report is recorded. Loaded only after the delivery.
 *
 * @throws S3Error, or an error of the connection or of the signal
 */
export async function writeRecord(
  run: EndedRun,
  settings: RecordSettings,
  variables: AwsVariables,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const { line, report, startedAt } = run;
  const body = encodeRun({ version: 1, recordedAt: new Date(now).toISOString(), line, report });
  const bucket = bucketOf(settings, variables);
  const identity = identify(run);
  const put = (of: RunIdentity) => putObject(bucket, recordKey(of, settings.prefix), body, signal);
  if ((await put(identity)) || report === null) return;
  await put({ ...identity, repeatedAt: startedAt });
}
