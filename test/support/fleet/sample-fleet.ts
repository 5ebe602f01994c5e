import type { DatabaseState } from '../../../lib/fleet/database-state.ts';
import type { FleetState } from '../../../lib/fleet/fleet-state.ts';
import { countConditions, dailyFigures } from '../../../lib/fleet/fold/daily.ts';
import { dayOf } from '../../../lib/fleet/history.ts';
import type { SentReport } from '../../../lib/fleet/sent-report.ts';
import { type Kind, SAMPLE_TIME, sampleDatabase } from './sample-database.ts';

/** Builds the state of a fleet from its databases. */
export function fleetOf(
  databases: readonly DatabaseState[],
  changes: Partial<FleetState> = {},
): FleetState {
  return {
    version: 1,
    environment: 'prod',
    account: '123456789012',
    region: 'eu-central-1',
    asOf: SAMPLE_TIME,
    counts: countConditions(databases),
    databases: Object.fromEntries(databases.map((one) => [one.name, one])),
    daily: dailyFigures(databases, dayOf(SAMPLE_TIME)),
    problems: [],
    ...changes,
  };
}

const SUBJECTS = ['orders', 'metrics', 'events', 'billing', 'sensors', 'archive', 'trips', 'audit'];
const KINDS: readonly Kind[] = [
  'vulnerable',
  'behind',
  'current',
  'silent',
  'current',
  'behind',
  'withheld',
  'current',
  'broken',
  'current',
  'failed',
  'current',
  'behind',
  'current',
  'current',
  'new',
  'current',
  'current',
  'behind',
  'current',
];

/** Builds a fleet in which every kind of database occurs, if it has twenty or more. */
export function sampleFleet(count: number, days = 90): FleetState {
  const databases = Array.from({ length: count }, (_, n) => {
    const name = `${SUBJECTS[n % SUBJECTS.length]}-${String(n + 1).padStart(2, '0')}`;
    return sampleDatabase(name, KINDS[n % KINDS.length] ?? 'current', n, days);
  });
  return fleetOf(databases);
}

/** Returns reports of the sample fleets, the newest first: each has more rows than the one before. */
export function sampleReports(
  template: Readonly<Record<string, unknown>>,
): (name: string, count: number) => Promise<readonly SentReport[]> {
  return async (name, count) =>
    Array.from({ length: count }, (_, n) => ({
      at: new Date(Date.parse(SAMPLE_TIME) - n * 86_400_000).toISOString(),
      text: JSON.stringify({
        ...template,
        exported_db_uuid: name,
        data_volume: 1_000_000 - n * 1_234,
      }),
    }));
}
