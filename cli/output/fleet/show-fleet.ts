import type { Fleet, FleetSource } from '../../fleet/row.ts';
import { counted } from '../terminal/counted.ts';
import type { TerminalReporter } from '../terminal/terminal.ts';
import { formatCounts, formatTable } from './fleet-table.ts';

/** Shows the databases of a fleet, one line each, and their counts. */
export function showFleet(
  reporter: TerminalReporter,
  { state, rows, notes }: Fleet,
  { isLive }: FleetSource,
  columns: number = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): void {
  for (const { mark, text } of formatTable(rows, columns)) reporter.entry(mark, text);
  reporter.heading(`${counted(rows.length, 'database')}, as of ${state.asOf}`);
  reporter.line('–', 'counts', formatCounts(state.counts, isLive));
  const failed = rows.filter(({ conditions }) => conditions.includes('failed')).length;
  if (failed > 0) {
    const what = isLive ? 'could not be checked' : 'failed in the last run';
    reporter.line('✖', 'failed', `${failed} of ${rows.length} ${what}`);
  }
  for (const note of notes) reporter.line('–', 'note', note);
  reporter.line('–', 'details', '--json and --csv have the full sentences, and all versions');
}
