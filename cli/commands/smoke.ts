import type { Command } from 'commander';
import { environmentsFolder } from '../../infra/config/folders.ts';
import {
  addProblems,
  type CommandDefinition,
  CommandError,
  createCommand,
  EXIT,
} from '../command.ts';
import { requireCdk } from '../deploy/cdk.ts';
import { TEMPLATE } from '../smoke/environment/template.ts';
import type { TrialChoices } from '../smoke/try-in-account.ts';

interface Values {
  readonly environments?: string;
  readonly template?: true;
  readonly yes?: true;
  readonly realEndpoint?: true;
  readonly names?: true;
}

interface Options extends TrialChoices {
  readonly isTemplate: boolean;
}

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
      process.stdout.write(TEMPLATE);
      return EXIT.done;
    }
    if (!options.isConfirmed && !process.stdin.isTTY) {
      throw new CommandError(
        'The deployment must be confirmed, and standard input is no terminal.',
        'Add --yes.',
        EXIT.usage,
      );
    }
    requireCdk();
    // The check of an environment imports CDK.
    const { tryInAccount } = await import('../smoke/try-in-account.ts');
    return tryInAccount(options);
  },
};
