import type { Command } from 'commander';
import { bundleOnce } from '#bundle';
import { runBundle, SECRETS_FROM } from '../../emulator/run-send-report.ts';
import { getReport } from '../../lib/run/get-report.ts';
import { type CommandDefinition, createCommand, type ExitStatus, flag } from '../command.ts';
import { silentLine } from '../command-line.ts';
import { functionFor } from '../local-function.ts';
import { addConnectionOptions, secretFor } from '../options/connection.ts';
import { prepareRecord } from '../options/record.ts';
import { addSendingOptions, checkSendingOptions, type SendingValues } from '../options/sending.ts';
import { finishPreview, printJson, statusOfOutcome } from '../output/finish.ts';
import { showOutcome } from '../output/results/show-outcome.ts';
import { showSql } from '../output/results/show-sql.ts';
import { checkDatabase } from '../report/check.ts';
import { beginSession } from '../report/session.ts';
import { addTargetOptions, readTarget, type TargetOptions } from '../report/target.ts';

interface Values extends SendingValues {
  readonly always?: true;
  readonly check?: true;
  readonly json?: true;
}

interface Options extends TargetOptions {
  readonly json: boolean;
  readonly always: boolean;
  /** Checks the stages of a run, without showing a report. */
  readonly check: boolean;
  readonly ignoreSchedule: boolean;
  readonly log: boolean;
  /** The folder in which the run is recorded. */
  readonly record: string | undefined;
  /** The destination of the report; undefined when it is only shown. */
  readonly endpoint: string | undefined;
}

const command = addTargetOptions(
  addConnectionOptions(
    createCommand(
      'report',
      'Shows the report that a run would send about a database, and whether the run would send it, as the deployed get-report does. Nothing is sent without --send.',
    ),
  )
    .option(
      '--json',
      `print the bare bytes of the report: ${silentLine('report', '--json …')} | sha256sum; with --check or --send, one JSON object`,
    )
    .addOption(
      flag(
        '--check',
        'check every stage of a run, as the command check; no report is shown',
      ).conflicts(['send', 'always']),
    )
    .addOption(
      flag('--always', 'show the report even without consent (always by plain SQL)').conflicts(
        'send',
      ),
    ),
  'send',
);
addSendingOptions(command);

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const target = readTarget(parsed, problems);
  checkSendingOptions(values, problems);
  return {
    ...target,
    json: values.json === true,
    always: values.always === true,
    check: values.check === true,
    ignoreSchedule: values.ignoreSchedule === true,
    log: values.log === true,
    record: values.record,
    endpoint: values.endpoint,
  };
}

/** Shows the report. This way of running the command has no code that could send. */
async function show(options: Options): Promise<ExitStatus> {
  const { connection, target, json, always, latestVersion } = options;
  if (options.showSql) showSql();
  const { reporter, credentials, adapter } = await beginSession(
    connection,
    json,
    'report of your server; nothing is sent',
  );
  const { line, result, error } = await getReport(
    { alwaysDisplayReport: always },
    ...functionFor(target, credentials, latestVersion),
  );
  if (error !== undefined) throw adapter.error(error);
  if (result === undefined) throw new TypeError('The preview has neither result nor error.');
  return finishPreview(reporter, adapter.preview(result), json, line.durationMs.database);
}

/** Runs the bundle of send-report, with the caller's endpoint. */
async function send(options: Options, endpoint: string): Promise<ExitStatus> {
  const { connection, target, json, ignoreSchedule, record } = options;
  if (record !== undefined) await prepareRecord(record);
  const title = 'send-report on your server';
  const { reporter, credentials, adapter } = await beginSession(connection, json, title);
  await using built = await bundleOnce('send-report');
  const { PGOPTIONS } = process.env;
  const finished = await reporter.step(
    'function',
    'running send-report',
    () =>
      runBundle(built.file, secretFor(credentials), target, {
        endpoint,
        ignoreSchedule,
        recordFolder: record,
        environment: { ...(PGOPTIONS !== undefined && { PGOPTIONS }) },
      }),
    () => "send-report ran in its own process, with Lambda's environment",
  );
  if (json) printJson(finished);
  showOutcome(reporter, adapter.outcome(finished.outcome), SECRETS_FROM);
  if (options.log) reporter.block('The log, as CloudWatch gets it:', finished.log);
  return statusOfOutcome(finished.outcome);
}

export const definition: CommandDefinition<Options> = {
  command,
  read,
  perform(options) {
    if (options.check) return checkDatabase(options);
    return options.endpoint === undefined ? show(options) : send(options, options.endpoint);
  },
};
