import type { Command } from 'commander';
import { compare } from 'semver';
import { parseVersionData, versionDataProblems } from '../../data/check-version-data.ts';
import type { VersionData } from '../../data/version-data.ts';
import { STALE_AFTER_DAYS } from '../../lib/version-check/release-data.ts';
import { type CommandDefinition, createCommand, EXIT, type ExitStatus } from '../command.ts';
import { commandLine } from '../command-line.ts';
import { printJson } from '../output/finish.ts';
import { counted } from '../output/terminal/counted.ts';
import { createTerminalReporter, type TerminalReporter } from '../output/terminal/terminal.ts';
import { OWN_FILE, readJson } from '../versions/data-file.ts';

const MS_PER_DAY = 86_400_000;

interface Options {
  readonly file: string;
  readonly json: boolean;
}

const command = createCommand(
  'versions check',
  `Checks a file of version data: whether it is valid, and not older than ${STALE_AFTER_DAYS} days.`,
)
  .option('--file <path>', "the file of version data (default: this project's)")
  .option('--json', 'print one JSON object');

function read(parsed: Command): Options {
  const { file, json } = parsed.opts<{ file?: string; json?: true }>();
  return { file: file ?? OWN_FILE, json: json === true };
}

/** Figures about valid version data. */
interface Summary {
  readonly asOf: string;
  readonly ageInDays: number;
  /** The newest published release, in the order of versions. */
  readonly newestRelease: string | null;
  readonly releases: number;
  readonly announced: readonly string[];
  readonly incompatibilities: number;
  readonly failedUpdates: number;
  readonly advisories: number;
  readonly notes: number;
}

function summarize(data: VersionData, now: number): Summary {
  const { asOf, releases, incompatibilities, failedUpdates, advisories, notes } = data;
  const versionsOf = (announced: boolean): readonly string[] =>
    releases
      .filter((release) => (release.announced === true) === announced)
      .map(({ version }) => version)
      .toSorted(compare);
  return {
    asOf,
    ageInDays: Math.floor((now - Date.parse(asOf)) / MS_PER_DAY),
    newestRelease: versionsOf(false).at(-1) ?? null,
    releases: versionsOf(false).length,
    announced: versionsOf(true),
    incompatibilities: incompatibilities.length,
    failedUpdates: failedUpdates.length,
    advisories: advisories.length,
    notes: notes.length,
  };
}

function ageProblems({ asOf, ageInDays }: Summary): readonly string[] {
  if (ageInDays < 0) return [`asOf (${asOf}) is in the future`];
  return ageInDays > STALE_AFTER_DAYS
    ? [
        `The data is older than ${STALE_AFTER_DAYS} days, so newer releases and advisories are unknown. Run ${commandLine('versions update')} and look for new advisories`,
      ]
    : [];
}

function show(reporter: TerminalReporter, summary: Summary): void {
  const { asOf, ageInDays, newestRelease, announced } = summary;
  reporter.line('–', 'as of', `${asOf}, ${counted(ageInDays, 'day')} ago`);
  reporter.line(
    '–',
    'releases',
    `${summary.releases}; the newest is ${newestRelease ?? 'unknown'}`,
  );
  if (announced.length > 0) {
    reporter.line('–', 'announced', announced.join(', '));
    reporter.note('Named in the notes of another release, but not known to be published.');
  }
  const entries = [
    counted(summary.incompatibilities, 'incompatibility', 'incompatibilities'),
    counted(summary.failedUpdates, 'failing update'),
    counted(summary.advisories, 'advisory', 'advisories'),
    `${counted(summary.notes, 'note')} (security fixes for which no advisory was published)`,
  ];
  reporter.line('–', 'entries', entries.join(', '));
}

async function perform({ file, json }: Options): Promise<ExitStatus> {
  const value = await readJson(file);
  const invalid = versionDataProblems(value);
  const summary = invalid.length === 0 ? summarize(parseVersionData(value), Date.now()) : undefined;
  const problems = summary === undefined ? invalid : ageProblems(summary);
  if (json) printJson({ file, valid: invalid.length === 0, ...summary, problems });
  const reporter = createTerminalReporter(json);
  reporter.title('timescaledb-telemetry · version data');
  reporter.line('–', 'file', file);
  if (summary !== undefined) show(reporter, summary);
  for (const problem of problems) reporter.line('✖', 'problem', `${problem}.`);
  if (problems.length === 0) reporter.line('✔', 'result', 'valid and current');
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}

export const definition: CommandDefinition<Options> = { command, read, perform };
