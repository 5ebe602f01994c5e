import { createHash } from 'node:crypto';
import type { Target } from '../lib/config/target.ts';

/** EventBridge Scheduler spreads the firings over this; the event has the nominal time all the same. */
export const WINDOW_MINUTES = 15;
/**
 * Window and run end within the hour they begin in. CloudWatch counts in whole hours, so that every period of a tick's length
 * has exactly one tick in it.
 */
const LATEST_MINUTE = 40;

/**
 * When a target's schedule fires, as a cron expression in UTC: at a minute, and from an hour, of its own, so that a thousand
 * databases are not asked at once. Not a rate, which would start anew with each deployment that replaces it.
 */
export function tickExpression({
  environment,
  name,
  tickHours,
}: Pick<Target, 'environment' | 'name' | 'tickHours'>): string {
  const hash = createHash('sha256').update(`tick\n${environment}\n${name}`).digest();
  const minute = hash.readUInt32BE(0) % (LATEST_MINUTE + 1);
  const first = hash.readUInt32BE(4) % tickHours;
  const hours = Array.from({ length: 24 / tickHours }, (_, index) => first + index * tickHours);
  return `cron(${minute} ${tickHours === 1 ? '*' : hours.join(',')} * * ? *)`;
}
