import type { Facts, TelemetryJob } from '../../../lib/timescaledb/facts.ts';

const DAY = { months: 0, days: 1, microseconds: 0 };
const NONE = { months: 0, days: 0, microseconds: 0 };

/** Returns the telemetry job as the extension installs it, with changes. */
export function aJob(changes: Partial<TelemetryJob> = {}): TelemetryJob {
  return {
    id: 1,
    scheduled: true,
    scheduleInterval: DAY,
    maxRuntime: { ...NONE, microseconds: 100_000_000 },
    maxRetries: -1,
    retryPeriod: { ...NONE, microseconds: 3_600_000_000 },
    initialStart: null,
    timezone: null,
    nextStart: null,
    lastRun: '2026-11-24T00:00:00+00:00',
    ...changes,
  };
}

export type FactsChanges = Partial<Omit<Facts, 'level'>> & {
  readonly level?: Partial<Facts['level']>;
};

/** Returns the facts of a server with default settings, on which telemetry is on, with changes. */
export function aServer({ level, ...changes }: FactsChanges = {}): Facts {
  return {
    postgresqlVersion: '17.5',
    standby: false,
    installedVersion: '2.23.0',
    availableVersion: '2.23.0',
    availableVersions: ['2.23.0'],
    isTemplate1: false,
    builtWithTelemetry: true,
    restoring: false,
    jobs: [aJob()],
    jobHealth: { scheduled: 14, failing: 0, oldestFailure: null },
    metadataKeys: ['exported_uuid', 'install_timestamp', 'uuid'],
    installedAt: '2024-02-02T22:35:06.789Z',
    ...changes,
    level: {
      session: 'basic',
      source: 'default',
      reset: 'basic',
      stored: [],
      configured: null,
      ...level,
    },
  };
}

/** Returns the facts of a server whose extension was built without telemetry: without level and job. */
export function aServerBuiltWithout({ level, ...changes }: FactsChanges = {}): Facts {
  return aServer({
    builtWithTelemetry: false,
    jobs: [],
    ...changes,
    level: { session: null, source: null, reset: null, ...level },
  });
}
