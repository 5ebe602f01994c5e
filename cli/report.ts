import type { Command } from 'commander';
import {
  runBundle,
  SECRETS_FROM,
  type TargetChoices,
  targetText,
} from '../emulator/run-send-report.ts';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import { cutText } from '../lib/config/printable.ts';
import { isEndpoint } from '../lib/config/send-report-config.ts';
import { LEVELS, SIZES, SOURCES } from '../lib/config/target.ts';
import type { Credentials } from '../lib/credentials/parse-secret.ts';
import type { CheckResult } from '../lib/diagnostics/check-result.ts';
import { runCheck } from '../lib/diagnostics/run-check.ts';
import { getReport } from '../lib/run/get-report.ts';
import { inProcessReader } from '../lib/run/read-database.ts';
import { addProblems, createCommand, type ExitStatus, oneOf, runCommand } from './command.ts';
import {
  addConnectionOptions,
  describeServer,
  findCredentials,
  forThisMachine,
  readConnection,
  remediesFor,
} from './options/connection.ts';
import type { ConnectionParameters } from './options/libpq-parameters.ts';
import { finishPreview, printJson, statusOfCheck, statusOfOutcome } from './output/finish.ts';
import { showCheck, showOutcome } from './output/render.ts';
import { showSql } from './output/show-sql.ts';
import { createTerminalReporter } from './output/terminal.ts';

const LIMIT_MS = 100_000;
/** Of the other side's own words: a server may send megabytes. */
const MAX_SAID_LENGTH = 2_000;

interface Values {
  readonly level?: string;
  readonly reportSource?: string;
  readonly sizes?: string;
  readonly always?: true;
  readonly showSql?: true;
  readonly check?: true;
  readonly send?: true;
  readonly endpoint?: string;
  readonly ignoreSchedule?: true;
  readonly json?: true;
}

interface Options {
  readonly connection: ConnectionParameters;
  readonly target: TargetChoices;
  readonly json: boolean;
  readonly always: boolean;
  /** Print the statements as they are sent. */
  readonly showSql: boolean;
  /** Only say how far a run comes, and what is in its way. */
  readonly check: boolean;
  readonly ignoreSchedule: boolean;
  /** Where to send the report; undefined for showing it. */
  readonly endpoint: string | undefined;
}

const command = addConnectionOptions(
  createCommand(
    'run report',
    'Shows what a run would report of any database that this machine reaches, and why it would or would not: the same as the deployed get-report. Nothing is sent unless you say --send.',
  ),
)
  .option(
    '--json',
    'the bare bytes of the report: npm run -s report -- --json … | sha256sum; with --check, one JSON object',
  )
  .option('--check', 'say how far a run would come, stage by stage, and what is in its way')
  .option('--always', 'show the report also without consent (always by plain SQL)')
  .option(
    '--level <level>',
    `of a server built without telemetry, and of no other, as a target's levelWhenUnset: ${LEVELS.join(', ')} (default: off)`,
  )
  .option(
    '--report-source <source>',
    "catalog: plain SQL; function: the server's own, with its side effects, see the README (default: catalog)",
  )
  .option('--sizes <sizes>', 'exact, or estimated: no user relation is opened (default: exact)')
  .option('--show-sql', 'print the statements to stderr as they are sent to the database')
  .optionsGroup('Sending:')
  .option('--send', 'run all of send-report, and send the report if there is consent')
  .option('--endpoint <url>', 'where --send sends it')
  .option('--ignore-schedule', 'send it also where the telemetry job is not due')
  .addHelpText('after', '\nWith --send, --json prints one JSON object with outcome and log.');

function checkOptions(values: Values, problems: string[]): void {
  const { reportSource, sizes, check, send, endpoint, always, ignoreSchedule } = values;
  addProblems(problems, [
    [
      reportSource === 'function' && sizes === 'estimated',
      '--sizes estimated opens no user relation, and --report-source function opens them all',
    ],
    [send === true && endpoint === undefined, '--send needs --endpoint: say where the report goes'],
    [send === undefined && endpoint !== undefined, '--endpoint needs --send'],
    [send === undefined && ignoreSchedule === true, '--ignore-schedule needs --send'],
    [
      endpoint !== undefined && !isEndpoint(endpoint),
      '--endpoint must be an https:// URL without credentials or fragment (http:// on loopback only)',
    ],
    [
      send === true && always === true,
      '--always shows a report that has no consent, and --send never sends one',
    ],
    [
      send === true && values.showSql === true,
      '--show-sql shows the statements of a report that is not sent: leave out --send, which sends the same ones',
    ],
    [
      check === true && (send === true || always === true),
      '--check neither sends a report nor shows one: leave out --send and --always',
    ],
  ]);
}

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const { level, reportSource, sizes, json, always, check, ignoreSchedule, endpoint } = values;
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
    json: json === true,
    always: always === true,
    showSql: values.showSql === true,
    check: check === true,
    ignoreSchedule: ignoreSchedule === true,
    endpoint,
  };
}

