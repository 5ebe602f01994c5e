import { compareVersions, isNewer, type Version } from '../version.ts';
import {
  comingBreak,
  isInRange,
  isSameBranch,
  publishedReleases,
  toRelease,
  works,
} from './compatibility.ts';
import type { Advisory, ReleaseData } from './release-data.ts';

/** Returns the advisories that affect a version. */
export function advisoriesFor(version: Version, { advisories }: ReleaseData): readonly Advisory[] {
  return advisories.filter(({ affected }) => isInRange(version, affected));
}

/** Returns the releases with security fixes, but without an advisory, that are newer than a version. */
export function securityFixesAfter(version: Version, { securityFixes }: ReleaseData) {
  return securityFixes
    .filter(({ release }) => isNewer(toRelease(release), version))
    .toSorted((one, other) => compareVersions(toRelease(one.release), toRelease(other.release)));
}

/** Returns the first published release in which all advisories are fixed, whatever PostgreSQL it needs. */
export function fixedIn(
  advisories: readonly Advisory[],
  { announced }: ReleaseData,
): Version | undefined {
  return advisories
    .flatMap(({ fixed }) => fixed.map(toRelease).toSorted(compareVersions).at(-1) ?? [])
    .filter(({ text }) => !announced.includes(text))
    .toSorted(compareVersions)
    .at(-1);
}

/**
 * Returns the smallest upgrade that has a property: the newest such patch of the installed branch or, if it has none, of
 * the next branch that has one. Only published releases that work on this PostgreSQL count.
 */
function smallestUpgrade(
  installed: Version,
  postgresqlVersion: string,
  data: ReleaseData,
  isWanted: (release: Version) => boolean,
): Version | undefined {
  const wanted = publishedReleases(data).filter(
    (release) =>
      isNewer(release, installed) && isWanted(release) && works(release, postgresqlVersion, data),
  );
  const [nearest] = wanted;
  return nearest && wanted.findLast((release) => isSameBranch(release, nearest));
}

/** The smallest upgrades that work on this PostgreSQL and repair something; undefined if there is no such release. */
export interface Fixes {
  /** Scheduled jobs work. Absent if they work now. */
  readonly jobs: Version | undefined;
  /** Fixes all advisories. Absent if there are none. */
  readonly advisories: Version | undefined;
  /** Has the security fixes without an advisory. Absent if the installed version has them. */
  readonly security: Version | undefined;
  /** Works also on the later PostgreSQL that breaks the jobs of the installed version. Absent if none does. */
  readonly coming: Version | undefined;
  /** Has no known advisory, and no known PostgreSQL of the same major breaks its jobs. */
  readonly lasting: Version | undefined;
}

/**
 * Returns the smallest upgrades that repair what is wrong with an installed version.
 *
 * @param problems incompatibilities and missing fixes of the installed version
 */
export function fixesFor(
  installed: Version,
  postgresqlVersion: string,
  data: ReleaseData,
  problems: {
    readonly hasBrokenJobs: boolean;
    readonly advisories: readonly Advisory[];
    readonly securityFixes: ReleaseData['securityFixes'];
    readonly breakingPostgresql: string | undefined;
  },
): Fixes {
  const { hasBrokenJobs, advisories, securityFixes, breakingPostgresql } = problems;
  const smallest = (isWanted: (release: Version) => boolean) =>
    smallestUpgrade(installed, postgresqlVersion, data, isWanted);
  const hasFix = (release: Version) =>
    advisories.every(({ affected }) => !isInRange(release, affected));
  const newestSecurity = securityFixes.at(-1)?.release;
  return {
    jobs: hasBrokenJobs ? smallest(() => true) : undefined,
    advisories: advisories.length > 0 ? smallest(hasFix) : undefined,
    security:
      newestSecurity === undefined
        ? undefined
        : smallest((release) => !isNewer(toRelease(newestSecurity), release)),
    coming:
      breakingPostgresql === undefined
        ? undefined
        : smallest((release) => works(release, breakingPostgresql, data)),
    lasting: smallest(
      (release) =>
        advisoriesFor(release, data).length === 0 &&
        comingBreak(release, postgresqlVersion, data) === undefined,
    ),
  };
}

/**
 * Returns the newest version, up to `goal`, that works on this PostgreSQL and is not older than the installed one. The goal
 * itself may be newer than the data.
 */
export function reachable(
  goal: Version,
  installed: Version,
  postgresqlVersion: string,
  data: ReleaseData,
): Version | undefined {
  return [...publishedReleases(data), installed, goal]
    .filter((version) => !isNewer(version, goal) && !isNewer(installed, version))
    .filter((version) => works(version, postgresqlVersion, data))
    .toSorted(compareVersions)
    .at(-1);
}
