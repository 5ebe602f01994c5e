import { createHash } from 'node:crypto';
import type { Target } from '../lib/config/target.ts';

/** Flexible time window: EventBridge Scheduler fires within it; the event carries the nominal time. */
export const WINDOW_MINUTES = 15;
/** Latest minute of a tick: window and run end in the same hour, so that each hourly period of CloudWatch has one tick. */
export const LATEST_MINUTE = 40;

/** When a schedule fires first on a day, in UTC. */
export interface TickTime {
  /** From 0 to `tickHours` - 1. */
  readonly hour: number;
  /** From 0 to 40: the window of 15 minutes and the run end in the same hour. */
  readonly minute: number;
}

type Names = Pick<Target, 'environment' | 'name' | 'tickHours'>;

/** Derives a time from the names of a target, so that targets are spread over time. */
function timeOf({ environment, name, tickHours }: Names): TickTime {
  const hash = createHash('sha256').update(`tick\n${environment}\n${name}`).digest();
  return {
    minute: hash.readUInt32BE(0) % (LATEST_MINUTE + 1),
    hour: hash.readUInt32BE(4) % tickHours,
  };
}

/**
 * Returns when a target's schedule fires, as a cron expression in UTC. A rate expression would restart whenever a deployment
 * replaces the schedule.
 */
export function tickExpression(target: Names, { hour, minute } = timeOf(target)): string {
  const { tickHours } = target;
  const hours = Array.from({ length: 24 / tickHours }, (_, index) => hour + index * tickHours);
  return `cron(${minute} ${tickHours === 1 ? '*' : hours.join(',')} * * ? *)`;
}
