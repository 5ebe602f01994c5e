import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import type { Command } from 'commander';
import { parseEvent } from '../../lib/config/send-report-config.ts';
import { RunError } from '../../lib/errors.ts';
import type { RunOutcome } from '../../lib/run/outcome.ts';
import { type CommandDefinition, createCommand, EXIT, type ExitStatus } from '../command.ts';
import { machineWith } from '../options/connection.ts';
import { runTarget, type TargetRun } from '../run/run-target.ts';

/** The limit of a function, in seconds. */
const DEFAULT_LIMIT_SECONDS = 120;

interface Values {
  readonly target?: string;
  readonly scheduledTime?: string;
  readonly ignoreSchedule?: true;
  readonly timeLimit?: string;
  readonly debug?: true;
}

/** The options of the command. */
export interface RunOptions {
  readonly file: string;
  readonly scheduledTime: string | undefined;
  readonly ignoreSchedule: boolean;
  readonly limitMs: number;
  readonly debug: boolean;
}

const EXIT_HELP = `
Exit status: 0 sent, checked or skipped; 1 failed, and a retry does not help;
2 wrong options or target file; 75 failed, and a retry may help.`;

const command = createCommand(
  'run',
  'Runs send-report once outside Lambda, for cron, systemd or a Kubernetes CronJob, and prints its summary line as JSON.',
  EXIT_HELP,
)
  .option(
    '--target <file>',
    'the target file, JSON (required); docs/outside-lambda.md has its keys',
  )
  .option(
    '--scheduled-time <time>',
    'the nominal time of this run, ISO 8601 (default: the last multiple of tickHours since midnight UTC)',
  )
  .option('--ignore-schedule', 'send even when the telemetry job is not due')
  .option('--time-limit <seconds>', 'end the run after this time', String(DEFAULT_LIMIT_SECONDS))
  .option('--debug', 'also print the original error, which may name roles, databases and hosts');

function isTime(scheduledTime: string): boolean {
  try {
    return parseEvent({ scheduledTime }).scheduledTime !== undefined;
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
}

function read(parsed: Command, problems: string[]): RunOptions {
  const { target, scheduledTime, ignoreSchedule, timeLimit, debug } = parsed.opts<Values>();
  const seconds = Number(timeLimit);
  if (target === undefined) problems.push('--target <file> is missing');
  if (scheduledTime !== undefined && !isTime(scheduledTime)) {
    problems.push('--scheduled-time must be an ISO 8601 time such as 2026-11-22T04:05:00Z');
  }
  if (!/^\d{1,5}$/.test(timeLimit ?? '') || seconds < 1) {
    problems.push('--time-limit must be a whole number of seconds from 1 to 99999');
  }
  return {
    file: target ?? '',
    scheduledTime,
    ignoreSchedule: ignoreSchedule === true,
    limitMs: seconds * 1_000,
    debug: debug === true,
  };
}

/** Returns the status by which a scheduler decides about a retry. */
function statusOf({ outcome, error }: RunOutcome): ExitStatus {
  if (outcome !== 'failed') return EXIT.done;
  if (error?.retryable === true) return EXIT.temporary;
  return error?.code === 'CONFIG_INVALID' ? EXIT.usage : EXIT.failed;
}

/** Signals with which schedulers, systems and persons ask a process to end. A second one ends it at once. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The parts of the process that a run reads and writes. */
export type Surroundings = Pick<TargetRun, 'machine' | 'write'>;

/** Runs the command, and returns its exit status. */
export async function performRun(
  options: RunOptions,
  surroundings: Surroundings,
): Promise<ExitStatus> {
  // Applies to the endpoint; lib/postgres/socket.ts has the reason.
  setDefaultAutoSelectFamilyAttemptTimeout(2_500);
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    const outcome = await runTarget({
      ...options,
      ...surroundings,
      now: Date.now,
      interruption: controller.signal,
    });
    return statusOf(outcome);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

/** Writes to standard output; otherwise to standard error, because the line is the proof of what was sent. */
function writeLine(text: string): void {
  process.stdout.write(text, (error) => {
    if (error instanceof Error) process.stderr.write(text);
  });
}

export const definition: CommandDefinition<RunOptions> = {
  command,
  read,
  perform: (options) =>
    performRun(options, {
      machine: machineWith(process.env),
      write: writeLine,
    }),
};
