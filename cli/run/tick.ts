import type { Target } from '../../lib/config/target.ts';

const HOUR_MS = 3_600_000;

/**
 * Returns the tick that a run without a scheduled time belongs to: the last multiple of the target's interval since midnight
 * UTC. Runs that start late, twice or again after a failure have the same tick, and ticks neither overlap nor leave gaps.
 *
 * @param now in milliseconds since 1970
 * @returns ISO 8601, UTC
 */
export function tickOf(now: number, { tickHours }: Pick<Target, 'tickHours'>): string {
  const tickMs = tickHours * HOUR_MS;
  const time = new Date(Math.floor(now / tickMs) * tickMs);
  return time.toISOString().replace('.000Z', 'Z');
}
