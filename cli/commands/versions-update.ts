import type { Command } from 'commander';
import { parseVersionData, versionDataProblems } from '../../data/check-version-data.ts';
import { mergeReleases } from '../../data/update/merge-releases.ts';
import type { VersionData } from '../../data/version-data.ts';
import {
  type CommandDefinition,
  CommandError,
  createCommand,
  EXIT,
  type ExitStatus,
} from '../command.ts';
import { showReleases, showUpdate } from '../output/show-versions.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';
import { OWN_FILE, readJson, replaceJson } from '../versions/data-file.ts';
import { openRepository, repositoryProblem } from '../versions/repository.ts';
import { readReleases } from '../versions/upstream.ts';

interface Options {
  readonly repository: string;
  readonly file: string;
  readonly dryRun: boolean;
}

const command = createCommand(
  'versions update',
  "Updates TimescaleDB's releases, their dates and their PostgreSQL majors in the version data from a git repository.",
)
  .requiredOption('--repository <path or URL>', "a clone of TimescaleDB's repository, or its URL")
  .option('--file <path>', "the file of version data (default: this project's)")
  .option('--dry-run', 'show the differences, write nothing');

function read(parsed: Command, problems: string[]): Options {
  const { repository, file, dryRun } = parsed.opts<Partial<Options>>();
  const problem = repository === undefined ? undefined : repositoryProblem(repository);
  if (problem !== undefined) problems.push(problem);
  return { repository: repository ?? '', file: file ?? OWN_FILE, dryRun: dryRun === true };
}

/**
 * Parses version data, before or after the update.
 *
 * @throws CommandError with all problems
 */
function parse(value: unknown, subject: string): VersionData {
  const problems = versionDataProblems(value);
  if (problems.length === 0) return parseVersionData(value);
  throw new CommandError(
    `${subject} is invalid, and nothing was written: ${problems.join('; ')}.`,
    'Correct the entries in the file of version data.',
  );
}

async function perform({ repository, file, dryRun }: Options): Promise<ExitStatus> {
  const before = parse(await readJson(file), file);
  const reporter = createTerminalReporter(false);
  reporter.title("timescaledb-telemetry · update of TimescaleDB's releases");
  await using opened = await reporter.step(
    'repository',
    'fetching its tags',
    () => openRepository(repository),
    () => repository,
  );
  const releases = await readReleases(opened.folder);
  showReleases(reporter, releases);
  const today = new Date().toISOString().slice(0, 10);
  const update = mergeReleases(before, releases, today);
  const after = parse(update.data, 'The updated data');
  showUpdate(reporter, update);
  const isSame = JSON.stringify(after) === JSON.stringify(before);
  if (isSame) reporter.line('✔', 'file', `${file} is up to date`);
  else if (dryRun) reporter.line('–', 'file', `${file} was not written (--dry-run)`);
  else {
    await replaceJson(file, after);
    reporter.line('✔', 'file', `${file} was written; asOf is ${after.asOf}`);
  }
  return EXIT.done;
}

export const definition: CommandDefinition<Options> = { command, read, perform };
