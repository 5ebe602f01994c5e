import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { errorCodeOf } from '../../lib/errors.ts';
import {
  addProblems,
  type CommandDefinition,
  CommandError,
  createCommand,
  EXIT,
} from '../command.ts';
import { initFiles } from '../init/files.ts';
import { type InitChoices, nextSteps } from '../init/steps.ts';
import { addPlaceOptions, checkPlace } from '../options/place.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';

interface Options {
  /** As it was given. */
  readonly folder: string;
  readonly choices: InitChoices;
}

/** The form of an environment's name; infra/config/rules/environment.ts gives the reason. */
const NAME = /^[a-z][a-z0-9-]{0,23}$/;

const command = addPlaceOptions(
  createCommand(
    'init',
    'Creates a folder to deploy from: an environment, package.json with pinned versions, a workflow of GitHub Actions, .gitignore and README. Replaces no file.',
    `
Exit status: 0 success, 1 failure, or a file exists, 2 wrong options.`,
  )
    .argument('<folder>', 'the folder; . for the current one')
    .option('--environment <name>', 'name of the environment', 'prod'),
);

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<InitChoices>();
  addProblems(problems, [
    [
      !NAME.test(values.environment),
      '--environment must be 1 to 24 lower-case letters, digits and hyphens, and begin with a letter',
    ],
  ]);
  checkPlace(values, problems);
  return { folder: parsed.args[0] ?? '', choices: values };
}

/**
 * Writes all files, or none if one of them exists.
 *
 * @throws CommandError
 */
async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const existing = [...files.keys()].filter((file) => existsSync(join(folder, file)));
  if (existing.length > 0) {
    throw new CommandError(
      `Nothing was written, because the folder has: ${existing.join(', ')}.`,
      'Name another folder, or move these files away.',
    );
  }
  for (const [file, text] of files) {
    const path = join(folder, file);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: 'wx' });
    } catch (error) {
      throw new CommandError(
        `${file} cannot be written: ${errorCodeOf(error)}.`,
        'Name a folder that you may write to.',
      );
    }
  }
}

export const definition: CommandDefinition<Options> = {
  command,
  read,
  async perform({ folder, choices }) {
    const files = initFiles(choices);
    await writeFiles(resolve(folder), files);
    const reporter = createTerminalReporter(false);
    reporter.title(`timescaledb-telemetry · ${folder}`);
    for (const file of files.keys()) reporter.line('✔', 'written', file);
    reporter.block('Next steps', [
      ...[`cd ${folder} && npm install`, ...nextSteps(choices)].map((line) => `  ${line}`),
    ]);
    return EXIT.done;
  },
};
