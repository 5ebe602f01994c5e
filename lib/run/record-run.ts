import type { RecordSettings } from '../config/record-config.ts';
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

/**
 * Records a run in the operator's bucket.
 *
 * @throws RunError TIME_LIMIT, or an error of the bucket
 */
export async function recordRun(
  record: RunRecord,
  startedAt: number,
  { writeRecord }: RecordDependencies,
  { deadline, now }: RunContext,
): Promise<void> {
  const { target, recordSettings: settings, report } = record;
  if (target === undefined || settings === undefined) return;
  const line = {
    ...toOutcome(record),
    environment: target.environment,
    database: target.name,
  };
  const text = report === undefined ? null : Buffer.from(report.body).toString('utf8');
  await deadline.run('record', (signal) =>
    writeRecord({ line, report: text, startedAt }, settings, now(), signal),
  );
}
