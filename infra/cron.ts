import { createHash } from 'node:crypto';
import type { Target } from '../lib/config/target.ts';

/** Flexible time window: EventBridge Scheduler fires within it; the event carries the nominal time. */
export const WINDOW_MINUTES = 15;
/** Latest minute of a tick: window and run end in the same hour, so that each hourly period of CloudWatch has one tick. */
const LATEST_MINUTE = 40;

/**
 * Returns when a target's schedule fires, as a cron expression in UTC. Minute and first hour come from a hash, so that
 * targets are spread over time. A rate expression would restart whenever a deployment replaces the schedule.
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
