import { DAY_MS } from '../timescaledb/interval.ts';
import { decodeColumn, firstValue } from './fold/columns.ts';

/** Days of history that a database keeps, and days of the fleet's figures. */
export const HISTORY_DAYS = 400;

/**
 * Days after its tick within which a run may be recorded: retries end before the next due tick, and some jobs run once a week.
 * Then the day is closed: its figures do not change any more, and its orders are left out.
 */
export const OPEN_DAYS = 8;

/**
 * History of one database: one point for each day with a run. Ten thousand databases have four million points, so it consists
 * of columns that `encodeColumn()` has encoded. Read it with `pointsOf()`. All columns have the same length; -1 is an unknown
 * value.
 *
 * @property names installed versions
 * @property days days since 1970-01-01, ascending
 * @property versions indices into `names`
 * @property flags sums of `FLAGS`
 * @property dataVolumes in bytes
 * @property ratios uncompressed divided by compressed size, times 10
 * @property orders of the open days
 */
export interface History {
  readonly names: readonly string[];
  readonly days: string;
  readonly versions: string;
  readonly flags: string;
  readonly dataVolumes: string;
  readonly chunks: string;
  readonly ratios: string;
  readonly orders: Readonly<Record<string, DayOrders>>;
}

/** Times of the runs that a day's values come from, in milliseconds since 1970; -1 for values that no run of the day had. */
export interface DayOrders {
  readonly run: number;
  readonly consent: number;
  readonly jobs: number;
  readonly version: number;
  readonly figures: number;
}

export const EMPTY_HISTORY: History = {
  names: [],
  days: '',
  versions: '',
  flags: '',
  dataVolumes: '',
  chunks: '',
  ratios: '',
  orders: {},
};

/** Flags of a day. Each of the groups has a flag for a known answer, because a run does not read everything. */
export const FLAGS = {
  failed: 1,
  consentKnown: 2,
  withheld: 4,
  jobsKnown: 8,
  jobsFailing: 16,
  versionKnown: 32,
  broken: 64,
  vulnerable: 128,
  behind: 256,
  unknown: 512,
} as const;

/** The flags of each group. */
export const GROUP_FLAGS = {
  run: FLAGS.failed,
  consent: FLAGS.consentKnown + FLAGS.withheld,
  jobs: FLAGS.jobsKnown + FLAGS.jobsFailing,
  version: FLAGS.versionKnown + FLAGS.broken + FLAGS.vulnerable + FLAGS.behind + FLAGS.unknown,
} as const;

/** Returns the number of a day since 1970-01-01, in UTC. */
export function dayOf(time: string | number): number {
  return Math.floor((typeof time === 'string' ? Date.parse(time) : time) / DAY_MS);
}

/** Formats a day as `2026-11-28`. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Returns the day of the first point; undefined without a point. */
export function firstDayOf({ days }: History): number | undefined {
  return firstValue(days);
}

/** One day of a database. A value that no run of the day has read is that of the day before; null if no run has read it. */
export interface Point {
  readonly day: number;
  readonly version: string | null;
  /** A sum of `FLAGS`. */
  readonly flags: number;
  readonly dataVolume: number | null;
  readonly chunks: number | null;
  /** Uncompressed divided by compressed size. */
  readonly ratio: number | null;
}

function known(column: readonly number[], index: number, before: number | null): number | null {
  const value = column[index] ?? -1;
  return value < 0 ? before : value;
}

/** Replaces the flags of the groups that a day has read; the others stay as they were the day before. */
function carryFlags(before: number, today: number): number {
  const { consent, jobs, version } = GROUP_FLAGS;
  const read =
    GROUP_FLAGS.run +
    (today & FLAGS.consentKnown ? consent : 0) +
    (today & FLAGS.jobsKnown ? jobs : 0) +
    (today & FLAGS.versionKnown ? version : 0);
  return (before & ~read) | today;
}

/** Returns the points of a database, the oldest first: one for each day with a run. */
export function pointsOf(history: History): readonly Point[] {
  const { names } = history;
  const versions = decodeColumn(history.versions);
  const flags = decodeColumn(history.flags);
  const dataVolumes = decodeColumn(history.dataVolumes);
  const chunks = decodeColumn(history.chunks);
  const ratios = decodeColumn(history.ratios);
  let point: Point = {
    day: 0,
    version: null,
    flags: 0,
    dataVolume: null,
    chunks: null,
    ratio: null,
  };
  let tenths: number | null = null;
  return decodeColumn(history.days).map((day, index) => {
    tenths = known(ratios, index, tenths);
    point = {
      day,
      version: names[versions[index] ?? -1] ?? point.version,
      flags: carryFlags(point.flags, flags[index] ?? 0),
      dataVolume: known(dataVolumes, index, point.dataVolume),
      chunks: known(chunks, index, point.chunks),
      ratio: tenths === null ? null : tenths / 10,
    };
    return point;
  });
}
