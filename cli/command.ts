import { Argument, Command, CommanderError, Option } from 'commander';
import { cutText } from '../lib/config/printable.ts';
import { RunError } from '../lib/errors.ts';
import { usageStart } from './command-line.ts';
import { toPrintableLine } from './output/terminal/printable.ts';

/** The exit status of a command; 75 is EX_TEMPFAIL of sysexits.h. */
export const EXIT = { done: 0, failed: 1, usage: 2, skipped: 3, found: 4, temporary: 75 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** A command: its definition, and the functions that read its options and run it. */
export interface CommandDefinition<Options> {
  readonly command: Command;
  /** Adds the problems of the options to `problems`; the result is used only if there are no problems. */
  read(command: Command, problems: string[]): Options;
  /**
   * @returns the exit status: one of `EXIT`, or that of a program that the command runs
   * @throws RunError, CommandError
   */
  perform(options: Options): Promise<number>;
}

/** A command of the program. */
export interface RegisteredCommand {
  /** A name of two words is a command of a command. */
  readonly name: string;
  /** Its line in the program's help. */
  readonly summary: string;
  /** Imports its module, only when it is called. */
  load(): Promise<{ readonly definition: CommandDefinition<unknown> }>;
}

/** An error of a command, with its remedy. */
export class CommandError extends Error {
  override readonly name = 'CommandError' as const;
  readonly remedy: string;
  readonly status: ExitStatus;

  constructor(message: string, remedy: string, status: ExitStatus = EXIT.failed) {
    super(message);
    this.remedy = remedy;
    this.status = status;
  }
}

const EXIT_HELP = `
Exit status: 0 success, 1 failure, 2 wrong options, 3 skipped (no consent, or not due).`;

/** Returns a command whose problems are thrown, not printed. */
export function withHelp(command: Command): Command {
  return command
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
}

/**
 * Creates a command without options.
 *
 * @param name as the program's registry has it, such as `versions check`
 */
export function createCommand(name: string, summary: string, exitHelp = EXIT_HELP): Command {
  return withHelp(new Command(usageStart(name)))
    .description(summary)
    .action(() => undefined)
    .addHelpText('after', exitHelp);
}

/** Creates an option without a value. */
export function flag(flags: string, description: string): Option {
  return new Option(flags, description);
}

/**
 * Creates an option whose help lists its values. `oneOf` checks the value: commander would stop at the first wrong one, and
 * other problems would stay hidden.
 */
export function choice(
  flags: string,
  values: readonly string[],
  description: string,
  defaultValue?: string,
): Option {
  const option = new Option(flags, description).choices(values).argParser((value) => value);
  return defaultValue === undefined ? option : option.default(defaultValue);
}

/** Creates an argument whose help lists its values, as `choice`. */
export function choiceArgument(
  name: string,
  values: readonly string[],
  description: string,
  defaultValue?: string,
): Argument {
  const argument = new Argument(name, description).choices(values).argParser((value) => value);
  return defaultValue === undefined ? argument : argument.default(defaultValue);
}

/** Returns the value of an option; undefined, with a problem, unless it is one of the given words. */
export function oneOf<T extends string>(
  option: string,
  text: string | undefined,
  values: readonly T[],
  problems: string[],
): T | undefined {
  const found = values.find((value) => value === text);
  if (found === undefined && text !== undefined) {
    problems.push(`${option} must be one of ${values.join(', ')}`);
  }
  return found;
}

/** Adds the problems whose condition holds. */
export function addProblems(
  problems: string[],
  checks: readonly (readonly [isWrong: boolean, problem: string])[],
): void {
  problems.push(...checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem));
}

/** Limit of the text that commander quotes from an argument. */
const MAX_PROBLEM_LENGTH = 200;

/** Returns commander's message without the value of an option: a misspelt --database-url has a password in it. */
export function problemOf({ code, message }: CommanderError): string {
  if (code === 'commander.excessArguments') {
    return message.replace(/^error: /, '').replace(/: .*/s, ' (options begin with --)');
  }
  const text = cutText(message.replace(/^error: /, ''), MAX_PROBLEM_LENGTH);
  if (code !== 'commander.unknownOption') return text.replace(/=[^\n]*'/, "=…'");
  // The value of a short option follows it without a separator, as in psql's -d.
  return text.replace(/'(--[^=\n]*=|-[^-\n])[^\n]+'/, "'$1…'");
}

/** Returns one problem, or one per missing argument: commander names only the first of those. */
function problemsOf(command: Command, error: CommanderError): readonly string[] {
  if (error.code !== 'commander.missingArgument') return [problemOf(error)];
  return command.registeredArguments
    .filter(({ required }, index) => required && command.args[index] === undefined)
    .map((argument) => `missing required argument '${argument.name()}'`);
}

/**
 * Parses the arguments. commander stops at the first problem, which is after all options unless one lacks its value.
 *
 * @returns `help` when --help was given and its text is written
 */
function parseArguments(
  command: Command,
  args: readonly string[],
  problems: string[],
): 'all' | 'part' | 'help' {
  try {
    command.parse(args, { from: 'user' });
    return 'all';
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 'help';
    problems.push(...problemsOf(command, error));
    return error.code === 'commander.optionMissingArgument' ? 'part' : 'all';
  }
}

/** Returns an error's lines for the person at the terminal, with the server's own text. */
function explain(error: unknown): { lines: readonly string[]; status: ExitStatus } {
  if (error instanceof CommandError) {
    return { lines: [error.message, error.remedy], status: error.status };
  }
  if (!(error instanceof RunError)) throw error;
  const { code, message, remedy, original } = error;
  const serverText = original === undefined ? [] : [String(original)];
  // Event and configuration of a command come from its arguments and environment.
  const isUsage = code === 'EVENT_INVALID' || code === 'CONFIG_INVALID';
  return {
    lines: [`${code}: ${message}`, ...serverText, remedy],
    status: isUsage ? EXIT.usage : EXIT.failed,
  };
}

/** Limits of what is printed: a server or a caller can send megabytes. */
const MAX_LINE_LENGTH = 2_000;
const MAX_LINES = 30;

export function printErrors(lines: readonly string[]): void {
  const shown =
    lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES - 1), ...lines.slice(-1)] : lines;
  const text = shown.map((line) => toPrintableLine(cutText(line, MAX_LINE_LENGTH))).join('\n');
  process.stderr.write(`${text}\n`);
}

/**
 * Runs a command with its arguments.
 *
 * @returns the exit status
 */
export async function runCommand<Options>(
  { command, read, perform }: CommandDefinition<Options>,
  args: readonly string[],
): Promise<number> {
  const problems: string[] = [];
  const parsed = parseArguments(command, args, problems);
  if (parsed === 'help') return EXIT.done;
  const options = parsed === 'all' ? read(command, problems) : undefined;
  if (options === undefined || problems.length > 0) {
    printErrors([...problems, `(${command.name()} --help lists the options.)`]);
    return EXIT.usage;
  }
  try {
    return await perform(options);
  } catch (error) {
    const { lines, status } = explain(error);
    printErrors(lines);
    return status;
  }
}
