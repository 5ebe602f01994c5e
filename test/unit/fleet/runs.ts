import { createHash } from 'node:crypto';
import type { FleetContext } from '../../../lib/fleet/fleet-state.ts';
import type { RecordedLine, RecordedRun } from '../../../lib/record/recorded-run.ts';

export const CONTEXT: FleetContext = {
  environment: 'prod',
  account: '111122223333',
  region: 'eu-central-1',
  now: '2026-11-28T12:00:00.000Z',
  databases: [
    { name: 'orders', tickHours: 24 },
    { name: 'metrics', tickHours: 24 },
  ],
};

/** Returns the context at the end of a day. */
export function endOf(date: string, changes: Partial<FleetContext> = {}): FleetContext {
  return { ...CONTEXT, now: `${date}T23:59:59.000Z`, ...changes };
}

export const UP_TO_DATE = {
  installed: '2.31.2',
  available: '2.31.2',
  latest: '2.31.2',
  reachable: '2.31.2',
  versionsBehind: 0,
  verdicts: ['up-to-date'],
  sentence: 'orders: no action needed.',
  asOf: '2026-11-28',
} as const;

export const GRANTED = {
  granted: true,
  level: 'basic',
  rule: 'level-default',
  where: 'default',
  sentence: "Telemetry is on: level basic, TimescaleDB's default.",
} as const;

export const WITHHELD = {
  granted: false,
  level: 'off',
  rule: 'level-off',
  where: 'database',
  sentence: 'Telemetry is off: level off, set for this database.',
} as const;

export interface RunChanges extends Partial<RecordedLine> {
  readonly recordedAt?: string;
  /** The content of the report; absent for a run without one. */
  readonly content?: Readonly<Record<string, unknown>>;
}

/** Returns the run of a tick at 04:05 that has found nothing unusual, recorded five seconds later. */
export function aRun(date: string, { recordedAt, content, ...line }: RunChanges = {}): RecordedRun {
  const report = content === undefined ? null : JSON.stringify(content);
  const scheduledTime = line.scheduledTime ?? `${date}T04:05:00Z`;
  return {
    version: 1,
    recordedAt: recordedAt ?? new Date(Date.parse(scheduledTime) + 5_000).toISOString(),
    line: {
      severity: 'INFO',
      message: 'the "timescaledb" extension is up-to-date',
      outcome: 'sent',
      environment: 'prod',
      database: 'orders',
      scheduledTime,
      attempt: 0,
      consent: GRANTED,
      jobs: { scheduled: 14, failing: 0, oldestFailure: null },
      version: UP_TO_DATE,
      durationMs: { total: 431 },
      ...(report !== null && {
        report: {
          source: 'catalog',
          bytes: Buffer.byteLength(report),
          sha256: createHash('sha256').update(report).digest('hex'),
        },
        ...(line.outcome === undefined && {
          receipt: { endpoint: 'telemetry.example.com', status: 200, at: `${scheduledTime}` },
        }),
      }),
      ...line,
    },
    report,
  };
}

/** Returns a run that could not read the database. */
export function aFailedRun(date: string, changes: RunChanges = {}): RecordedRun {
  const run = aRun(date, {
    outcome: 'failed',
    severity: 'ERROR',
    message: 'The database did not answer.',
    remedy: 'Check that the server is running. Then wait for the next tick.',
    error: { code: 'DATABASE_UNREACHABLE', origin: 'ECONNREFUSED', retryable: true },
    ...changes,
  });
  const { version: _version, consent: _consent, jobs: _jobs, ...line } = run.line;
  return { ...run, line };
}

/** Returns the run of a database that withholds consent: it has no version check. */
export function aWithheldRun(date: string, changes: RunChanges = {}): RecordedRun {
  const run = aRun(date, { outcome: 'skipped', consent: WITHHELD, ...changes });
  const { version: _version, ...line } = run.line;
  return { ...run, line };
}
