import { configError } from '../../lib/config/target.ts';
import { type LineWriter, writeLines } from '../../lib/observability/write-lines.ts';
import { type RunOutcome, toOutcome } from '../../lib/run/outcome.ts';
import { inProcessReader as reader } from '../../lib/run/read-database.ts';
import type { RetryDependencies } from '../../lib/run/retry.ts';
import type { RunDependencies } from '../../lib/run/run-to-end.ts';
import { sendReport } from '../../lib/run/send-report.ts';
import type { Machine } from '../options/settings.ts';
import { recordWriter } from './record.ts';
import { secretsFrom } from './secrets.ts';
import { readTargetFile } from './target-file.ts';
import { tickOf } from './tick.ts';
import { adaptWording } from './wording.ts';

/** One run of a target file. */
export interface TargetRun extends LineWriter, Omit<RunDependencies, 'secretsOf'> {
  /** Path of the target file. */
  readonly file: string;
  /** The tick's nominal time, ISO 8601; undefined for the present tick of the target. */
  readonly scheduledTime: string | undefined;
  readonly ignoreSchedule: boolean;
  readonly machine: Machine;
}

/** Without RETRY no retry is scheduled: that is left to the scheduler of the command. */
const NO_RETRIES: RetryDependencies = {
  functionArn: '',
  createSchedule: () => Promise.reject(new TypeError('A run of the command schedules no retry.')),
};

/** Runs the target of a file as `send-report` does, and writes the summary line. */
export async function runTarget(run: TargetRun): Promise<RunOutcome> {
  const { file, scheduledTime, ignoreSchedule, machine, now } = run;
  const problems: string[] = [];
  const target = await readTargetFile(file, machine, problems);
  if (target === undefined) {
    const error = configError(problems);
    const context = { credentials: 'secret', hasRecordFolder: false, file } as const;
    const outcome = adaptWording(toOutcome({ error, durationMs: {} }), context);
    writeLines(outcome, [error], run);
    return outcome;
  }
  const { settings, credentials, recordFolder } = target;
  const adapt = (outcome: RunOutcome): RunOutcome =>
    adaptWording(outcome, {
      credentials: credentials.kind,
      hasRecordFolder: recordFolder !== undefined,
      file,
    });
  const tick = scheduledTime ?? (ignoreSchedule ? undefined : tickOf(now(), target.target));
  const writeRecord = recordWriter(recordFolder, machine.environment);
  const { line, error, recordError } = await sendReport(
    {
      ...(tick !== undefined && { scheduledTime: tick }),
      ...(ignoreSchedule && { ignoreSchedule }),
    },
    settings,
    {
      ...run,
      ...NO_RETRIES,
      secretsOf: secretsFrom(credentials),
      reader,
      writeRecord: (ended, ...rest) =>
        writeRecord({ ...ended, line: { ...ended.line, ...adapt(ended.line) } }, ...rest),
    },
  );
  const outcome = adapt(line);
  writeLines(outcome, [error, recordError], run);
  return outcome;
}
