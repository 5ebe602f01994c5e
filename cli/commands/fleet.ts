import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { errorCodeOf } from '../../lib/errors.ts';
import { CONDITIONS, type Condition } from '../../lib/fleet/database-state.ts';
import {
  addProblems,
  type CommandDefinition,
  CommandError,
  createCommand,
  EXIT,
  type ExitStatus,
  flag,
} from '../command.ts';
import { type PageChoice, pageOptions, readPage, showPage, writePage } from '../fleet/page.ts';
import type { Fleet, FleetSource } from '../fleet/row.ts';
import { readSource, type SourceValues, sourceOptions } from '../fleet/source-options.ts';
import { replaceFile } from '../output/files/replace-file.ts';
import { printJson } from '../output/finish.ts';
import { formatCsv } from '../output/fleet/fleet-csv.ts';
import { formatPrometheus } from '../output/fleet/prometheus.ts';
import { showFleet } from '../output/fleet/show-fleet.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';

/** Conditions that `--fail-on` knows. */
const FAIL_ON = CONDITIONS.filter((condition) => condition !== 'unknown');

interface Values extends SourceValues {
  readonly json?: true;
  readonly csv?: true;
  readonly prometheus?: string;
  readonly html?: string;
  readonly open?: true;
  readonly failOn?: string;
}

interface Options {
  readonly source: FleetSource;
  readonly format: 'table' | 'json' | 'csv';
  /** Path of the file for Prometheus' textfile collector. */
  readonly prometheus: string | undefined;
  readonly page: PageChoice | undefined;
  readonly failOn: readonly Condition[];
}

const command = createCommand(
  'fleet',
  'Shows one line for each database, the worst first, with the action to take: of an environment by its record, or of a list by a check of each. Reads only; nothing is sent.',
  `
Exit status: 0 every database was checked and no condition of --fail-on holds,
1 failure, or a database could not be checked, 2 wrong options, 4 a condition of
--fail-on holds.

Passwords come from PGPASSWORD, PGPASSFILE (~/.pgpass) or the URLs. PGUSER, PGPORT,
PGSSLMODE and PGSSLROOTCERT apply to each database of a list whose entry has no value.`,
).argument('[environment]', 'the name of the environment');
for (const option of sourceOptions()) command.addOption(option);
command
  .option(
    '--fail-on <conditions>',
    `end with status 4 if one holds, such as ${FAIL_ON.slice(0, 2).join(',')}: ${FAIL_ON.join(', ')}`,
  )
  .optionsGroup('Output:')
  .addOption(flag('--json', 'print one JSON object').conflicts('csv'))
  .option('--csv', 'print CSV with a header')
  .option(
    '--prometheus <file>',
    "also write a file for the textfile collector of Prometheus' node_exporter",
  );
for (const option of pageOptions()) command.addOption(option);

function readFailOn(
  { failOn = '' }: Values,
  isLive: boolean,
  problems: string[],
): readonly Condition[] {
  const words = failOn
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const found = FAIL_ON.filter((condition) => words.includes(condition));
  addProblems(problems, [
    [
      words.some((word) => !FAIL_ON.some((condition) => condition === word)),
      `--fail-on must be a list of ${FAIL_ON.join(', ')}`,
    ],
    [
      isLive && found.includes('silent'),
      '--fail-on silent needs the record of runs, which --databases and --live do not read',
    ],
  ]);
  return found;
}

/** Writes a file, or returns the error if that fails: the fleet is shown all the same. */
async function tryToWrite<Result>(
  option: string,
  file: string,
  write: () => Promise<Result>,
): Promise<Result | CommandError> {
  try {
    return await write();
  } catch (error) {
    return new CommandError(
      `The file ${file} cannot be written: ${errorCodeOf(error)}.`,
      `Name a file in a folder that exists and that you may write to with ${option}.`,
    );
  }
}

/** Writes the files that the options ask for. Each result is undefined if there is no such file. */
async function writeFiles({ prometheus, page }: Options, fleet: Fleet) {
  return {
    textfile:
      prometheus === undefined
        ? undefined
        : await tryToWrite('--prometheus', prometheus, () =>
            replaceFile(prometheus, formatPrometheus(fleet), 'public'),
          ),
    pagePath:
      page === undefined
        ? undefined
        : await tryToWrite('--html', page.file ?? tmpdir(), () => writePage(page, fleet)),
  };
}

function toJson({ state, rows, notes }: Fleet, { isLive }: FleetSource) {
  const { environment, asOf, counts } = state;
  const { silent, ...others } = counts;
  return {
    environment: isLive ? null : environment,
    asOf,
    counts: isLive ? others : { ...others, silent },
    databases: rows,
    notes,
  };
}

function statusOf({ failOn, source }: Options, { rows }: Fleet): ExitStatus {
  const holds = (condition: Condition): boolean =>
    rows.some(({ conditions }) => conditions.includes(condition));
  if (failOn.some(holds)) return EXIT.found;
  // A failed run of the past is a fact that was read; a failed check is a failure of this command.
  return source.isLive && holds('failed') ? EXIT.failed : EXIT.done;
}

export const definition: CommandDefinition<Options> = {
  command,
  read(parsed: Command, problems) {
    const values = parsed.opts<Values>();
    const { json, csv, prometheus } = values;
    const source = readSource(parsed, problems);
    return {
      source,
      format: json ? 'json' : csv ? 'csv' : 'table',
      prometheus,
      page: readPage(values),
      failOn: readFailOn(values, source.isLive, problems),
    };
  },
  async perform(options) {
    const { source, format, page } = options;
    const reporter = createTerminalReporter(format !== 'table');
    reporter.title(`timescaledb-telemetry · ${source.title}`);
    const fleet = await source.load();
    // The files first: a reader of the output may end this process.
    const { textfile, pagePath } = await writeFiles(options, fleet);
    if (format === 'csv') process.stdout.write(formatCsv(fleet));
    if (format === 'json') printJson(toJson(fleet, source));
    showFleet(reporter, fleet, source);
    if (page !== undefined && typeof pagePath === 'string') {
      await showPage(reporter, pagePath, page);
    }
    for (const result of [textfile, pagePath]) if (result instanceof CommandError) throw result;
    return statusOf(options, fleet);
  },
};
