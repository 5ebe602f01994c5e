import Range from 'semver/classes/range.js';
import coerce from 'semver/functions/coerce.js';
import { compareVersions, isNewer, SEMVER_OPTIONS, toVersion, type Version } from '../version.ts';
import type { Incompatibility, ReleaseData } from './release-data.ts';

/** Parsed ranges, by their text: a verdict tests each of them against many versions. */
const ranges = new Map<string, Range>();

function toRange(text: string): Range {
  const known = ranges.get(text);
  if (known !== undefined) return known;
  const range = new Range(text, SEMVER_OPTIONS);
  ranges.set(text, range);
  return range;
}

/** The release that a pre-release precedes; a release itself. */
function releaseOf({ order: { major, minor, patch } }: Version): Version {
  return toRelease(`${major}.${minor}.${patch}`);
}

/** Whether a version, or the release that it precedes, is in a range: 2.32.0-rc1 has the problems of 2.32.0. */
export function isInRange(version: Version, range: string): boolean {
  return [version, releaseOf(version)].some(({ order }) => toRange(range).test(order));
}

/** Parsed releases, by their text. */
const releases = new Map<string, Version>();

/** Parses a release of the data, which was checked when it was loaded. */
export function toRelease(text: string): Version {
  const known = releases.get(text);
  if (known !== undefined) return known;
  const version = toVersion(text);
  if (version === undefined) throw new TypeError(`${text} is not a version`);
  releases.set(text, version);
  return version;
}

interface Index {
  /** All published releases, the oldest first. */
  readonly releases: readonly Version[];
  /** First release of each group, and the PostgreSQL majors of the group, the oldest first. */
  readonly groups: readonly { readonly first: Version; readonly postgresql: readonly string[] }[];
  readonly newestMajor: number;
}

/** The parsed form of each version data: a verdict compares many pairs of versions. */
const indexes = new WeakMap<ReleaseData, Index>();

function indexOf(data: ReleaseData): Index {
  const known = indexes.get(data);
  if (known !== undefined) return known;
  const index: Index = {
    releases: data.releases
      .flatMap(({ versions }) => versions)
      .map(toRelease)
      .toSorted(compareVersions),
    groups: data.releases.flatMap(({ versions: [first], postgresql }) =>
      first === undefined ? [] : [{ first: toRelease(first), postgresql }],
    ),
    newestMajor: Math.max(...data.releases.flatMap(({ postgresql }) => postgresql).map(Number)),
  };
  indexes.set(data, index);
  return index;
}

/** Returns all published releases, the oldest first. */
export function publishedReleases(data: ReleaseData): readonly Version[] {
  return indexOf(data).releases;
}

/** Returns the newest published release. */
export function newestRelease(data: ReleaseData): Version | undefined {
  return publishedReleases(data).at(-1);
}

/** Returns PostgreSQL's major version: 9.6 for `9.6.24`, 17 for `17.5`. */
export function majorOf(postgresqlVersion: string): string {
  const [first = '', second = ''] = postgresqlVersion.split('.');
  return Number(first) < 10 ? `${first}.${second}` : first;
}

function minorOf({ order: { major, minor } }: Version): Version {
  return toRelease(`${major}.${minor}`);
}

export function isSameBranch(one: Version, other: Version): boolean {
  return compareVersions(minorOf(one), minorOf(other)) === 0;
}

/** Whether a version belongs to a minor release that is newer than all of the data. */
export function isBeyondData(version: Version, data: ReleaseData): boolean {
  const newest = newestRelease(data);
  return newest === undefined || isNewer(minorOf(version), minorOf(newest));
}

/**
 * Returns the PostgreSQL majors that a version supports. A version that is not in the data supports those of the newest
 * release before it.
 */
export function majorsFor(version: Version, data: ReleaseData): readonly string[] {
  return (
    indexOf(data).groups.findLast(({ first }) => !isNewer(first, releaseOf(version)))?.postgresql ??
    []
  );
}

/** Whether a PostgreSQL major is newer than the data. */
export function isUnknownMajor(major: string, data: ReleaseData): boolean {
  return Number(major) > indexOf(data).newestMajor;
}

/** Whether a version supports a PostgreSQL major. A major that is newer than the data counts as supported. */
export function supportsMajor(version: Version, major: string, data: ReleaseData): boolean {
  return isUnknownMajor(major, data) || majorsFor(version, data).includes(major);
}

/** Returns the incompatibilities of a pair of versions. */
export function incompatibilitiesOf(
  version: Version,
  postgresqlVersion: string,
  { incompatibilities }: ReleaseData,
): readonly Incompatibility[] {
  const affecting = incompatibilities.filter(({ timescaledb }) => isInRange(version, timescaledb));
  const postgresql = affecting.length > 0 ? coerce(postgresqlVersion) : null;
  return affecting.filter((one) => postgresql !== null && toRange(one.postgresql).test(postgresql));
}

/** Whether a version is known to work on a PostgreSQL version: the major is supported, and the pair is not broken. */
export function works(version: Version, postgresqlVersion: string, data: ReleaseData): boolean {
  return (
    supportsMajor(version, majorOf(postgresqlVersion), data) &&
    incompatibilitiesOf(version, postgresqlVersion, data).every(
      ({ effect }) => effect === 'unknown',
    )
  );
}

/** Highest number of a minor release of PostgreSQL that is searched. */
const LAST_MINOR = 99;

/** A later minor release of a PostgreSQL major that breaks the jobs of a TimescaleDB version. */
export interface ComingBreak {
  readonly postgresqlVersion: string;
  readonly incompatibility: Incompatibility;
}

/** Returns the first later minor release of the same PostgreSQL major that breaks the jobs of a version. */
export function comingBreak(
  version: Version,
  postgresqlVersion: string,
  data: ReleaseData,
): ComingBreak | undefined {
  const breaks = data.incompatibilities.filter(
    ({ effect, timescaledb }) => effect === 'jobs-broken' && isInRange(version, timescaledb),
  );
  const [minor = 0, ...major] = postgresqlVersion.split('.').map(Number).toReversed();
  const series = major.toReversed().join('.');
  for (let next = minor + 1; next <= LAST_MINOR && breaks.length > 0; next += 1) {
    const later = `${series}.${next}`;
    const order = coerce(later);
    const incompatibility = breaks.find(
      ({ postgresql }) => order !== null && toRange(postgresql).test(order),
    );
    if (incompatibility !== undefined) return { postgresqlVersion: later, incompatibility };
  }
  return undefined;
}

/** Counts the minor releases between two versions; undefined for a major that is not in the data. */
export function minorReleasesBehind(
  installed: Version,
  newer: Version,
  data: ReleaseData,
): number | undefined {
  const releases = publishedReleases(data);
  const isKnown = ({ order }: Version) =>
    releases.some((release) => release.order.major === order.major);
  if (![installed, newer].every(isKnown)) return undefined;
  const between = [...releases, newer]
    .map(minorOf)
    .filter((minor) => isNewer(minor, minorOf(installed)) && !isNewer(minor, minorOf(newer)));
  return new Set(between.map(({ text }) => text)).size;
}
