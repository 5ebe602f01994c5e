import type { RecordedRun } from '../record/recorded-run.ts';
import type { SentReport } from './sections/sent-section.ts';

/**
 * Collects the reports that were sent, for `PageOptions.reportsOf`, where all runs are at hand.
 *
 * @param runs in any order
 */
export function sentReports(
  runs: Iterable<RecordedRun>,
): (name: string, count: number) => Promise<readonly SentReport[]> {
  const byName = new Map<string, SentReport[]>();
  for (const { line, report, recordedAt } of runs) {
    if (line.outcome !== 'sent' || report === null) continue;
    const reports = byName.get(line.database) ?? [];
    reports.push({ at: recordedAt, text: report });
    byName.set(line.database, reports);
  }
  return async (name, count) =>
    (byName.get(name) ?? [])
      .toSorted((one, other) => (one.at < other.at ? 1 : Number(one.at > other.at) * -1))
      .slice(0, count);
}
