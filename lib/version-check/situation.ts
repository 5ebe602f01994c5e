import type { LatestVersion } from '../delivery/parse-reply.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { compareVersions, isNewer, toVersion, type Version } from '../version.ts';
import {
  type ComingBreak,
  comingBreak,
  incompatibilitiesOf,
  majorOf,
  supportsMajor,
  works,
} from './compatibility.ts';
import {
  advisoriesFor,
  type Fixes,
  fixedIn,
  fixesFor,
  reachable,
  securityFixesAfter,
} from './fixes.ts';
import type { Advisory, Incompatibility, ReleaseData } from './release-data.ts';
import { toServerVersion } from './server-version.ts';

/** Everything that a verdict depends on. */
export interface VersionSituation {
  /** Name of the database in the target. */
  readonly name: string;
  readonly facts: Facts;
  readonly data: ReleaseData;
  /** Age of the data in days. */
  readonly dataAgeDays: number;
  readonly latestVersion: LatestVersion;
  readonly installed: Version;
  readonly isVendorBuild: boolean;
  /** Newest version on the server's disk that works on this PostgreSQL, if possible also on its later minor releases. */
  readonly onDisk: Version | undefined;
  /** Newest version on the server's disk, if it does not work on this PostgreSQL. */
  readonly brokenOnDisk: Version | undefined;
  /** The latest version, where it can be compared. */
  readonly latest: Version | undefined;
  /** Incompatibilities of the installed version and this PostgreSQL. */
  readonly incompatibilities: readonly Incompatibility[];
  /** The incompatibility by which every scheduled job fails. */
  readonly brokenJobs: Incompatibility | undefined;
  /** The next minor release of PostgreSQL that breaks the jobs, if they work now. */
  readonly coming: ComingBreak | undefined;
  /** Advisories that affect the installed version. */
  readonly advisories: readonly Advisory[];
  /** Newer releases with security fixes, but without an advisory. */
  readonly securityFixes: ReleaseData['securityFixes'];
  readonly fixes: Fixes;
  /** Version to upgrade to: the latest one, or one that repairs what is wrong; undefined when none is newer. */
  readonly goal: Version | undefined;
  /** Newest version up to the goal that this PostgreSQL can run; undefined without one, or without a goal. */
  readonly best: Version | undefined;
  /** Whether the goal supports this PostgreSQL major. */
  readonly isMajorSupported: boolean;
  /** PostgreSQL's major version. */
  readonly major: string;
}

const DAY_MS = 86_400_000;

export function newestOf(versions: readonly (Version | undefined)[]): Version | undefined {
  return versions
    .filter((version) => version !== undefined)
    .toSorted(compareVersions)
    .at(-1);
}

/** Returns the versions on the server's disk, the oldest first. */
function versionsOnDisk({ availableVersion, availableVersions }: Facts): readonly Version[] {
  return [...(availableVersion === null ? [] : [availableVersion]), ...availableVersions]
    .map((text) => toServerVersion(text)?.version)
    .filter((version) => version !== undefined)
    .toSorted(compareVersions);
}

/** Collects the problems of the installed version, and the smallest upgrades that repair them. */
function problemsOf(installed: Version, postgresqlVersion: string, data: ReleaseData) {
  const incompatibilities = incompatibilitiesOf(installed, postgresqlVersion, data);
  const brokenJobs = incompatibilities.find(({ effect }) => effect === 'jobs-broken');
  const coming =
    brokenJobs === undefined ? comingBreak(installed, postgresqlVersion, data) : undefined;
  const advisories = advisoriesFor(installed, data);
  const securityFixes = securityFixesAfter(installed, data);
  return {
    incompatibilities,
    brokenJobs,
    coming,
    advisories,
    securityFixes,
    fixes: fixesFor(installed, postgresqlVersion, data, {
      hasBrokenJobs: brokenJobs !== undefined,
      advisories,
      securityFixes,
      breakingPostgresql: coming?.postgresqlVersion,
    }),
  };
}

/** An announced release that the endpoint or the operator names is published. */
function withPublished(data: ReleaseData, latest: Version | undefined): ReleaseData {
  const newest = data.releases.at(-1);
  if (latest === undefined || newest === undefined || !data.announced.includes(latest.text)) {
    return data;
  }
  return {
    ...data,
    releases: [...data.releases, { versions: [latest.text], postgresql: newest.postgresql }],
    announced: data.announced.filter((release) => release !== latest.text),
  };
}

/**
 * Collects what the verdict on one database depends on.
 *
 * @param now milliseconds since the epoch
 */
export function toSituation(
  latestVersion: LatestVersion,
  facts: Facts,
  name: string,
  { data: known, now }: { readonly data: ReleaseData; readonly now: number },
): VersionSituation | undefined {
  const server = toServerVersion(facts.installedVersion);
  if (server === undefined) return undefined;
  const { version: installed, isVendorBuild } = server;
  const { postgresqlVersion } = facts;
  // Stryker disable next-line StringLiteral: a text that is not a version is dropped
  const latest = toVersion(latestVersion.version ?? '');
  const data = withPublished(known, latest);
  const problems = problemsOf(installed, postgresqlVersion, data);
  const { fixes, advisories } = problems;
  const isEligible = ({ order }: Version) =>
    order.prerelease.length === 0 || installed.order.prerelease.length > 0;
  const isWanted =
    latestVersion.status === 'outdated' && latest !== undefined && isEligible(latest);
  const wanted = isWanted ? latest : undefined;
  const fixed = fixes.advisories ?? fixedIn(advisories, data);
  const newest = newestOf([wanted, fixed, fixes.jobs]);
  const goal = newest !== undefined && isNewer(newest, installed) ? newest : undefined;
  const present = versionsOnDisk(facts).filter(isEligible);
  const usable = present.filter((version) => works(version, postgresqlVersion, data));
  const lasting = usable.findLast(
    (version) =>
      isNewer(version, installed) && comingBreak(version, postgresqlVersion, data) === undefined,
  );
  const newestPresent = present.at(-1);
  const major = majorOf(postgresqlVersion);
  return {
    name,
    facts,
    data,
    dataAgeDays: Math.floor((now - Date.parse(data.asOf)) / DAY_MS),
    latestVersion,
    installed,
    isVendorBuild,
    onDisk: lasting ?? usable.at(-1),
    brokenOnDisk:
      newestPresent &&
      isNewer(newestPresent, installed) &&
      !works(newestPresent, postgresqlVersion, data)
        ? newestPresent
        : undefined,
    latest,
    ...problems,
    goal,
    best: goal && reachable(goal, installed, postgresqlVersion, data),
    isMajorSupported: goal === undefined || supportsMajor(goal, major, data),
    major,
  };
}
