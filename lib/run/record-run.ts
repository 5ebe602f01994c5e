import type { RecordSettings } from '../config/record-config.ts';
import { errorCodeOf, RunError } from '../errors.ts';
import { type RunOutcome, toOutcome } from './outcome.ts';
import type { RunRecord } from './run-record.ts';
import type { RunContext } from './run-to-end.ts';

/** A run that has ended, as it is recorded. */
interface EndedRun {
  readonly line: RunOutcome & { readonly environment: string; readonly database: string };
  readonly report: string | null;
  readonly startedAt: number;
}

/** Dependency of recording a run on the function. */
export interface RecordDependencies {
  /** Writes a run to the operator's bucket, for which it has 3 s. */
  readonly writeRecord: (
    run: EndedRun,
    settings: RecordSettings,
    now: number,
    signal: AbortSignal,
  ) => Promise<void>;
}

function notWritten(thrown: unknown): RunError {
  return new RunError('RECORD_NOT_WRITTEN', 'The run could not be recorded in the bucket.', {
    remedy:
      "Check that the bucket of the record exists in the function's region. Allow the function's role s3:PutObject on the prefix of its database, and kms:GenerateDataKey on a customer-managed key of the bucket; a private subnet needs an S3 gateway endpoint, which is free. The outcome of the run is not affected.",
    origin: errorCodeOf(thrown),
    original: thrown,
  });
}

/** Records a run in the operator's bucket. A failure becomes a warning, and never changes the outcome. */
export async function recordRun(
  record: RunRecord,
  startedAt: number,
  { writeRecord }: RecordDependencies,
  { deadline, now, emit }: RunContext,
): Promise<void> {
  const { target, recordSettings: settings, report } = record;
  if (target === undefined || settings === undefined) return;
  const line = {
    ...toOutcome(record),
    environment: target.environment,
    database: target.name,
  };
  const text = report === undefined ? null : Buffer.from(report.body).toString('utf8');
  try {
    await deadline.run('record', (signal) =>
      writeRecord({ line, report: text, startedAt }, settings, now(), signal),
    );
  } catch (thrown) {
    emit({ type: 'record-failed', recordError: notWritten(thrown) });
  }
}
