import type { Command } from 'commander';
import { runBundle, SECRETS_FROM, type TargetChoices } from '../../emulator/run-send-report.ts';
import { bundleOnce } from '../../infra/bundle/bundle.ts';
import { cutText } from '../../lib/config/printable.ts';
import { LEVELS, SIZES, SOURCES } from '../../lib/config/target.ts';
import type { Credentials } from '../../lib/credentials/parse-secret.ts';
import { runCheck } from '../../lib/diagnostics/run-check.ts';
import { getReport } from '../../lib/run/get-report.ts';
import {
  addProblems,
  type CommandDefinition,
  choice,
  createCommand,
  type ExitStatus,
  flag,
  oneOf,
} from '../command.ts';
import { silentLine } from '../command-line.ts';
import { functionFor } from '../local-function.ts';
import {
  addConnectionOptions,
  describeServer,
  findCredentials,
  readConnection,
  secretFor,
} from '../options/connection.ts';
import { latestVersionOption, readLatestVersion } from '../options/latest-version.ts';
import type { ConnectionParameters } from '../options/libpq-parameters.ts';
import { prepareRecord } from '../options/record.ts';
import { addSendingOptions, checkSendingOptions, type SendingValues } from '../options/sending.ts';
import { type CliAdapter, createCliAdapter } from '../output/adapt-for-cli.ts';
import { finishPreview, printJson, statusOfCheck, statusOfOutcome } from '../output/finish.ts';
import { showCheck } from '../output/show-check.ts';
import { showOutcome } from '../output/show-outcome.ts';
import { showSql } from '../output/show-sql.ts';
import { createTerminalReporter, type TerminalReporter } from '../output/terminal/terminal.ts';

/** Limit of the server's own error text: a server may send megabytes. */
const MAX_SERVER_TEXT_LENGTH = 2_000;

interface Values extends SendingValues {
  readonly level?: string;
  readonly reportSource?: string;
  readonly sizes?: string;
  readonly always?: true;
  readonly showSql?: true;
  readonly latestVersion?: string;
  readonly check?: true;
  readonly json?: true;
}

interface Options {
  readonly connection: ConnectionParameters;
  readonly target: TargetChoices;
  readonly json: boolean;
  readonly always: boolean;
  /** Version to compare with; undefined for the newest of the version data. */
  readonly latestVersion: string | undefined;
  /** Prints the statements as they are sent. */
  readonly showSql: boolean;
  /** Checks the stages of a run, without showing a report. */
  readonly check: boolean;
  readonly ignoreSchedule: boolean;
  readonly log: boolean;
  /** The folder in which the run is recorded. */
  readonly record: string | undefined;
  /** The destination of the report; undefined when it is only shown. */
  readonly endpoint: string | undefined;
}

const command = addConnectionOptions(
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
    flag('--check', 'check every stage of a run; no report is shown').conflicts(['send', 'always']),
  )
  .addOption(
    flag('--always', 'show the report even without consent (always by plain SQL)').conflicts(
      'send',
    ),
  )
  .addOption(
    choice(
      '--level <level>',
      LEVELS,
      'the telemetry level of a server built without telemetry; no other uses it',
      'off',
    ),
  )
  .addOption(
    choice(
      '--report-source <source>',
      SOURCES,
      "catalog: plain SQL; function: the server's own function, which has side effects",
      'catalog',
    ),
  )
  .addOption(choice('--sizes <sizes>', SIZES, 'estimated: no user relation is opened', 'exact'))
  .addOption(
    flag('--show-sql', 'print the statements to stderr as they are sent to the database').conflicts(
      'send',
    ),
  )
  .addOption(latestVersionOption().conflicts('send'));
addSendingOptions(command);

function checkOptions(values: Values, problems: string[]): void {
  const { reportSource, sizes } = values;
  addProblems(problems, [
    [
      reportSource === 'function' && sizes === 'estimated',
      '--sizes estimated opens no user relation, but --report-source function opens all of them',
    ],
  ]);
  checkSendingOptions(values, problems);
}

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const { level, reportSource, sizes, endpoint } = values;
  const connection = readConnection(parsed, problems);
  checkOptions(values, problems);
  return {
    connection,
    target: {
      name: 'own-server',
      tls: connection.tls,
      level: oneOf('--level', level, LEVELS, problems) ?? 'off',
      reportSource: oneOf('--report-source', reportSource, SOURCES, problems) ?? 'catalog',
      sizes: oneOf('--sizes', sizes, SIZES, problems) ?? 'exact',
    },
    json: values.json === true,
    always: values.always === true,
    latestVersion: readLatestVersion(values, problems),
    showSql: values.showSql === true,
    check: values.check === true,
    ignoreSchedule: values.ignoreSchedule === true,
    log: values.log === true,
    record: values.record,
    endpoint,
  };
}

/** The parts that every way of running the command needs. */
interface Session {
  readonly reporter: TerminalReporter;
  readonly credentials: Credentials;
  readonly adapter: CliAdapter;
}

async function begin({ connection, json }: Options, title: string): Promise<Session> {
  const reporter = createTerminalReporter(json);
  reporter.title(`timescaledb-telemetry · ${title}`);
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  return {
    reporter,
    credentials,
    adapter: createCliAdapter({ levelOption: '--level', credentials }),
  };
}

/** Shows the report. This way of running the command has no code that could send. */
async function show(options: Options): Promise<ExitStatus> {
  const { target, json, always, latestVersion } = options;
  const session = await begin(options, 'report of your server; nothing is sent');
  const { reporter, credentials, adapter } = session;
  const { line, result, error } = await getReport(
    { alwaysDisplayReport: always },
    ...functionFor(target, credentials, latestVersion),
  );
  if (error !== undefined) throw adapter.error(error);
  if (result === undefined) throw new TypeError('The preview has neither result nor error.');
  return finishPreview(reporter, adapter.preview(result), json, line.durationMs.database);
}

async function check(options: Options): Promise<ExitStatus> {
  const { target, json, latestVersion } = options;
  const session = await begin(options, 'check of your server; nothing is sent');
  const { reporter, credentials, adapter } = session;
  const { result, error } = await runCheck(
    { check: true },
    ...functionFor(target, credentials, latestVersion),
  );
  if (result === undefined) {
    throw error === undefined
      ? new TypeError('The check has neither result nor error.')
      : adapter.error(error);
  }
  const adapted = { ...adapter.check(result), database: credentials.database };
  const serverTexts =
    error?.original === undefined ? [] : [cutText(String(error.original), MAX_SERVER_TEXT_LENGTH)];
  if (json) printJson({ ...adapted, ...(serverTexts.length > 0 && { serverTexts }) });
  showCheck(reporter, adapted, serverTexts);
  return statusOfCheck(adapted);
}

/** Runs the bundle of send-report, with the caller's endpoint. */
async function send(options: Options, endpoint: string): Promise<ExitStatus> {
  const { target, json, ignoreSchedule, record } = options;
  if (record !== undefined) await prepareRecord(record);
  const session = await begin(options, 'send-report on your server');
  const { reporter, credentials, adapter } = session;
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
    if (options.showSql) showSql();
    if (options.check) return check(options);
    return options.endpoint === undefined ? show(options) : send(options, options.endpoint);
  },
};
