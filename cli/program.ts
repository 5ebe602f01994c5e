import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { displayPath, ROOT } from '../infra/config/folders.ts';
import { errorCodeOf } from '../lib/errors.ts';
import { SERVICE } from '../lib/naming.ts';
import { VERSION } from '../lib/product.ts';
import {
  EXIT,
  printErrors,
  problemOf,
  type RegisteredCommand,
  runCommand,
  withHelp,
} from './command.ts';
import { findCommand, GROUPS } from './registry.ts';

/** Adds a command's name and summary; that of a name of two words to the command that the first word names. */
function addStub(program: Command, { name, summary }: RegisteredCommand): void {
  const [parentName = '', childName] = name.split(' ');
  if (childName === undefined) {
    withHelp(program.command(parentName)).description(summary);
    return;
  }
  const existing = program.commands.find((command) => command.name() === parentName);
  const parent = existing ?? withHelp(program.command(parentName)).helpCommand(false);
  withHelp(parent.command(childName)).description(summary);
  parent.description(parent.commands.map((child) => child.name()).join(', '));
}

/** Creates the program without the options of its commands: the modules of the commands are not imported. */
function createProgram(): Command {
  const program = withHelp(new Command(SERVICE))
    .description("TimescaleDB's usage telemetry and version check, done from outside the database.")
    .usage('<command> [options]')
    .version(VERSION, '-V, --version', 'print the version')
    .helpCommand(false)
    .addHelpText(
      'after',
      `\n${SERVICE} <command> --help lists the options of a command.\nDocumentation: ${displayPath(join(ROOT, 'docs'))}`,
    );
  for (const [heading, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(heading);
    for (const command of commands) addStub(program, command);
  }
  return program;
}

/** Prints help or version, or says why the arguments name no command. */
function runWithoutCommand(args: readonly string[]): number {
  try {
    createProgram().parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (error.code !== 'commander.help') {
      printErrors([problemOf(error), `(${SERVICE} --help lists the commands.)`]);
    }
  }
  return EXIT.usage;
}

const EMBEDDED = '@electric-sql/pglite';

/** Whether a module could not be imported because npm left out the embedded TimescaleDB. */
function lacksTimescaledb(error: unknown): boolean {
  return (
    error instanceof Error &&
    errorCodeOf(error) === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${EMBEDDED}'`)
  );
}

/**
 * Runs the program.
 *
 * @param args the name of a command, and its arguments
 * @returns the exit status
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  const words = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  const command = findCommand(words);
  if (command === undefined) return runWithoutCommand(words);
  try {
    const { definition } = await command.found.load();
    return await runCommand(definition, command.rest);
  } catch (error) {
    if (!lacksTimescaledb(error)) throw error;
    printErrors([
      `The package ${EMBEDDED}, an optional dependency with the embedded TimescaleDB, is not installed.`,
      'Run npm install --include=optional.',
    ]);
    return EXIT.failed;
  }
}
