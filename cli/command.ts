import { Command, CommanderError } from 'commander';
import { cutText } from '../lib/config/printable.ts';
import { RunError } from '../lib/errors.ts';
import { toPrintableLine } from './output/printable.ts';

/** How a command ends, for whatever calls it. */
export const EXIT = { done: 0, failed: 1, usage: 2, skipped: 3 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** One command: its options, what they ask for, and what it does then. */
export interface CommandDefinition<Options> {
  readonly command: Command;
  /** Returns the options; adds what is wrong with it to `problems`, and counts only when nothing is. */
  read(command: Command, problems: string[]): Options;
  /**
   * @throws RunError, CommandError
   */
  perform(options: Options): Promise<ExitStatus>;
}

/** What a command cannot do, and what helps. */
export class CommandError extends Error {
  override readonly name = 'CommandError' as const;
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

const EXIT_HELP = `
Exit status: 0 sent, shown, or nothing broken, 1 failed or broken, 2 wrong options, 3 skipped
(no consent, or not due).`;

/** A command without options, called `npm run <script>`. */
export function createCommand(script: string, summary: string): Command {
  return new Command(`npm ${script} --`)
    .description(summary)
    .helpOption('-h, --help', 'this page')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .action(() => undefined)
    .addHelpText('after', EXIT_HELP);
}

/** One of a few words, or undefined; anything else is a problem. */
export function oneOf<T extends string>(
  option: string,
  text: string | undefined,
  all: readonly T[],
  problems: string[],
): T | undefined {
  const found = all.find((one) => one === text);
  if (found === undefined && text !== undefined) {
    problems.push(`${option} must be one of ${all.join(', ')}`);
  }
  return found;
}

/** Those of some checks that found something. */
export function addProblems(
  problems: string[],
  checks: readonly (readonly [isWrong: boolean, problem: string])[],
): void {
  problems.push(...checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem));
}

/** Of what commander quotes from an argument. */
const MAX_PROBLEM_LENGTH = 200;

/** commander's words, without what was given as a value: a misspelt --database-url has a password in it. */
function problemOf({ code, message }: CommanderError): string {
  if (code === 'commander.excessArguments') {
    return message.replace(/^error: /, '').replace(/: .*/s, ' (options begin with --)');
  }
  const text = cutText(message.replace(/^error: /, ''), MAX_PROBLEM_LENGTH);
  if (code !== 'commander.unknownOption') return text.replace(/=[^\n]*'/, "=…'");
  // A short option has its value right behind it, as in psql's -d.
  return text.replace(/'(--[^=\n]*=|-[^-\n])[^\n]+'/, "'$1…'");
}

/** commander names the first missing argument alone. */
function problemsOf(command: Command, error: CommanderError): readonly string[] {
  if (error.code !== 'commander.missingArgument') return [problemOf(error)];
  return command.registeredArguments
    .filter(({ required }, index) => required && command.args[index] === undefined)
    .map((argument) => `missing required argument '${argument.name()}'`);
}

/**
 * What commander makes of the arguments. It stops at the first problem; what it has parsed until then is all that there
 * is, unless an option lacks its value.
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

/** What went wrong, for the person whose terminal this is: with the words of the server, too. */
function explain(error: unknown): { lines: readonly string[]; status: ExitStatus } {
  if (error instanceof CommandError) {
    return { lines: [error.message, error.remedy], status: EXIT.failed };
  }
  if (!(error instanceof RunError)) throw error;
  const { code, message, remedy, original } = error;
  const said = original === undefined ? [] : [String(original)];
  // The caller's own arguments and environment are all the configuration that there is.
  const isUsage = code === 'EVENT_INVALID' || code === 'CONFIG_INVALID';
  return {
    lines: [`${code}: ${message}`, ...said, remedy],
    status: isUsage ? EXIT.usage : EXIT.failed,
  };
}

/** Of one sentence about what went wrong, and how many of them: a server or a caller can say megabytes. */
const MAX_LINE_LENGTH = 2_000;
const MAX_LINES = 30;

function printErrors(lines: readonly string[]): void {
  const shown =
    lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES - 1), ...lines.slice(-1)] : lines;
  const text = shown.map((line) => toPrintableLine(cutText(line, MAX_LINE_LENGTH))).join('\n');
  process.stderr.write(`${text}\n`);
}

async function run<Options>(
  { command, read, perform }: CommandDefinition<Options>,
  args: readonly string[],
): Promise<ExitStatus> {
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

/** Runs a command with the arguments of this process, whose exit status becomes the command's. */
export async function runCommand<Options>(definition: CommandDefinition<Options>): Promise<void> {
  // Whoever reads only the beginning (`| head`) has seen enough.
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
    process.exit();
  });
  process.exitCode = await run(definition, process.argv.slice(2));
}