/** The reading half of a run alone. There is nothing here that could send. */
async function show({ connection, target, json, always }: Options): Promise<ExitStatus> {
  const reporter = createTerminalReporter(json);
  reporter.title('timescaledb-telemetry · what your server would report; nothing is sent');
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  const {
    line,
    result: shown,
    error,
  } = await getReport(
    { alwaysDisplayReport: always },
    { ...process.env, TARGET: targetText(target) },
    {
      secretsOf: () => ({ read: async () => credentials }),
      limitMs: LIMIT_MS,
      now: Date.now,
      reader: inProcessReader,
    },
  );
  if (error !== undefined) throw forThisMachine(error, credentials);
  if (shown === undefined) throw new TypeError('A preview without an error shows nothing.');
  return finishPreview(reporter, shown, json, line.durationMs.database);
}

/** Without the stage of the secret, which nobody has to read here, and with what helps at this machine. */
function adaptCheckForCli(examination: CheckResult, credentials: Credentials): CheckResult {
  const remedyFor = remediesFor(credentials);
  const stages = examination.stages.filter(({ stage }) => stage !== 'secret');
  return {
    ...examination,
    database: credentials.database,
    stages: stages.map((stage) => {
      const remedy = stage.code === undefined ? undefined : remedyFor(stage.code);
      return { ...stage, ...(remedy !== undefined && { remedy }) };
    }),
  };
}

/** How far a run of get-report comes. */
async function check({ connection, target, json }: Options): Promise<ExitStatus> {
  const reporter = createTerminalReporter(json);
  reporter.title('timescaledb-telemetry · check of your server; nothing is sent');
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  const { result, error } = await runCheck(
    { check: true },
    { ...process.env, TARGET: targetText(target) },
    {
      secretsOf: () => ({ read: async () => credentials }),
      limitMs: LIMIT_MS,
      now: Date.now,
      reader: inProcessReader,
    },
  );
  if (result === undefined) {
    throw error === undefined
      ? new TypeError('A check without an error shows nothing.')
      : forThisMachine(error, credentials);
  }
  const ours = adaptCheckForCli(result, credentials);
  const said =
    error?.original === undefined ? [] : [cutText(String(error.original), MAX_SAID_LENGTH)];
  if (json) printJson({ ...ours, ...(said.length > 0 && { said }) });
  showCheck(reporter, ours, said);
  return statusOfCheck(ours);
}

/** The shape of RDS; where there is no password, a server that wants none does not look at it. */
function secretFor({ user, database, password, ...rest }: Credentials): string {
  return JSON.stringify({
    ...rest,
    username: user,
    dbname: database,
    password: password === '' ? 'none-was-given' : password,
  });
}

/** The whole run, to an endpoint of the caller's. */
async function send(options: Options, endpoint: string): Promise<ExitStatus> {
  const { connection, target, json, ignoreSchedule } = options;
  const reporter = createTerminalReporter(json);
  reporter.title('timescaledb-telemetry · send-report on your server');
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  await using built = await bundleOnce('send-report');
  const { PGOPTIONS } = process.env;
  const finished = await runBundle(built.file, secretFor(credentials), target, {
    endpoint,
    ignoreSchedule,
    environment: { ...(PGOPTIONS !== undefined && { PGOPTIONS }) },
  });
  if (json) printJson(finished);
  showOutcome(reporter, finished.outcome, SECRETS_FROM, remediesFor(credentials));
  reporter.block('The log, as CloudWatch gets it:', finished.log);
  return statusOfOutcome(finished.outcome);
}

await runCommand<Options>({
  command,
  read,
  perform(options) {
    if (options.showSql) showSql();
    if (options.check) return check(options);
    return options.endpoint === undefined ? show(options) : send(options, options.endpoint);
  },
});
