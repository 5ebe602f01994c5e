import type { VersionReply } from '../replies.ts';
import { grouped, type Mark, type TerminalReporter } from '../terminal/terminal.ts';

/** The versions of a verdict, one per row. */
function versionTable({
  installed,
  available,
  reachable,
  fix,
  latest,
}: VersionReply): readonly string[] {
  const rows = [
    ['installed', installed],
    ["on the server's disk", available ?? 'not listed by PostgreSQL'],
    ['newest', latest ?? 'not known'],
    ['newest this PostgreSQL can run', reachable ?? 'not known'],
    ...(fix === undefined ? [] : [['recommended upgrade with a fix', fix] as const]),
  ] as const;
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, version]) => label.padEnd(width) + version);
}

function isCurrent({ verdicts }: VersionReply): boolean {
  return verdicts.includes('up-to-date') || verdicts.includes('ahead');
}

function hasBrokenJobs({ verdicts }: VersionReply): boolean {
  return verdicts.includes('jobs-broken');
}

function isVulnerable({ advisories = [] }: VersionReply): boolean {
  return advisories.length > 0;
}

/** White space between two sentences of a verdict, each of which has a line of its own. */
const SENTENCE_END = /(?<=\.) (?=[A-Z])/;

/** Broken jobs and a vulnerability are errors, as in the log; a version that is only old is a warning. */
export function markOfVersion(version: VersionReply): Mark {
  if (hasBrokenJobs(version) || isVulnerable(version)) return '✖';
  return isCurrent(version) ? '✔' : '▲';
}

/**
 * Shows a verdict: its headline, the versions, and who has to do what.
 *
 * @param hint the second sentence of the headline
 */
export function showVerdict(
  reporter: TerminalReporter,
  version: VersionReply,
  headline: string,
  hint?: string,
): void {
  reporter.line(markOfVersion(version), 'version', headline);
  if (hint !== undefined) reporter.note(hint);
  for (const row of versionTable(version)) reporter.row(row);
  const [first = '', ...others] = version.sentence.split(SENTENCE_END);
  if (hasBrokenJobs(version)) reporter.line('✖', 'jobs broken', first);
  else if (isVulnerable(version)) reporter.line('✖', 'vulnerable', first);
  else reporter.note(first);
  for (const sentence of others) reporter.note(sentence);
}

function vulnerabilities({ advisories = [] }: VersionReply): string {
  const count = advisories.length;
  if (count === 0) return '';
  return `, with ${grouped(count)} published ${count === 1 ? 'vulnerability' : 'vulnerabilities'}`;
}

/** Summarizes the verdict of the version check in one sentence. */
export function summarizeVersion(database: string, version: VersionReply): string {
  const { installed, latest, reachable } = version;
  const subject = `${database} runs TimescaleDB ${installed}${vulnerabilities(version)}`;
  const jobs = hasBrokenJobs(version) ? '; this PostgreSQL breaks its scheduled jobs' : '';
  if (isCurrent(version)) return `${subject}, which is current.`;
  const newest = latest === undefined ? '' : `; the newest is ${latest}`;
  const runnable =
    reachable === undefined || reachable === latest
      ? ''
      : `, and the newest that this PostgreSQL can run is ${reachable}`;
  return `${subject}${jobs}${newest}${runnable}.`;
}
