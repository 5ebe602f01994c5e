import { expect } from 'vitest';
import type { Fault } from '../../faults/rows/fault.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { scaled } from '../vitest/time-limits.ts';
import type { Faulty } from './faults.ts';
import type { World } from './world.ts';

/** Lambda's timeout for a fault that does not wait for a limit. */
export const ENOUGH_MS = scaled(60_000);

/** Parts of Lambda's timeout that are reserved for the line and a retry. */
export const RESERVES_MS = 6_500;

/** Returns the variables that replace those of the function. */
export function environmentFor({ environment }: Pick<Faulty, 'environment'>, world: World) {
  return typeof environment === 'function' ? environment(world) : environment;
}

/** Returns the message of a fault as a pattern: `…` stands for a number. */
export function patternOf(message: string): RegExp {
  const parts = message.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\d.]+')}$`);
}

/**
 * Expects no session and no prepared transaction. The server may notice a closed connection after a moment.
 *
 * @param pooled allows idle sessions outside any transaction
 */
export async function expectNothingLeft(
  { admin, name, role }: TestDatabase,
  pooled: boolean,
): Promise<void> {
  const left = async (): Promise<unknown[]> => {
    // A transaction of the admin, which some faults hold open, keeps the statistics of its first query.
    await admin.query('select pg_stat_clear_snapshot()');
    const { rows } = await admin.query(
      `select 'session' as what from pg_stat_activity where usename = $1 and not ($3 and state = 'idle')
       union all select 'prepared transaction' from pg_prepared_xacts where database = $2`,
      [role, name, pooled],
    );
    return rows;
  };
  await expect.poll(left).toEqual([]);
}

export function expectNoSecretLogged(
  log: readonly string[],
  database: TestDatabase | undefined,
  more: readonly string[],
): void {
  const names =
    database === undefined ? [] : [database.name, database.role, database.password, '"host"'];
  for (const secret of [...names, ...more]) expect(log.join('\n')).not.toContain(secret);
}

/** Expects the reports of the fault at the endpoint; without a report, no connection to it. */
export function expectArrived(
  { outcome, arrive = outcome === 'sent' ? 1 : 0, touchesEndpoint }: Fault,
  { endpoint }: World,
): void {
  expect(endpoint.reports).toHaveLength(arrive);
  if (arrive === 0 && touchesEndpoint !== true) expect(endpoint.connections()).toBe(0);
}
