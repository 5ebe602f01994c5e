import { join } from 'node:path';
import { bundleOnce } from '#bundle';
import { RELEASE_DATA } from '../../data/release-data.ts';
import { type DemoOptions, type DemoRun, runDemo, startDemoDatabase } from '../../emulator/demo.ts';
import { SECRETS_FROM } from '../../emulator/run-send-report.ts';
import { WORKING_FOLDER } from '../../infra/config/folders.ts';
import { LEVELS, type Level } from '../../lib/config/target.ts';
import { newestRelease } from '../../lib/version-check/compatibility.ts';
import { type CommandDefinition, choice, createCommand, EXIT, oneOf } from '../command.ts';
import { silentLine } from '../command-line.ts';
import { prepareRecord } from '../options/record.ts';
import { createCliAdapter } from '../output/adapt-for-cli.ts';
import { printJson } from '../output/finish.ts';
import { describeContents, showReceived, showSummary } from '../output/results/show-demo.ts';
import { showOutcome } from '../output/results/show-outcome.ts';
import { showReportText } from '../output/results/show-report.ts';
import { createTerminalReporter, type TerminalReporter } from '../output/terminal/terminal.ts';

/** Folder of the database that `--keep` keeps. */
const KEPT_FOLDER = join(WORKING_FOLDER, '.local');
/** A version that a reply of the endpoint may have. */
const VERSION_TEXT = /^[A-Za-z0-9.-]{1,128}$/;
const DEFAULT_LEVEL: Level = 'basic';
const DEFAULT_LATEST = newestRelease(RELEASE_DATA)?.text ?? '';

interface Values {
  readonly level?: string;
  readonly latest: string;
  readonly keep?: true;
  readonly report?: true;
  readonly log?: true;
  readonly record?: string;
  readonly split?: true;
  readonly json?: true;
}

interface Options extends Omit<DemoOptions, 'workerFile'> {
  readonly keep: boolean;
  readonly report: boolean;
  readonly log: boolean;
  readonly split: boolean;
  readonly json: boolean;
  readonly isLevelGiven: boolean;
}

const command = createCommand(
  'demo',
  "Runs send-report once on this machine: the bundle that is deployed, in a process with Lambda's environment, on an embedded TimescaleDB with demo data. Secrets Manager and the telemetry endpoint are servers on loopback. Nothing leaves this machine.",
)
  .addOption(choice('--level <level>', LEVELS, 'the telemetry level', DEFAULT_LEVEL))
  .option('--latest <version>', 'the newest version that the endpoint answers', DEFAULT_LATEST)
  .option('--keep', 'keep the embedded database in .local/, and use it again')
  .option('--report', 'show the text of the report')
  .option('--log', 'show the log, as CloudWatch gets it')
  .option('--record <folder>', 'record the run in this folder, as a deployment does in its bucket')
  .option(
    '--split',
    'read the database with database-worker, in a process of its own, as in a network without a way out',
  )
  .option('--json', `print one JSON object instead: ${silentLine('demo', '--json')}`)
  .addHelpText('after', '\nA run that is skipped without consent ends with 0 here.');

function build(reporter: TerminalReporter, name: Parameters<typeof bundleOnce>[0]) {
  return reporter.step(
    'bundle',
    'building the function',
    () => bundleOnce(name),
    ({ bytes }) => `${name}, of which a start loads ${Math.round(bytes / 1_000)} kB`,
  );
}

async function run(
  reporter: TerminalReporter,
  { keep, split, ...options }: Options,
): Promise<DemoRun> {
  reporter.title('timescaledb-telemetry · demo: send-report on an embedded TimescaleDB');
  await using sender = await build(reporter, 'send-report');
  await using worker = split ? await build(reporter, 'database-worker') : undefined;
  const { db } = await reporter.step(
    'database',
    keep ? 'starting TimescaleDB' : 'starting TimescaleDB and adding demo data',
    () => startDemoDatabase(keep ? KEPT_FOLDER : undefined),
    ({ contents }) => describeContents(contents),
  );
  return await reporter.step(
    'function',
    'running the bundle',
    () => runDemo(sender.file, db, { ...options, workerFile: worker?.file }),
    () =>
      split
        ? 'ran in its own process, with the AWS SDK; database-worker ran in another, with the database'
        : "ran in its own process, with Lambda's environment and the AWS SDK",
  );
}

export const definition: CommandDefinition<Options> = {
  command,
  read(parsed, problems) {
    const { level, latest, record, ...flags } = parsed.opts<Values>();
    if (!VERSION_TEXT.test(latest)) {
      problems.push('--latest must be a version: 1 to 128 letters, digits, dots or hyphens');
    }
    return {
      level: oneOf('--level', level, LEVELS, problems) ?? DEFAULT_LEVEL,
      isLevelGiven: parsed.getOptionValueSource('level') === 'cli',
      latest,
      record,
      keep: flags.keep === true,
      report: flags.report === true,
      log: flags.log === true,
      split: flags.split === true,
      json: flags.json === true,
    };
  },
  async perform(options) {
    const reporter = createTerminalReporter(options.json);
    if (options.record !== undefined) await prepareRecord(options.record);
    const finished = await run(reporter, options);
    const { outcome, log, workerLog, report } = finished;
    if (options.json) printJson({ outcome, log, report, ...(options.split && { workerLog }) });
    const adapter = createCliAdapter({
      levelOption: '--level',
      levelOrigin: options.isLevelGiven ? undefined : "the demo's default",
    });
    const shown = { ...finished, outcome: adapter.outcome(outcome) };
    showOutcome(reporter, shown.outcome, SECRETS_FROM);
    showReceived(reporter, shown);
    if (options.report && report !== null) showReportText(reporter, report);
    if (options.log) reporter.block('The log, as CloudWatch gets it:', log);
    if (options.log && options.split) reporter.block('The log of database-worker:', workerLog);
    showSummary(reporter, shown, options.level);
    return outcome.outcome === 'failed' ? EXIT.failed : EXIT.done;
  },
};
