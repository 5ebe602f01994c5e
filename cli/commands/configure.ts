import type { Command } from 'commander';
import { type TargetChoices, targetText } from '../../emulator/run-send-report.ts';
import { LEVELS } from '../../lib/config/target.ts';
import { configure } from '../../lib/configure/configure.ts';
import { inProcessChanger } from '../../lib/configure/database-changer.ts';
import {
  type CommandDefinition,
  choice,
  createCommand,
  type ExitStatus,
  oneOf,
} from '../command.ts';
import { silentLine } from '../command-line.ts';
import {
  actionArgument,
  addChangeOptions,
  type ChangeValues,
  readChange,
} from '../options/configure.ts';
import {
  addConnectionOptions,
  describeServer,
  findCredentials,
  readConnection,
} from '../options/connection.ts';
import type { ConnectionParameters } from '../options/libpq-parameters.ts';
import { createCliAdapter } from '../output/adapt-for-cli.ts';
import { finishChange } from '../output/finish.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';

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
      'configure',
      "Turns telemetry on or off as TimescaleDB documents it for the server's release. The login needs the rights for it. Without --apply the statements are shown, and nothing is changed.",
    ).addArgument(actionArgument('<action>')),
  ),
)
  .addOption(
    choice(
      '--level-when-unset <level>',
      LEVELS,
      'the telemetry level of a server built without telemetry, for the consent that is shown',
      'off',
    ),
  )
  .option('--json', `print one JSON object instead: ${silentLine('configure', '… --json')}`);

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
    `timescaledb-telemetry · ${event['action']} telemetry${isDryRun ? ' (dry run)' : ''}`,
  );
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  const { result: configured, error } = await configure(
    event,
    { ...process.env, WORKER: '', TARGET: targetText(target) },
    {
      secretsOf: () => ({ read: async () => credentials }),
      limitMs: LIMIT_MS,
      now: Date.now,
      changer: inProcessChanger,
    },
  );
  const adapter = createCliAdapter({ levelOption: '--level-when-unset', credentials });
  if (error !== undefined) throw adapter.error(error);
  if (configured === undefined) throw new TypeError('The change has neither result nor error.');
  return finishChange(reporter, json ? configured : adapter.change(configured), json);
}

export const definition: CommandDefinition<Options> = { command, read, perform };
