import type { Facts, Interval, TelemetryJob } from '../timescaledb/facts.ts';
import { HOUR_MS, intervalToMs } from '../timescaledb/interval.ts';

/** TimescaleDB's own defaults for the telemetry job, since 0.12. */
const DEFAULT_JOB: Omit<TelemetryJob, 'id' | 'scheduled' | 'nextStart' | 'lastRun'> = {
  scheduleInterval: { months: 0, days: 0, microseconds: 24 * HOUR_MS * 1_000 },
  maxRuntime: { months: 0, days: 0, microseconds: 100_000_000 },
  maxRetries: -1,
  retryPeriod: { months: 0, days: 0, microseconds: HOUR_MS * 1_000 },
  initialStart: null,
  timezone: null,
};

/**
 * Settings of the telemetry job that a run obeys.
 *
 * @property maxRuntimeMs 0 for no limit
 * @property maxRetries -1 for no limit before the next due tick
 */
export interface JobSettings {
  readonly scheduleInterval: Interval | null;
  /** Start of the schedule, ISO 8601. */
  readonly initialStart: string | null;
  readonly timezone: string | null;
  readonly maxRuntimeMs: number;
  readonly maxRetries: number;
  readonly retryPeriodMs: number;
}

/** Combines the settings of all telemetry jobs: the longest interval and the strictest limits. */
export function jobSettings(facts?: Pick<Facts, 'jobs'>): JobSettings {
  const jobs = facts === undefined || facts.jobs.length === 0 ? [DEFAULT_JOB] : facts.jobs;
  const rarest = jobs.reduce((one, other) =>
    intervalToMs(other.scheduleInterval) > intervalToMs(one.scheduleInterval) ? other : one,
  );
  const runtimes = jobs.map(({ maxRuntime }) => intervalToMs(maxRuntime)).filter((ms) => ms > 0);
  const retries = jobs.map(({ maxRetries }) => maxRetries).filter((count) => count >= 0);
  const shortest = Math.min(...runtimes);
  return {
    scheduleInterval: rarest.scheduleInterval,
    initialStart: rarest.initialStart,
    timezone: rarest.timezone,
    maxRuntimeMs: Number.isFinite(shortest) ? shortest : 0,
    maxRetries: retries.length === 0 ? -1 : Math.min(...retries),
    retryPeriodMs: Math.max(...jobs.map(({ retryPeriod }) => intervalToMs(retryPeriod))),
  };
}
