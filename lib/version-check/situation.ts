import type { LatestVersion } from '../delivery/parse-reply.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { compareVersions, isNewer, toVersion, type Version } from '../version.ts';
import { type Advisory, advisoriesFor, fixedIn, majorOf } from './support-table.ts';

/** Everything that a verdict depends on. */
export interface VersionSituation {
  /** Name of the database in the target. */
  readonly name: string;
  readonly facts: Facts;
  readonly latestVersion: LatestVersion;
  readonly installed: Version;
  /** Newest version on the server's disk. */
  readonly onDisk: Version | undefined;
  /** The latest version, where it can be compared. */
  readonly latest: Version | undefined;
  /** Advisories that affect the installed version. */
  readonly advisories: readonly Advisory[];
  /** Version to upgrade to: the latest one, or the one that fixes every advisory; undefined when none is newer. */
  readonly goal: Version | undefined;
  /** PostgreSQL's major version. */
  readonly major: string;
}

export function newestOf(versions: readonly (Version | undefined)[]): Version | undefined {
  return versions
    .filter((version) => version !== undefined)
    .toSorted(compareVersions)
    .at(-1);
}

/** Collects what the verdict on one database depends on. */
export function toSituation(
  latestVersion: LatestVersion,
  facts: Facts,
  name: string,
  installed: Version,
): VersionSituation {
  const { availableVersion, availableVersions, postgresqlVersion } = facts;
  // Stryker disable next-line StringLiteral: a text that is not a version is dropped
  const onDisk = newestOf([availableVersion ?? '', ...availableVersions].map(toVersion));
  // Stryker disable next-line StringLiteral: a text that is not a version is dropped
  const latest = toVersion(latestVersion.version ?? '');
  const advisories = advisoriesFor(installed);
  const wanted = latestVersion.status === 'outdated' ? latest : undefined;
  const goal = newestOf([wanted, fixedIn(advisories)]);
  return {
    name,
    facts,
    latestVersion,
    installed,
    onDisk,
    latest,
    advisories,
    goal: goal !== undefined && isNewer(goal, installed) ? goal : undefined,
    major: majorOf(postgresqlVersion),
  };
}
