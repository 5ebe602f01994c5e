import type { Command } from 'commander';
import { type TargetChoices, targetText } from '../emulator/run-send-report.ts';
import { LEVELS } from '../lib/config/target.ts';
import { configure } from '../lib/configure/configure.ts';
import { createCommand, type ExitStatus, oneOf, runCommand } from './command.ts';
import { addChangeOptions, type ChangeValues, readChange } from './options/configure.ts';
import {
  addConnectionOptions,
  describeServer,
  findCredentials,
  forThisMachine,
  readConnection,
} from './options/connection.ts';
import type { ConnectionParameters } from './options/libpq-parameters.ts';
import { finishConfigured } from './output/finish.ts';
import { createTerminalReporter } from './output/terminal.ts';

const LIMIT_MS = 100_000;

interface Values extends ChangeValues {
  readonly levelWhenUnset?: string;
  readonly json?: true;
}

interface Options {
  readonly connection: ConnectionParameters;
  readonly target: TargetChoices;
  readonly event: Readonly<Record<string, unknown>>;
  readonly isDryRun: boolean;
  readonly json: boolean;
}

const command = addChangeOptions(
  addConnectionOptions(
    createCommand(
      'run configure',
      'Turns telemetry on or off as TimescaleDB documents it, for the release at hand. It needs a login that may. Without --apply nothing is changed: the statements are shown.',
    ).argument('<action>', 'enable or disable'),
  ),
)
  .option(
    '--level-when-unset <level>',
    `what the target says, for the consent before and after: ${LEVELS.join(', ')} (default: off)`,
  )
  .option('--json', 'one JSON object instead of a reporter: npm run -s configure -- … --json');

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const { levelWhenUnset, json } = values;
  const connection = readConnection(parsed, problems);
  const [action] = parsed.args.filter((arg) => !arg.startsWith('-'));
  return {
    connection,
    target: {
      name: 'own-server',
      tls: connection.tls,
      level: oneOf('--level-when-unset', levelWhenUnset, LEVELS, problems) ?? 'off',
    },
    event: readChange(action, values, problems),
    isDryRun: values.apply !== true,
    json: json === true,
  };
}

async function perform({
  connection,
  target,
  event,
  isDryRun,
  json,
}: Options): Promise<ExitStatus> {
  const reporter = createTerminalReporter(json);
  reporter.title(
    `timescaledb-telemetry · ${event['action']} telemetry${isDryRun ? ', a dry run' : ''}`,
  );
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  const { result: configured, error } = await configure(
    event,
    { ...process.env, TARGET: targetText(target) },
    { secretsOf: () => ({ read: async () => credentials }), limitMs: LIMIT_MS, now: Date.now },
  );
  if (error !== undefined) throw forThisMachine(error, credentials);
  if (configured === undefined) throw new TypeError('A change without an error says nothing.');
  return finishConfigured(reporter, configured, json);
}

await runCommand<Options>({ command, read, perform });
