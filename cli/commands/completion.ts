import { SERVICE } from '../../lib/naming.ts';
import {
  type CommandDefinition,
  choiceArgument,
  createCommand,
  EXIT,
  oneOf,
  type RegisteredCommand,
} from '../command.ts';
import { bashScript } from '../completion/bash.ts';
import { describeCommands } from '../completion/describe.ts';
import { fishScript } from '../completion/fish.ts';
import { zshScript } from '../completion/zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SCRIPTS;
const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

interface Options {
  readonly shell: Shell;
}

const HELP = `
In ~/.bashrc:                source <(${SERVICE} completion bash)
In ~/.zshrc, after compinit: source <(${SERVICE} completion zsh)
In config.fish:              ${SERVICE} completion fish | source`;

/** Creates the definition of the command that completes all of these. */
export function completionDefinition(
  commands: readonly RegisteredCommand[],
): CommandDefinition<Options> {
  return {
    command: createCommand(
      'completion',
      `Prints a script with which a shell completes the commands and options of ${SERVICE}. The program must be on the PATH.`,
      HELP,
    ).addArgument(choiceArgument('<shell>', SHELLS, 'the shell')),
    read: (parsed, problems) => ({
      shell: oneOf('<shell>', parsed.args[0], SHELLS, problems) ?? 'bash',
    }),
    async perform({ shell }) {
      process.stdout.write(`${SCRIPTS[shell](await describeCommands(commands))}\n`);
      return EXIT.done;
    },
  };
}
