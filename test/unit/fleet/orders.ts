import type { DatabaseState } from '../../../lib/fleet/database-state.ts';
import type { FleetState } from '../../../lib/fleet/fleet-state.ts';

/** Settings of an environment whose only database is `orders`. */
export const ORDERS_ONLY = { databases: [{ name: 'orders', tickHours: 24 }] };

/** Returns the row of the database `orders`. */
export function orders({ databases }: FleetState): DatabaseState {
  const found = databases['orders'];
  if (found === undefined) throw new TypeError('The state has no orders.');
  return found;
}
