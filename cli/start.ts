import { type EmbeddedChoices, runEmbedded } from '../emulator/demo.ts';
import { LEVELS, type Level } from '../lib/config/target.ts';
import { createCommand, EXIT, oneOf, runCommand } from './command.ts';
import { printJson } from './output/finish.ts';
import { createTerminalReporter } from './output/terminal.ts';

/** What a reply may name as a version. */
const VERSION_TEXT = /^[A-Za-z0-9.-]{1,128}$/;
const DEFAULT_LEVEL: Level = 'basic';
const DEFAULT_LATEST = '2.30.1';

interface Values {
  readonly level?: string;
  readonly latest?: string;
  readonly keep?: true;
  readonly json?: true;
}

interface Options extends EmbeddedChoices {
  readonly json: boolean;
}

const command = createCommand(
  'start',
  `Runs send-report once on this machine, on an embedded TimescaleDB, with a Secrets Manager and a telemetry endpoint on loopback: the bundle that would ship, in a process with Lambda's environment. Nothing leaves this machine.`,
)
  .option(
    '--level <level>',
    `the target's levelWhenUnset: ${LEVELS.join(', ')} (default: ${DEFAULT_LEVEL})`,
  )
  .option('--latest <version>', `what the endpoint names as newest (default: ${DEFAULT_LATEST})`)
  .option('--keep', 'keep the embedded database in .local/, and use it again')
  .option('--json', 'one JSON object instead of a reporter: npm start --silent -- --json')
  .addHelpText('after', '\nA run that is skipped for want of consent ends with 0 here.');

await runCommand<Options>({
  command,
  read(parsed, problems) {
    const { level, latest = DEFAULT_LATEST, keep, json } = parsed.opts<Values>();
    if (!VERSION_TEXT.test(latest)) {
      problems.push('--latest must be a version: 1 to 128 letters, digits, dots or hyphens');
    }
    return {
      level: oneOf('--level', level, LEVELS, problems) ?? DEFAULT_LEVEL,
      latest,
      keep: keep === true,
      json: json === true,
    };
  },
  async perform({ json, ...choices }) {
    const result = await runEmbedded(createTerminalReporter(json), choices);
    if (json) printJson(result);
    return result.outcome.outcome === 'failed' ? EXIT.failed : EXIT.done;
  },
});
