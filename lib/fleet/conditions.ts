import { HOUR_MS } from '../timescaledb/interval.ts';
import {
  CONDITIONS,
  type Condition,
  type DatabaseState,
  type FleetSeverity,
  type Groups,
  type VersionGroup,
} from './database-state.ts';
import type { FleetState } from './fleet-state.ts';

/** EventBridge Scheduler may start a run up to 15 minutes late, and a run lasts up to 15 minutes. */
const WINDOW_MS = HOUR_MS / 2;

/** Ticks without a run after which a database is silent. */
const SILENT_TICKS = 2;

const SEVERITY_BY_CONDITION: Readonly<Record<Condition, FleetSeverity>> = {
  broken: 'error',
  vulnerable: 'error',
  silent: 'error',
  failed: 'error',
  'jobs-failing': 'warning',
  behind: 'warning',
  withheld: 'notice',
  unknown: 'notice',
};

/** Verdicts that are no upgrade; any other one, also of a later version of this project, needs an action. */
const NOT_BEHIND: ReadonlySet<string> = new Set(['up-to-date', 'ahead', 'unknown', 'jobs-broken']);

/** Returns the conditions that a version check has found. */
export function verdictConditions({
  verdicts,
  advisories,
}: Pick<VersionGroup, 'verdicts' | 'advisories'>) {
  return {
    broken: verdicts.includes('jobs-broken'),
    vulnerable: advisories.length > 0,
    behind: verdicts.some((verdict) => !NOT_BEHIND.has(verdict)),
    unknown: verdicts.includes('unknown'),
  };
}

/** Returns when the second tick without a run is over, in milliseconds since 1970. */
function silentAfter(lastRunAt: string, tickHours: number): number {
  return Date.parse(lastRunAt) + SILENT_TICKS * tickHours * HOUR_MS + WINDOW_MS;
}

/** What the conditions of a database depend on. */
export interface ConditionFacts extends Pick<Groups, 'lastRun' | 'version' | 'jobs' | 'consent'> {
  readonly tickHours: number;
  /** For a database without a run. */
  readonly awaitedSince: string | undefined;
}

/**
 * Returns all conditions that hold, the worst first.
 *
 * @param now milliseconds since 1970
 */
export function conditionsOf(facts: ConditionFacts, now: number): readonly Condition[] {
  const { lastRun, version, jobs, consent, tickHours, awaitedSince } = facts;
  const since = lastRun?.at ?? awaitedSince;
  const found = version ? verdictConditions(version) : undefined;
  const holds: Readonly<Record<Condition, boolean>> = {
    broken: found?.broken ?? false,
    vulnerable: found?.vulnerable ?? false,
    silent: since !== undefined && now > silentAfter(since, tickHours),
    failed: lastRun?.outcome === 'failed',
    'jobs-failing': (jobs?.failing ?? 0) > 0,
    behind: found?.behind ?? false,
    withheld: consent?.granted === false,
    unknown: found?.unknown ?? true,
  };
  return CONDITIONS.filter((condition) => holds[condition]);
}

/** Returns the severity of the worst condition. */
export function severityOf([worst]: readonly Condition[]): FleetSeverity {
  return worst === undefined ? 'ok' : SEVERITY_BY_CONDITION[worst];
}

function rank({ conditions: [worst] }: DatabaseState): number {
  return worst === undefined ? CONDITIONS.length : CONDITIONS.indexOf(worst);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Compares two databases: the one with the worse condition first, then the one with more conditions, then by name. */
function compareDatabases(one: DatabaseState, other: DatabaseState): number {
  return (
    Number(other.configured) - Number(one.configured) ||
    rank(one) - rank(other) ||
    other.conditions.length - one.conditions.length ||
    compareTexts(one.name, other.name)
  );
}

/** Returns the databases, the worst first; those that were removed from the environment last. */
export function worstFirst({ databases }: Pick<FleetState, 'databases'>): readonly DatabaseState[] {
  return Object.values(databases).toSorted(compareDatabases);
}
