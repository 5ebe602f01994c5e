import type { DemoContents, DemoRun } from '../../../emulator/demo.ts';
import { commandLine } from '../../command-line.ts';
import { grouped, type TerminalReporter } from '../terminal/terminal.ts';
import { markOfVersion, summarizeVersion } from './show-version.ts';

export function describeContents(contents: DemoContents): string {
  const { timescaledb, postgresql, hypertables, chunks } = contents;
  const { continuousAggregates, compressedRows } = contents;
  return `TimescaleDB ${timescaledb} on PostgreSQL ${postgresql}: ${hypertables} hypertables, ${chunks} chunks, ${continuousAggregates} continuous aggregates, ${grouped(compressedRows)} compressed rows`;
}

/** Shows what arrived at the endpoint, which is compared with the report of the outcome. */
export function showReceived(reporter: TerminalReporter, run: DemoRun): void {
  const { outcome, report, receivedSha256, endpointConnections } = run;
  if (report === null) {
    const count = endpointConnections === 0 ? 'no connection' : 'a connection, but no report';
    reporter.line('–', 'endpoint', `received ${count}`);
    return;
  }
  const isSame = receivedSha256 === outcome.report?.sha256;
  const size = `${grouped(Buffer.byteLength(report))} bytes`;
  const hash = isSame ? 'the same sha256' : 'a different sha256';
  reporter.line(isSame ? '✔' : '✖', 'endpoint', `received ${size} with ${hash}`);
}

function showSent(reporter: TerminalReporter, { outcome, report }: DemoRun): void {
  if (report !== null) {
    const size = `${grouped(Buffer.byteLength(report))} bytes`;
    reporter.line('✔', 'sent', `${size}, to an endpoint on this machine.`);
  } else {
    reporter.line(outcome.outcome === 'failed' ? '✖' : '–', 'sent', `nothing. ${outcome.message}`);
  }
}

/** The commands that a person may want to run next, with their purpose. */
function nextSteps({ report }: DemoRun, level: string): readonly (readonly [string, string])[] {
  return [
    ...(report === null
      ? []
      : [[commandLine('demo', '--report'), 'show the text of the report'] as const]),
    [commandLine('demo', '--log'), 'show the log, as CloudWatch gets it'],
    level === 'off'
      ? [commandLine('demo', '--level basic'), 'run with consent']
      : [commandLine('demo', '--level off'), 'run without consent'],
    [commandLine('serve'), 'keep the demo database running'],
    [commandLine('report', '--help'), 'show how to report on your own database'],
  ];
}

/** Shows the end of a demo: what was sent, the verdict, and what to run next. */
export function showSummary(reporter: TerminalReporter, run: DemoRun, level: string): void {
  const { database = 'the database', version } = run.outcome;
  reporter.heading('Summary');
  showSent(reporter, run);
  if (version !== undefined) {
    reporter.line(markOfVersion(version), 'verdict', summarizeVersion(database, version));
  }
  const steps = nextSteps(run, level);
  const width = Math.max(...steps.map(([command]) => command.length)) + 2;
  reporter.block(
    'Next steps',
    steps.map(([command, purpose]) => `  ${command.padEnd(width)}${purpose}`),
  );
}
