import { RELEASE_DATA } from '../../data/release-data.ts';
import type { Target } from '../config/target.ts';
import type { LatestVersion } from '../delivery/parse-reply.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { judge, latestOf, type Verdict } from './judge-version.ts';

/**
 * Judges the versions of one database with the newest data that this deployment has.
 *
 * @param latest as named by the endpoint or the operator; the newest release of the data by default
 * @param now milliseconds since the epoch
 */
export async function checkVersion(
  facts: Facts,
  { name }: Target,
  now: number,
  latest?: LatestVersion,
): Promise<Verdict> {
  const data = RELEASE_DATA;
  return judge(latest ?? latestOf(data), facts, name, { data, now });
}
