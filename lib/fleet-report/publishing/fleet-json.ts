import { worstFirst } from '../../fleet/conditions.ts';
import type { DatabaseState } from '../../fleet/database-state.ts';
import type { FleetState } from '../../fleet/fleet-state.ts';

/** One database, without its history. */
type FleetJsonRow = Omit<DatabaseState, 'history' | 'recent'>;

/** The fleet as other programs read it. */
export interface FleetJson extends Omit<FleetState, 'databases'> {
  /** The worst first. */
  readonly databases: readonly FleetJsonRow[];
}

/** Makes the JSON of a fleet: everything but the histories. Pure. */
export function toFleetJson({ databases, ...rest }: FleetState): FleetJson {
  return {
    ...rest,
    databases: worstFirst({ databases }).map(({ history, recent, ...row }) => row),
  };
}
