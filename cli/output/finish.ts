import { escapeUnprintable } from '../../lib/config/printable.ts';
import { EXIT, type ExitStatus } from '../command.ts';
import type {
  BareReportReply,
  CheckStatusReply,
  ConfiguredReply,
  OutcomeStatusReply,
  PreviewReply,
} from './replies.ts';
import { showChange } from './results/show-change.ts';
import { showPreview } from './results/show-report.ts';
import { toPrintableLine } from './terminal/printable.ts';
import type { TerminalReporter } from './terminal/terminal.ts';

/** Prints one line of JSON. Unprintable characters in its texts are escaped, which does not change the value. */
export function printJson(value: unknown): void {
  process.stdout.write(`${escapeUnprintable(JSON.stringify(value))}\n`);
}

/**
 * Prints the exact bytes of a report to stdout, or the reason for a missing report to stderr. On a terminal, which would
 * interpret control characters, they are escaped: the same JSON in other bytes.
 */
export function printReport({ report, consent }: BareReportReply): ExitStatus {
  if (report !== null) {
    process.stdout.write(process.stdout.isTTY ? escapeUnprintable(report) : report);
    return EXIT.done;
  }
  const { sentence, remedy } = consent;
  const lines = [sentence, ...(remedy === undefined ? [] : [remedy])];
  process.stderr.write(
    `${lines.map(toPrintableLine).join('\n')}\n(--always prints the report although it would not be sent.)\n`,
  );
  return EXIT.skipped;
}

/**
 * Ends a command that shows a report.
 *
 * @param ms duration of reading the database, when it is known
 */
export function finishPreview(
  reporter: TerminalReporter,
  preview: PreviewReply,
  json: boolean,
  ms?: number,
): ExitStatus {
  if (json) return printReport(preview);
  showPreview(reporter, preview, ms);
  return preview.report === null ? EXIT.skipped : EXIT.done;
}

/** Ends a command that changes telemetry, or shows the change. */
export function finishChange(
  reporter: TerminalReporter,
  configured: ConfiguredReply,
  json: boolean,
): ExitStatus {
  if (json) printJson(configured);
  else showChange(reporter, configured);
  return EXIT.done;
}

/** Returns the exit status of a check: without consent it is that of a skipped run. */
export function statusOfCheck({ ok, consent }: CheckStatusReply): ExitStatus {
  if (!ok) return EXIT.failed;
  return consent?.granted ? EXIT.done : EXIT.skipped;
}

/** Returns the exit status of a run of send-report. */
export function statusOfOutcome({ outcome }: OutcomeStatusReply): ExitStatus {
  if (outcome === 'failed') return EXIT.failed;
  return outcome === 'skipped' ? EXIT.skipped : EXIT.done;
}
