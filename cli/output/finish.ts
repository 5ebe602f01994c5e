import { escapeUnprintable } from '../../lib/config/printable.ts';
import { EXIT, type ExitStatus } from '../command.ts';
import { toPrintableLine } from './printable.ts';
import { showConfigured, showPreview } from './render.ts';
import type {
  BareReportReply,
  CheckStatusReply,
  ConfiguredReply,
  OutcomeStatusReply,
  PreviewReply,
} from './replies.ts';
import type { TerminalReporter } from './terminal.ts';

/** One JSON object on a line of its own; what is unprintable in its texts is escaped, which leaves it the same object. */
export function printJson(value: unknown): void {
  process.stdout.write(`${escapeUnprintable(JSON.stringify(value))}\n`);
}

/**
 * Prints the exact bytes and nothing else; the reason for a missing report goes to stderr, so that nothing takes it for a
 * report. Only on a terminal, which would obey control characters, they are escaped: the same JSON in other bytes.
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
 * @param ms how long the reading took, where that is known
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

/** Ends a command that changes something, or shows what it would change. */
export function finishConfigured(
  reporter: TerminalReporter,
  configured: ConfiguredReply,
  json: boolean,
): ExitStatus {
  if (json) printJson(configured);
  else showConfigured(reporter, configured);
  return EXIT.done;
}

/** How a command ends that has checked: a run without consent would be skipped, and so is this. */
export function statusOfCheck({ ok, consent }: CheckStatusReply): ExitStatus {
  if (!ok) return EXIT.failed;
  return consent?.granted ? EXIT.done : EXIT.skipped;
}

/** How a command ends that ran send-report. */
export function statusOfOutcome({ outcome }: OutcomeStatusReply): ExitStatus {
  if (outcome === 'failed') return EXIT.failed;
  return outcome === 'skipped' ? EXIT.skipped : EXIT.done;
}
