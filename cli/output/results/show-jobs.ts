import type { JobsReply } from '../replies.ts';
import { grouped, type TerminalReporter } from '../terminal/terminal.ts';

/** Returns the numbers of scheduled and failing jobs as one phrase. */
function describeJobs({ scheduled, failing, oldestFailure }: JobsReply): string {
  if (failing === 0) return `${grouped(scheduled)} scheduled, none failing`;
  const since = oldestFailure === null ? '' : `; one has not succeeded since ${oldestFailure}`;
  return `${grouped(failing)} of ${grouped(scheduled)} scheduled jobs failing${since}`;
}

/** Shows the scheduled and failing jobs of the database. A failing job is a warning. */
export function showJobs(reporter: TerminalReporter, jobs: JobsReply): void {
  reporter.line(jobs.failing === 0 ? '✔' : '▲', 'jobs', describeJobs(jobs));
}
