import { RELEASE_DATA } from '../../data/release-data.ts';
import type { Target } from '../config/target.ts';
import type { LatestVersion } from '../delivery/parse-reply.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { judge, latestOf, type Verdict } from './judge-version.ts';
import { loadReleaseData } from './load-release-data.ts';

/**
 * Result of the version check.
 *
 * @property dataWarning why the operator's version data was not used
 */
export interface CheckedVersion {
  readonly verdict: Verdict;
  readonly dataWarning?: string;
}

/** Returns the latest version as a person has named it; undefined for none. */
export function namedVersion(version: string | undefined): LatestVersion | undefined {
  return version === undefined ? undefined : { status: 'outdated', version };
}

/**
 * Judges the versions of one database with the newest data that this deployment has. Connects to nothing.
 *
 * @param now milliseconds since the epoch
 * @param latest as named by the endpoint or the operator; the newest release of the data by default
 */
export async function checkVersion(
  facts: Facts,
  { name, versionData }: Target,
  now: number,
  latest?: LatestVersion,
): Promise<CheckedVersion> {
  const { data, warning } = await loadReleaseData(versionData, RELEASE_DATA);
  return {
    verdict: judge(latest ?? latestOf(data), facts, name, { data, now }),
    ...(warning !== undefined && { dataWarning: warning }),
  };
}
