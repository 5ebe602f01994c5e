import type { Command } from 'commander';
import { environmentsFolder } from '../../infra/config/folders.ts';
import { type CommandDefinition, createCommand } from '../command.ts';
import { requireCdk } from '../deploy/cdk.ts';
import { addCdkOptions, cdkOptionsOf } from '../deploy/cdk-options.ts';
import { COMMANDS, type CommandName, type DeployOptions } from '../deploy/commands.ts';

function read(parsed: Command, name: CommandName): DeployOptions {
  const [environmentName = '', ...stacks] = parsed.args;
  const { environments } = parsed.opts<{ environments?: string }>();
  const rest = [...cdkOptionsOf(parsed, name), ...stacks];
  return { environmentName, source: environmentsFolder(environments), rest };
}

/** Creates the definition of a command that runs the CDK command for one environment. */
export function cdkDefinition(name: CommandName): CommandDefinition<DeployOptions> {
  const command = createCommand(
    name,
    COMMANDS[name].summary,
    `
Exit status: 0 success, 1 failure, 2 wrong options.`,
  )
    .argument('[environment]', "the environment: its file's name without .ts, or its folder's name")
    .argument(
      '[cdk...]',
      `stacks; and, after --, further options for the CDK command (npx cdk ${name} --help)`,
    )
    .option('--environments <dir>', 'the folder of the environments (default: environments)');
  addCdkOptions(command, name);
  return {
    command,
    read: (parsed) => read(parsed, name),
    async perform(options) {
      requireCdk();
      // The check of an environment imports CDK.
      const { runForEnvironment } = await import('../deploy/run.ts');
      return runForEnvironment(name, options);
    },
  };
}
