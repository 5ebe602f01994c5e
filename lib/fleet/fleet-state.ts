import type { DatabaseState, Mute } from './database-state.ts';

/** Runs that a database keeps one by one. */
export const RECENT_RUNS = 14;

/** Problems that a state lists, and the number of days after which a problem is left out. */
export const MAX_PROBLEMS = 100;
export const PROBLEM_DAYS = 14;

/** A count and the number of databases for which the answer is known. */
export interface Count {
  readonly count: number;
  readonly of: number;
}

/** The five counts of the fleet, and what they leave out. Removed databases are not counted. */
export interface FleetCounts {
  readonly databases: number;
  readonly silent: Count;
  readonly broken: Count;
  readonly vulnerable: Count;
  readonly behind: Count;
  readonly withheld: Count;
}

/** Figures of the fleet on one day; the last day's are those so far. */
export interface DailyFigures extends FleetCounts {
  readonly date: string;
  /** Databases with a run on this day, and those of them whose last run failed. */
  readonly reported: number;
  readonly failed: number;
  /** Number of databases by minor release of TimescaleDB (`2.28`), the oldest first; `other` for texts that are no version. */
  readonly versions: Readonly<Record<string, number>>;
  /** Data volume of the databases for which it is known. */
  readonly dataVolume: { readonly bytes: number; readonly of: number };
}

/** An object of the record that was not used. */
export interface Problem {
  /** Its key, or the database and the tick of a run. */
  readonly object: string;
  /** Day of the record in which it was found. */
  readonly date: string;
  /** A sentence. */
  readonly problem: string;
}

/** The fleet of one environment. The same runs in any order produce the same state. */
export interface FleetState {
  readonly version: 1;
  readonly environment: string;
  readonly account: string | null;
  readonly region: string | null;
  /** ISO 8601. */
  readonly asOf: string;
  readonly counts: FleetCounts;
  /** By name; see `worstFirst()` for an order. A name can be any text, so read it with Object.entries() or hasOwn(). */
  readonly databases: Readonly<Record<string, DatabaseState>>;
  /** The oldest first: one for each day since the first run, at most 400. */
  readonly daily: readonly DailyFigures[];
  /** The newest first. */
  readonly problems: readonly Problem[];
}

/** A database that the environment has. */
export interface ConfiguredDatabase {
  readonly name: string;
  readonly tickHours: number;
}

/** What a fold depends on beside the runs. */
export interface FleetContext {
  readonly environment: string;
  readonly account?: string;
  readonly region?: string;
  /** ISO 8601. */
  readonly now: string;
  /** Absent where the environment is unknown: every database that has a run then counts as configured, with 24 hours. */
  readonly databases?: readonly ConfiguredDatabase[];
  readonly mutes?: readonly Mute[];
}
