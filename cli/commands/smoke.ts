import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { environmentsFolder, IS_PACKAGE, ROOT } from '../../infra/config/folders.ts';
import { SERVICE } from '../../lib/naming.ts';
import {
  addProblems,
  type CommandDefinition,
  CommandError,
  createCommand,
  EXIT,
  type ExitStatus,
} from '../command.ts';
import { createTerminalReporter, type TerminalReporter } from '../output/terminal/terminal.ts';
import { CLOCK } from '../smoke/clock.ts';
import type { SmokeContext } from '../smoke/context.ts';
import { followInterrupts } from '../smoke/interrupts.ts';
import { openTrial } from '../smoke/open-trial.ts';
import { toReport } from '../smoke/report.ts';
import { showPlan, showRest, showResult } from '../smoke/show.ts';
import { runTrial } from '../smoke/smoke.ts';
import { hasPassed } from '../smoke/step.ts';

interface Values {
  readonly environments?: string;
  readonly template?: true;
  readonly yes?: true;
  readonly realEndpoint?: true;
  readonly names?: true;
}

interface Options {
  readonly environment: string;
  readonly folder: string;
  readonly isTemplate: boolean;
  readonly isConfirmed: boolean;
  readonly acceptsRealEndpoint: boolean;
  readonly hasNames: boolean;
}

const TEMPLATE = join(ROOT, 'examples', 'smoke.ts');

const command = createCommand(
  'smoke',
  'Deploys an environment of two databases into your AWS account, tries everything that only a real account can show, deletes it, and prints a report for an issue. It asks before it deploys.',
  '\nExit status: 0 all steps passed, 1 failure, 2 wrong options or environment. The report is on standard output, everything else on standard error.',
)
  .argument('[environment]', 'the environment, named smoke or smoke-…')
  .option('--template', 'print an environment to fill in, and end')
  .option('--environments <dir>', 'the folder of the environments (default: environments)')
  .option('--yes', 'do not ask before the deployment')
  .option('--real-endpoint', "accept TimescaleDB's own endpoint")
  .option('--names', 'print account ids and names in the report');

/** Returns the example, which in the package imports from the package. */
function template(): string {
  const text = readFileSync(TEMPLATE, 'utf8');
  return IS_PACKAGE ? text.replace(/(?<= from ')[^']+(?=';)/, SERVICE) : text;
}

async function ask(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question('\n  Deploy it? Type yes: ')).trim() === 'yes';
  } finally {
    terminal.close();
  }
}

async function trial(
  context: SmokeContext,
  { isConfirmed, hasNames }: Options,
  reporter: TerminalReporter,
): Promise<ExitStatus> {
  using interrupts = followInterrupts(() =>
    reporter.line(
      '▲',
      'interrupted',
      'Everything is removed now. Press Ctrl-C again to end that, too.',
    ),
  );
  const results = await runTrial(context, {
    clock: CLOCK,
    interrupt: interrupts.first,
    secondInterrupt: interrupts.second,
    confirm: async () => isConfirmed || ask(),
    onStart: ({ doing }) => reporter.entry(' ', `${doing} …`),
    onResult: (result) => showResult(reporter, result),
  });
  if (!results.some(({ name, status }) => name === 'deploy' && status !== 'not-run')) {
    reporter.line('–', 'nothing', 'was deployed');
    return EXIT.failed;
  }
  showRest(reporter, context);
  process.stdout.write(toReport(results, context, hasNames));
  return results.every(({ name }) => hasPassed(results, name)) ? EXIT.done : EXIT.failed;
}

export const definition: CommandDefinition<Options> = {
  command,
  read(parsed: Command, problems: string[]) {
    const values = parsed.opts<Values>();
    const [environment = ''] = parsed.args;
    const isTemplate = values.template === true;
    addProblems(problems, [
      [environment === '' && !isTemplate, 'an environment is missing, or --template'],
    ]);
    return {
      environment,
      folder: environmentsFolder(values.environments),
      isTemplate,
      isConfirmed: values.yes === true,
      acceptsRealEndpoint: values.realEndpoint === true,
      hasNames: values.names === true,
    };
  },
  async perform(options) {
    if (options.isTemplate) {
      process.stdout.write(template());
      return EXIT.done;
    }
    if (!options.isConfirmed && !process.stdin.isTTY) {
      throw new CommandError(
        'The deployment must be confirmed, and standard input is no terminal.',
        'Add --yes.',
        EXIT.usage,
      );
    }
    using context = await openTrial(options);
    const reporter = createTerminalReporter(false, process.stderr);
    showPlan(reporter, context);
    return trial(context, options, reporter);
  },
};
