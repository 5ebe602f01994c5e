import { isOnDisk } from '../../../lib/fleet/action.ts';
import type { Condition } from '../../../lib/fleet/database-state.ts';
import type { FleetRow } from '../../fleet/row.ts';

function update({ standby }: FleetRow): string {
  return standby ? 'update on the primary' : 'run ALTER EXTENSION';
}

function upgradeTo(row: FleetRow, version: string): string {
  return isOnDisk(row, version) ? update(row) : `install ${version}`;
}

function repair(row: FleetRow): string {
  if (row.fix !== null) return upgradeTo(row, row.fix);
  return row.verdicts.includes('upgrade-postgresql-first')
    ? 'upgrade PostgreSQL'
    : 'wait for a fixed release';
}

function upgrade(row: FleetRow): string {
  const { verdicts, reachable } = row;
  if (verdicts.includes('alter-extension')) return update(row);
  if (verdicts.includes('upgrade-package') && reachable !== null) return upgradeTo(row, reachable);
  if (verdicts.includes('upgrade-postgresql-first')) return 'upgrade PostgreSQL';
  if (verdicts.includes('upgrade-before-postgresql-minor')) return 'keep this PostgreSQL';
  return 'read the verdict';
}

/** What to check after an error. */
const CHECKS: Readonly<Record<string, string>> = {
  CONFIG_INVALID: 'correct the list',
  DATABASE_AUTHENTICATION: 'check the login',
  DATABASE_BUSY: 'try again later',
  DATABASE_MISSING: 'check the database name',
  DATABASE_PERMISSION: 'check the grants',
  DATABASE_TLS_REFUSED: 'check TLS',
  DATABASE_TLS_UNSUPPORTED: 'turn on TLS there',
  DATABASE_TLS_UNVERIFIED: 'check the certificate',
  DATABASE_UNREACHABLE: 'check host and port',
  EXTENSION_MISSING: 'no TimescaleDB there',
};

const ACTIONS: Readonly<Record<Condition, (row: FleetRow) => string>> = {
  broken: repair,
  vulnerable: repair,
  behind: upgrade,
  silent: () => 'check the schedule',
  failed: ({ error }) => CHECKS[error?.code ?? ''] ?? 'see the log',
  'jobs-failing': ({ jobs }) => `repair ${jobs?.failing ?? 'the'} jobs`,
  withheld: ({ consent }) => `none (${consent?.rule ?? 'no consent'})`,
  unknown: () => 'read the verdict',
};

/** Returns the action for the worst condition of a database in a few words, for a narrow terminal. */
export function shortAction(row: FleetRow): string {
  const [worst] = row.conditions;
  return worst === undefined ? 'none' : ACTIONS[worst](row);
}
