import type { OutcomeReply } from '../replies.ts';
import type { TerminalReporter } from '../terminal/terminal.ts';
import { showConsent } from './show-consent.ts';
import { showJobs } from './show-jobs.ts';
import { describeReport } from './show-report.ts';
import { showVerdict } from './show-version.ts';

function showVersion(
  reporter: TerminalReporter,
  { database = 'the database', version, message, hint }: OutcomeReply,
): void {
  if (version === undefined) return;
  showVerdict(reporter, version, `${database}: ${message}`, hint);
}

/** Shows the credentials, failing jobs, the consent and the report of a run. */
function showReading(
  reporter: TerminalReporter,
  { jobs, consent, report, remedy, durationMs, error, warnings = [], notes = [] }: OutcomeReply,
  secretsFrom: string,
): void {
  if (durationMs.database !== undefined) {
    reporter.line('✔', 'credentials', `from ${secretsFrom}`, durationMs.credentials);
  }
  if (durationMs.worker !== undefined && durationMs.database !== undefined) {
    reporter.line('✔', 'worker', 'database-worker read the database', durationMs.worker);
  }
  if (jobs !== undefined && jobs.failing > 0) showJobs(reporter, jobs);
  if (consent !== undefined) {
    showConsent(reporter, { ...consent, ...(error === undefined && remedy && { remedy }) });
  }
  for (const warning of warnings) reporter.line('▲', 'warning', warning);
  for (const note of notes) reporter.line('–', 'schedule', note);
  if (report !== undefined) {
    reporter.line('✔', 'report', describeReport(report), durationMs.database);
  }
}

function showFailure(
  reporter: TerminalReporter,
  { error, message, remedy, retry }: OutcomeReply,
): void {
  if (error === undefined) return;
  const origin = error.origin === undefined ? '' : ` (${error.origin})`;
  reporter.line('✖', 'failed', `${error.code}${origin}: ${message}`);
  if (remedy !== undefined) reporter.note(remedy);
  if (retry !== undefined) {
    reporter.line('–', 'retry', `attempt ${retry.attempt} at ${retry.at}`);
  }
}

/**
 * Shows a run of `send-report`, from its outcome.
 *
 * @param secretsFrom where the credentials came from
 */
export function showOutcome(
  reporter: TerminalReporter,
  outcome: OutcomeReply,
  secretsFrom: string,
): void {
  const { receipt, message, durationMs, error, consent } = outcome;
  showReading(reporter, outcome, secretsFrom);
  if (receipt !== undefined) {
    const answer = `${receipt.endpoint} answered ${receipt.status}`;
    reporter.line(error === undefined ? '✔' : '✖', 'sent', answer, durationMs.delivery);
  }
  showVersion(reporter, outcome);
  if (outcome.outcome === 'skipped' && consent?.granted) reporter.line('–', 'skipped', message);
  showFailure(reporter, outcome);
}
