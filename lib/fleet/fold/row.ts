import { HOUR_MS } from '../../timescaledb/interval.ts';
import { actionOf } from '../action.ts';
import { conditionsOf, severityOf } from '../conditions.ts';
import type { Condition, DatabaseState } from '../database-state.ts';
import type { FleetContext } from '../fleet-state.ts';
import { dayOf, formatDay } from '../history.ts';
import { mutesOf } from '../mutes.ts';
import { sinceOf } from './since.ts';

/** A database without what is derived from its runs and the context. */
export type Core = Omit<
  DatabaseState,
  'formerName' | 'awaitedSince' | 'conditions' | 'severity' | 'action' | 'since' | 'mutes'
> & { readonly awaitedSince: string | undefined };

/** Returns the day of the first tick without a run. */
function silentSince({ lastRun, awaitedSince, tickHours }: Core): string | undefined {
  const last = lastRun?.at ?? awaitedSince;
  return last && formatDay(dayOf(Date.parse(last) + tickHours * HOUR_MS));
}

/** Indexes removed databases by their identifier; of two with the same one the latest. */
export function removedByUuid(cores: readonly Core[]): ReadonlyMap<string, Core> {
  const removed = cores
    .filter(({ configured, identity, lastRun }) => !configured && identity && lastRun)
    .toSorted((one, other) => ((one.lastRun?.at ?? '') < (other.lastRun?.at ?? '') ? -1 : 1));
  return new Map(removed.map((core) => [core.identity?.uuid ?? '', core]));
}

function formerNameOf(core: Core, removed: ReadonlyMap<string, Core>): string | undefined {
  const former = removed.get(core.identity?.uuid ?? '');
  const isEarlier = (former?.lastRun?.at ?? '') < (core.lastRun?.at ?? '');
  return core.configured && former !== undefined && isEarlier ? former.name : undefined;
}

/** Derives the row of a database. Pure. */
export function toRow(
  core: Core,
  removed: ReadonlyMap<string, Core>,
  { now, mutes }: FleetContext,
): DatabaseState {
  const conditions: readonly Condition[] = core.configured
    ? conditionsOf(core, Date.parse(now))
    : [];
  const { awaitedSince, ...rest } = core;
  const formerName = formerNameOf(core, removed);
  const silent = conditions.includes('silent') ? silentSince(core) : undefined;
  const facts = { ...rest, conditions };
  return {
    ...facts,
    ...(awaitedSince !== undefined && { awaitedSince }),
    ...(formerName !== undefined && { formerName }),
    severity: severityOf(conditions),
    action: actionOf(facts),
    since: { ...sinceOf(core, conditions), ...(silent && { silent }) },
    mutes: mutesOf(core.name, mutes ?? [], now),
  };
}
