import type { Condition, DatabaseState } from '../database-state.ts';
import type { DailyFigures, FleetCounts } from '../fleet-state.ts';
import { FLAGS, firstDayOf, formatDay, HISTORY_DAYS, type Point, pointsOf } from '../history.ts';

type Counted = Pick<
  DatabaseState,
  'configured' | 'tickHours' | 'history' | 'conditions' | 'version' | 'consent'
>;

/** The label of texts that are no version of TimescaleDB. */
const OTHER = 'other';

/** Returns the minor release of an installed version: `2.28` of `2.28.3`. */
function minorRelease(installed: string): string {
  const [, minor] = /^v?(\d{1,6}\.\d{1,6})(?!\d)/.exec(installed) ?? [];
  return minor ?? OTHER;
}

/** Counts the conditions of the databases that the environment has. */
export function countConditions(databases: readonly Counted[]): FleetCounts {
  const configured = databases.filter((database) => database.configured);
  const ofVersion = configured.filter(({ version }) => version !== null).length;
  const count = (condition: Condition, of: number) => ({
    count: configured.filter(({ conditions }) => conditions.includes(condition)).length,
    of,
  });
  return {
    databases: configured.length,
    silent: count('silent', configured.length),
    broken: count('broken', ofVersion),
    vulnerable: count('vulnerable', ofVersion),
    behind: count('behind', ofVersion),
    withheld: count('withheld', configured.filter(({ consent }) => consent !== null).length),
  };
}

/** The sums of one day. */
interface Tally {
  databases: number;
  versionKnown: number;
  consentKnown: number;
  silent: number;
  broken: number;
  vulnerable: number;
  behind: number;
  withheld: number;
  reported: number;
  failed: number;
  bytes: number;
  volumeKnown: number;
  readonly versions: Map<string, number>;
}

function emptyTally(): Tally {
  return {
    databases: 0,
    versionKnown: 0,
    consentKnown: 0,
    silent: 0,
    broken: 0,
    vulnerable: 0,
    behind: 0,
    withheld: 0,
    reported: 0,
    failed: 0,
    bytes: 0,
    volumeKnown: 0,
    versions: new Map(),
  };
}

function bit(flags: number, flag: number): number {
  return (flags & flag) === 0 ? 0 : 1;
}

/** Adds the state of one database on one day, as its latest point until then has it. */
function addPoint(tally: Tally, { flags, dataVolume }: Point, minor: string | undefined): void {
  tally.databases += 1;
  tally.versionKnown += bit(flags, FLAGS.versionKnown);
  tally.consentKnown += bit(flags, FLAGS.consentKnown);
  tally.broken += bit(flags, FLAGS.broken);
  tally.vulnerable += bit(flags, FLAGS.vulnerable);
  tally.behind += bit(flags, FLAGS.behind);
  tally.withheld += bit(flags, FLAGS.withheld);
  if (minor !== undefined) tally.versions.set(minor, (tally.versions.get(minor) ?? 0) + 1);
  if (dataVolume !== null) {
    tally.volumeKnown += 1;
    tally.bytes += dataVolume;
  }
}

/** Returns whether a database was silent at the end of a day that has passed; a point has no time. */
function wasSilent(day: number, { day: lastDay }: Point, tickHours: number): boolean {
  // Two ticks of a day are missing at the end of the second day, of shorter intervals at the end of the first.
  return day - lastDay >= (tickHours > 12 ? 2 : 1);
}

/** The days from `first` on, as many as there are tallies. */
interface Days {
  readonly first: number;
  readonly today: number;
  readonly tallies: readonly Tally[];
}

/** Adds the days from a point until the next one. */
function addDays(
  { first, today, tallies }: Days,
  point: Point,
  end: number,
  { tickHours, conditions }: Counted,
): void {
  const minor = point.version === null ? undefined : minorRelease(point.version);
  for (const [index, tally] of tallies.slice(point.day - first, end - first).entries()) {
    const day = point.day + index;
    addPoint(tally, point, minor);
    const isSilent =
      day === today ? conditions.includes('silent') : wasSilent(day, point, tickHours);
    if (isSilent) tally.silent += 1;
  }
}

/** Adds every day of a database since its first point; a removed one is counted until its last point. */
function addDatabase(days: Days, database: Counted): void {
  const points = pointsOf(database.history);
  for (const [index, point] of points.entries()) {
    const last = database.configured ? days.today + 1 : point.day + 1;
    addDays(days, point, points[index + 1]?.day ?? last, database);
    const tally = days.tallies[point.day - days.first];
    if (tally === undefined) continue;
    tally.reported += 1;
    tally.failed += bit(point.flags, FLAGS.failed);
  }
}

/** Returns the place of a minor release in the order of the releases; that of `other` is the last. */
function placeOf(minor: string): number {
  const [release = 0, number = 0] = minor.split('.').map(Number);
  return minor === OTHER ? Number.POSITIVE_INFINITY : release * 1_000_000 + number;
}

function toFigures(tally: Tally, day: number): DailyFigures {
  const { databases, versionKnown, consentKnown, reported, failed, versions } = tally;
  const sorted = [...versions].toSorted(([one], [other]) => placeOf(one) - placeOf(other));
  return {
    date: formatDay(day),
    databases,
    silent: { count: tally.silent, of: databases },
    broken: { count: tally.broken, of: versionKnown },
    vulnerable: { count: tally.vulnerable, of: versionKnown },
    behind: { count: tally.behind, of: versionKnown },
    withheld: { count: tally.withheld, of: consentKnown },
    reported,
    failed,
    versions: Object.fromEntries(sorted),
    dataVolume: { bytes: tally.bytes, of: tally.volumeKnown },
  };
}

/**
 * Computes the figures of every day since the first run, from the histories alone. A database counts from its first run on.
 *
 * @param today days since 1970-01-01
 */
export function dailyFigures(databases: readonly Counted[], today: number): DailyFigures[] {
  const first = databases.reduce(
    (day, { history }) => Math.min(day, firstDayOf(history) ?? today + 1),
    today + 1,
  );
  const start = Math.max(first, today - HISTORY_DAYS + 1);
  const tallies = Array.from({ length: today - start + 1 }, emptyTally);
  for (const database of databases) addDatabase({ first: start, today, tallies }, database);
  return tallies.map((tally, index) => toFigures(tally, start + index));
}
