import type { OutcomeReply, PreviewReply } from '../replies.ts';
import { grouped, type TerminalReporter } from '../terminal/terminal.ts';
import { showConsent, showLevels, showRules } from './show-consent.ts';
import { showJobs } from './show-jobs.ts';
import { showVerdict, summarizeVersion } from './show-version.ts';

/** Returns the size of a report, how it was built, and its hash. */
export function describeReport({
  source,
  bytes,
  sha256,
}: NonNullable<OutcomeReply['report']>): string {
  const how = source === 'catalog' ? 'plain SQL' : "the server's own function";
  return `${grouped(bytes)} bytes by ${how}, sha256 ${sha256}`;
}

/** Shows the text of a report with line breaks; the hashed and posted text is one line. */
export function showReportText(reporter: TerminalReporter, text: string): void {
  const formatted = JSON.stringify(JSON.parse(text), null, 2);
  reporter.block(
    'The report, formatted (a run sends the same JSON on one line):',
    formatted.split('\n'),
  );
}

/** Describes the next due tick: without consent it sends nothing. */
function describeNextDue({ nextDue, consent }: PreviewReply): string {
  if (nextDue === null) return 'never';
  return consent.granted ? nextDue : `${nextDue}, if there is consent`;
}

/** Shows the decision of a run, and the report that it would send. */
export function showPreview(reporter: TerminalReporter, preview: PreviewReply, ms?: number): void {
  const { consent, jobs, report, sha256, bytes, source, version } = preview;
  reporter.line(
    '✔',
    'database',
    `TimescaleDB ${preview.installedVersion} on PostgreSQL ${preview.postgresqlVersion}`,
    ms,
  );
  if (version !== undefined) {
    showVerdict(reporter, version, summarizeVersion('the database', version));
  }
  if (jobs) showJobs(reporter, jobs);
  showConsent(reporter, consent);
  if (!consent.granted) showRules(reporter, consent);
  showLevels(reporter, consent);
  for (const warning of consent.warnings) reporter.line('▲', 'warning', warning);
  reporter.line('–', 'next due', describeNextDue(preview));
  for (const note of preview.notes) reporter.line('–', 'note', note);
  if (report === null || sha256 === null || bytes === null || source === null) {
    reporter.line('–', 'report', 'not shown without consent; --always shows it anyway');
    return;
  }
  reporter.line('✔', 'report', describeReport({ source, bytes, sha256 }));
  if (!consent.granted) reporter.note('Shown because of --always. A run would not send it.');
  showReportText(reporter, report);
}
