import type { Option } from 'commander';
import type { RegisteredCommand } from '../command.ts';

/** An option of a command, for a completion script. */
export interface CompletedOption {
  /** With its hyphens. */
  readonly flag: string;
  readonly description: string;
  /** What follows the option: nothing, one of some words, a path, or any other text. */
  readonly value: 'none' | 'words' | 'path' | 'text';
  readonly words: readonly string[];
}

/** A command, for a completion script. */
export interface CompletedCommand {
  /** One word, or two. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** The words that its arguments can be. */
  readonly words: readonly string[];
}

/** Matches the placeholder of a value that is a path. */
const PATH = /<(file|folder|dir|path)\b/;

function valueKind({ flags, argChoices, required }: Option): CompletedOption['value'] {
  if (!required) return 'none';
  if (argChoices !== undefined) return 'words';
  return PATH.test(flags) ? 'path' : 'text';
}

async function describe({ name, summary, load }: RegisteredCommand): Promise<CompletedCommand> {
  const { command } = (await load()).definition;
  const options = command.createHelp().visibleOptions(command);
  return {
    name,
    summary,
    options: options.flatMap((option) => {
      const { long, description, argChoices = [] } = option;
      return long == null
        ? []
        : [{ flag: long, description, value: valueKind(option), words: argChoices }];
    }),
    words: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
  };
}

/** Imports every command, and describes it. */
export function describeCommands(
  commands: readonly RegisteredCommand[],
): Promise<readonly CompletedCommand[]> {
  return Promise.all(commands.map(describe));
}

/** Groups the commands by the first word of their names, in their order. */
export function byFirstWord(
  commands: readonly CompletedCommand[],
): ReadonlyMap<string, readonly CompletedCommand[]> {
  return Map.groupBy(commands, ({ name }) => name.split(' ')[0] ?? '');
}
