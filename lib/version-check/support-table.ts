import { compareVersions, isNewer, toVersion, type Version } from '../version.ts';

/** When this page was last compared with its sources; a newer TimescaleDB is judged by the reply alone. */
export const AS_OF = '2026-11-21';

/** What a PostgreSQL major runs of TimescaleDB, by the releases' own build files (`CMakeLists.txt`). */
interface Support {
  readonly major: string;
  /** The first minor release; from the beginning where there is none. */
  readonly since?: string;
  /** The last patch of the last minor release; until now where there is none. */
  readonly until?: string;
}

const SUPPORT: readonly Support[] = [
  { major: '9.6', until: '1.7.5' },
  { major: '10', until: '1.7.5' },
  { major: '11', since: '1.1.0', until: '2.3.1' },
  { major: '12', since: '1.7.0', until: '2.11.2' },
  { major: '13', since: '2.1.0', until: '2.15.3' },
  { major: '14', since: '2.5.0', until: '2.19.3' },
  { major: '15', since: '2.9.0', until: '2.28.3' },
  { major: '16', since: '2.13.0' },
  { major: '17', since: '2.17.0' },
  { major: '18', since: '2.23.0' },
];

/** The newest minor release on this page. */
const NEWEST_MINOR = '2.29';

/** A published vulnerability of TimescaleDB. */
export interface Advisory {
  readonly id: string;
  /** The first release that had it; left out where that is not certain, and then every older one counts as affected. */
  readonly since?: string;
  readonly fixed: string;
  readonly sentence: string;
}

export const ADVISORIES: readonly Advisory[] = [
  // https://github.com/timescale/timescaledb/security/advisories/GHSA-hcfx-29v5-2rcw
  {
    id: 'GHSA-hcfx-29v5-2rcw',
    fixed: '2.29.1',
    sentence: 'GHSA-hcfx-29v5-2rcw is fixed in 2.29.1',
  },
  // https://github.com/timescale/timescaledb/security/advisories/GHSA-vgp2-jj5c-828m
  {
    id: 'GHSA-vgp2-jj5c-828m',
    fixed: '2.25.2',
    sentence: 'GHSA-vgp2-jj5c-828m is fixed in 2.25.2',
  },
  // https://github.com/timescale/timescaledb/security/advisories/GHSA-44jh-j22r-33wq
  {
    id: 'GHSA-44jh-j22r-33wq',
    since: '2.8.0',
    fixed: '2.9.3',
    sentence:
      "GHSA-44jh-j22r-33wq (CVE-2023-25149: the telemetry job could be made to run another user's functions) is fixed in 2.9.3",
  },
  // https://www.cve.org/CVERecord?id=CVE-2022-24128
  {
    id: 'CVE-2022-24128',
    fixed: '2.5.2',
    sentence:
      'CVE-2022-24128 (what somebody made before the installation could get its rights) is fixed in 2.5.2',
  },
];

/** On this page, where every text is a version. */
function known(text: string): Version {
  const version = toVersion(text);
  if (version === undefined) throw new TypeError(`${text} is no version`);
  return version;
}

/** `9.6.24` is of the major 9.6, `17.5` of 17. */
export function majorOf(postgresqlVersion: string): string {
  const [first = '', second = ''] = postgresqlVersion.split('.');
  return Number(first) < 10 ? `${first}.${second}` : first;
}

function minorOf({ order }: Version): Version {
  return known(`${order.major}.${order.minor}`);
}

/** Newer than anything on this page. */
export function isBeyondTable(version: Version): boolean {
  return isNewer(minorOf(version), known(NEWEST_MINOR));
}

/**
 * The newest that a PostgreSQL major can run, up to `newest`. Of a major that is not on this page, and of a release that
 * is newer than it, the best is assumed.
 */
export function reachable(newest: Version, major: string): Version {
  const until = SUPPORT.find((support) => support.major === major)?.until;
  return until !== undefined && isNewer(minorOf(newest), minorOf(known(until)))
    ? known(until)
    : newest;
}

/** The PostgreSQL majors that can run a version; those of the newest on this page, where it is newer. */
export function majorsFor(version: Version): readonly string[] {
  const minor = isBeyondTable(version) ? known(NEWEST_MINOR) : minorOf(version);
  return SUPPORT.filter(
    ({ since, until }) =>
      (since === undefined || !isNewer(minorOf(known(since)), minor)) &&
      (until === undefined || !isNewer(minor, minorOf(known(until)))),
  ).map(({ major }) => major);
}

/** How many minor releases there have been before: 0.12, 1.0 to 1.7, and all of 2. */
function minorsBefore({ order: { major, minor } }: Version): number | undefined {
  if (major === 0) return 0;
  if (major === 1) return 1 + minor;
  return major === 2 ? 9 + minor : undefined;
}

/** How many minor releases lie between; undefined where this page does not know. */
export function minorReleasesBehind(installed: Version, newer: Version): number | undefined {
  const [from, to] = [minorsBefore(installed), minorsBefore(newer)];
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}

/** The advisories that cover a version. */
export function advisoriesFor(version: Version): readonly Advisory[] {
  return ADVISORIES.filter(
    ({ since, fixed }) =>
      (since === undefined || !isNewer(known(since), version)) && isNewer(known(fixed), version),
  );
}

/** The release in which all of them are fixed. */
export function fixedIn(advisories: readonly Advisory[]): Version | undefined {
  return advisories
    .map(({ fixed }) => known(fixed))
    .toSorted(compareVersions)
    .at(-1);
}
