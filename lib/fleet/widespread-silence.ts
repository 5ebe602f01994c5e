import type { FleetCounts } from './fleet-state.ts';

/** Silent databases that can be a coincidence. */
const MAX_COINCIDENCE = 1;

/**
 * Explains that most databases are silent, which has a common cause: usually their runs take place, and cannot be recorded.
 * Undefined for any other fleet.
 */
export function widespreadSilence({ silent }: Pick<FleetCounts, 'silent'>): string | undefined {
  const { count, of } = silent;
  if (count <= MAX_COINCIDENCE || count * 2 <= of) return undefined;
  return `${count} of ${of} databases are silent, so the cause is probably common to them: their runs cannot be recorded. Search the log of send-report for RECORD_NOT_WRITTEN. A private subnet needs a route to S3, such as a gateway endpoint (docs/networks.md); the bucket must exist, and the functions' roles need s3:PutObject on it. If there are no runs, check the schedules.`;
}
