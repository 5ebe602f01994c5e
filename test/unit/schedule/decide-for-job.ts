import { decideDue, loadSchedule, type Tick } from '../../../lib/schedule/due.ts';
import type { Interval, TelemetryJob } from '../../../lib/timescaledb/facts.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';

export const HOUR_MS = 3_600_000;

export const DAY_MS = 24 * HOUR_MS;

export function anInterval(parts: Partial<Interval>): Interval {
  return { months: 0, days: 0, microseconds: 0, ...parts };
}

export function hours(count: number): Interval {
  return anInterval({ microseconds: count * HOUR_MS * 1_000 });
}

export function tickAt(time: string, every: Tick['hours'] = 24): Tick {
  return { time: Date.parse(time), hours: every };
}

/** Decides for one job of a database that was created in 2024. */
export async function dueOf(job: Partial<TelemetryJob>, tick: Tick) {
  return decideDue(await loadSchedule(aServer({ jobs: [aJob(job)] })), tick);
}

/** Returns the numbers of the due ticks. */
export async function dueTicks(
  job: Partial<TelemetryJob>,
  first: Tick,
  count: number,
): Promise<number[]> {
  const due: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const time = first.time + index * first.hours * HOUR_MS;
    if ((await dueOf(job, { ...first, time })).isDue) due.push(index);
  }
  return due;
}
