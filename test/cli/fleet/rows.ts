import type { Fleet, FleetRow } from '../../../cli/fleet/row.ts';
import { fold } from '../../../lib/fleet/fold.ts';

/** A database of which everything is known, and with which everything is well. */
export const CURRENT: FleetRow = {
  name: 'metrics',
  severity: 'ok',
  conditions: [],
  action: 'No action needed.',
  postgresql: '17.7',
  standby: false,
  installed: '2.29.2',
  available: '2.29.2',
  reachable: '2.29.2',
  latest: '2.29.2',
  fix: null,
  versionsBehind: 0,
  verdicts: ['up-to-date'],
  advisories: [],
  sentence: 'No action needed.',
  jobs: { scheduled: 3, failing: 0, oldestFailure: null },
  consent: {
    granted: true,
    level: 'basic',
    rule: 'level-set',
    where: 'database',
    holder: null,
    sentence: 'Telemetry is on: level basic, set for this database.',
  },
  sent: {
    at: '2026-11-28T04:05:00.000Z',
    arrival: 'unknown',
    status: null,
    endpoint: null,
    bytes: 3_000,
    sha256: 'f00d',
  },
  nextDue: '2026-11-29T04:05:00.000Z',
  lastRun: '2026-11-28T04:05:00.000Z',
  lastSuccess: '2026-11-28T04:05:00.000Z',
  error: null,
};

export const VULNERABLE: FleetRow = {
  ...CURRENT,
  name: 'events',
  severity: 'error',
  conditions: ['vulnerable', 'behind'],
  action: 'Upgrade events from TimescaleDB 2.28.3 to 2.29.1 or later, which fixes the advisory.',
  installed: '2.28.3',
  available: '2.28.3',
  fix: '2.29.1',
  versionsBehind: 1,
  verdicts: ['upgrade-package'],
  advisories: ['GHSA-hcfx-29v5-2rcw'],
};

/** A database that could not be read. */
export const UNREACHABLE: FleetRow = {
  ...CURRENT,
  name: 'orders',
  severity: 'error',
  conditions: ['failed', 'unknown'],
  action: 'Check host and port, and that the server is up and can be reached from this machine.',
  postgresql: null,
  installed: null,
  available: null,
  reachable: null,
  latest: null,
  versionsBehind: null,
  verdicts: [],
  sentence: null,
  jobs: null,
  consent: null,
  sent: null,
  nextDue: null,
  lastSuccess: null,
  error: {
    code: 'DATABASE_UNREACHABLE',
    message: 'The server refused the connection.',
    remedy: 'Check host and port, and that the server is up and can be reached from this machine.',
  },
};

export function fleetOf(rows: readonly FleetRow[]): Fleet {
  const context = { environment: 'local', now: '2026-11-28T05:00:00.000Z', databases: [] };
  return { state: fold(undefined, [], context), rows, notes: [] };
}
