import type { Facts, TelemetryJob } from '../../lib/timescaledb/facts.ts';
import { chance } from './chance.ts';
import type { DemoDatabase } from './plan.ts';
import { hasBreakingPatch, postgresqlOn, versionsOn } from './versions.ts';

/** The releases of the simulation that work with PostgreSQL's minor releases of November 2026. */
const REPAIRED: ReadonlySet<string> = new Set(['2.31.2', '2.32.1']);

/** Day of the simulation on which jobs begin to fail in the databases with failing jobs. */
const FAILING_FROM_DAY = 60;

function failingJobs(database: DemoDatabase, day: number, date: string, scheduled: number): number {
  const { installed } = versionsOn(database, date);
  if (hasBreakingPatch(database, date) && !REPAIRED.has(installed)) return scheduled;
  return day < FAILING_FROM_DAY ? 0 : (database.failingJobs ?? 0);
}

function telemetryJob(date: string): TelemetryJob {
  return {
    id: 1,
    scheduled: true,
    scheduleInterval: { months: 0, days: 1, microseconds: 0 },
    maxRuntime: { months: 0, days: 0, microseconds: 100_000_000 },
    maxRetries: -1,
    retryPeriod: { months: 0, days: 0, microseconds: 3_600_000_000 },
    initialStart: null,
    timezone: null,
    nextStart: null,
    lastRun: `${date}T00:00:00Z`,
  };
}

function levelOf(isWithheld: boolean): Facts['level'] {
  const level = isWithheld ? 'off' : 'basic';
  return {
    session: level,
    source: isWithheld ? 'database' : 'default',
    reset: level,
    stored: isWithheld ? [{ place: 'database', holder: 'everybody', value: 'off' }] : [],
    configured: null,
  };
}

/** Returns the facts of a database on one day of the simulation. */
export function demoFacts(database: DemoDatabase, day: number, date: string): Facts {
  const { installed, available } = versionsOn(database, date);
  const scheduled = 5 + Math.floor(chance(`jobs ${database.name}`) * 20);
  const failing = failingJobs(database, day, date, scheduled);
  return {
    postgresqlVersion: postgresqlOn(database, date),
    standby: false,
    installedVersion: installed,
    availableVersion: available,
    availableVersions: [installed, available],
    isTemplate1: false,
    builtWithTelemetry: true,
    restoring: false,
    level: levelOf(database.withheldFrom !== undefined && date >= database.withheldFrom),
    jobs: [telemetryJob(date)],
    jobHealth: {
      scheduled,
      failing,
      oldestFailure: failing > 0 ? `${date}T00:30:00.000Z` : null,
    },
    metadataKeys: ['exported_uuid', 'install_timestamp', 'uuid'],
    installedAt: '2024-02-02T22:35:06Z',
  };
}
