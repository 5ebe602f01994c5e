import type { OutcomeReply } from './replies.ts';
import { showConsent } from './show-consent.ts';
import { describeReport } from './show-report.ts';
import { grouped, type Mark, type TerminalReporter } from './terminal.ts';

type VersionReply = NonNullable<OutcomeReply['version']>;

/** The four versions of a verdict, one per row. */
function versionTable({
  installed,
  available,
  reachable,
  latest,
}: VersionReply): readonly string[] {
  const rows = [
    ['installed', installed],
    ["on the server's disk", available ?? 'not listed by PostgreSQL'],
    ['newest', latest ?? 'not known'],
    ['newest this PostgreSQL can run', reachable ?? 'not known'],
  ] as const;
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, version]) => label.padEnd(width) + version);
}

function isCurrent({ verdicts }: VersionReply): boolean {
  return verdicts.includes('up-to-date') || verdicts.includes('ahead');
}

/** A vulnerability is an error, as in the log; a version that is only old is a warning. */
export function markOfVersion(version: VersionReply): Mark {
  if ((version.advisories ?? []).length > 0) return '✖';
  return isCurrent(version) ? '✔' : '▲';
}

function showVersion(
  reporter: TerminalReporter,
  { database, version, message, hint }: OutcomeReply,
): void {
  if (version === undefined) return;
  reporter.line(markOfVersion(version), 'version', `${database}: ${message}`);
  if (hint !== undefined) reporter.note(hint);
  for (const row of versionTable(version)) reporter.row(row);
  const isVulnerable = (version.advisories ?? []).length > 0;
  if (isVulnerable) reporter.line('✖', 'vulnerable', version.sentence);
  else reporter.note(version.sentence);
}

/** Shows the credentials, the consent and the report of a run. */
function showReading(
  reporter: TerminalReporter,
  { consent, report, remedy, durationMs, error, warnings = [], notes = [] }: OutcomeReply,
  secretsFrom: string,
): void {
  if (durationMs.database !== undefined) {
    reporter.line('✔', 'credentials', `from ${secretsFrom}`, durationMs.credentials);
  }
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

/** One sentence on the verdict of the version check. */
export function summarizeVersion(database: string, version: VersionReply): string {
  const { installed, latest, reachable, advisories = [] } = version;
  const subject = `${database} runs TimescaleDB ${installed}`;
  const count = advisories.length;
  const vulnerable =
    count === 0
      ? ''
      : `, with ${grouped(count)} published ${count === 1 ? 'vulnerability' : 'vulnerabilities'}`;
  if (isCurrent(version)) return `${subject}, which is current${vulnerable}.`;
  const newest = latest === undefined ? '' : `; the newest is ${latest}`;
  const runnable =
    reachable === undefined || reachable === latest
      ? ''
      : `, and the newest that this PostgreSQL can run is ${reachable}`;
  return `${subject}${vulnerable}${newest}${runnable}.`;
}
