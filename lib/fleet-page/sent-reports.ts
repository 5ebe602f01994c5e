import type { SentReport } from '../fleet/sent-report.ts';
import { postedStatus } from '../record/posted.ts';
import type { RecordedRun } from '../record/recorded-run.ts';

/**
 * Collects the reports that were posted, for `PageOptions.reportsOf`, where all runs are at hand.
 *
 * @param runs in any order
 */
export function sentReports(
  runs: Iterable<RecordedRun>,
): (name: string, count: number) => Promise<readonly SentReport[]> {
  const byName = new Map<string, SentReport[]>();
  for (const { line, report, recordedAt } of runs) {
    const status = postedStatus({ line, report });
    if (status === undefined || report === null) continue;
    const reports = byName.get(line.database) ?? [];
    reports.push({ at: new Date(recordedAt).toISOString(), text: report, status });
    byName.set(line.database, reports);
  }
  return async (name, count) =>
    (byName.get(name) ?? [])
      .toSorted((one, other) => (one.at < other.at ? 1 : Number(one.at > other.at) * -1))
      .slice(0, count);
}
