import type { RecordedRun } from './recorded-run.ts';

/** Node's codes of a connection that was never established, so that no byte of the report has left. */
export const NEVER_CONNECTED = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'] as const;

/** Whether the run has begun to post its report, or may have: a shortened line has no durations. */
function mayHavePosted({ durationMs, error }: RecordedRun['line']): boolean {
  const origin = error?.origin;
  if (NEVER_CONNECTED.some((code) => code === origin)) return false;
  return durationMs === undefined || durationMs['delivery'] !== undefined;
}

/**
 * Returns the HTTP status with which the endpoint answered the report of a run; null if the report was posted and no answer
 * arrived, so that its arrival is unknown; undefined for a run that posted nothing. The outcome does not decide: a report that
 * the endpoint answered with 503 has left the network, too.
 */
export function postedStatus({
  line,
  report,
}: Pick<RecordedRun, 'line' | 'report'>): number | null | undefined {
  if (report === null) return undefined;
  if (line.receipt !== undefined) return line.receipt.status;
  return mayHavePosted(line) ? null : undefined;
}

/** What is known of a posted report: the endpoint accepted it, answered with another status than 2xx, or did not answer. */
const ARRIVALS = ['accepted', 'answered', 'unknown'] as const;
export type Arrival = (typeof ARRIVALS)[number];

export function arrivalOf(status: number | null): Arrival {
  if (status === null) return 'unknown';
  return status >= 200 && status < 300 ? 'accepted' : 'answered';
}
