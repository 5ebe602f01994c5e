import { compareVersions, isNewer, toVersion, type Version } from '../version.ts';

/** Date of the last comparison of this file with its sources. */
export const AS_OF = '2026-11-21';

/** TimescaleDB releases that a PostgreSQL major version can run; source: `CMakeLists.txt` of each release. */
interface Support {
  readonly major: string;
  /** First minor release; absent for every release since the first. */
  readonly since?: string;
  /** Last patch of the last minor release; absent while it is supported. */
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

/** Newest minor release in this table. */
const NEWEST_MINOR = '2.29';

/** A published security advisory about TimescaleDB. */
export interface Advisory {
  readonly id: string;
  /** First affected release; absent where it is not known, and then every older release counts as affected. */
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
      'GHSA-44jh-j22r-33wq (CVE-2023-25149: the telemetry job could execute functions of other users) is fixed in 2.9.3',
  },
  // https://www.cve.org/CVERecord?id=CVE-2022-24128
  {
    id: 'CVE-2022-24128',
    fixed: '2.5.2',
    sentence:
      'CVE-2022-24128 (objects created before CREATE EXTENSION could run with the rights of its superuser) is fixed in 2.5.2',
  },
];

/** Parses a version of this table. */
function known(text: string): Version {
  const version = toVersion(text);
  if (version === undefined) throw new TypeError(`${text} is not a version`);
  return version;
}

/** Returns PostgreSQL's major version: 9.6 for `9.6.24`, 17 for `17.5`. */
export function majorOf(postgresqlVersion: string): string {
  const [first = '', second = ''] = postgresqlVersion.split('.');
  return Number(first) < 10 ? `${first}.${second}` : first;
}

function minorOf({ order }: Version): Version {
  return known(`${order.major}.${order.minor}`);
}

/** Whether a version is newer than every version of this table. */
export function isBeyondTable(version: Version): boolean {
  return isNewer(minorOf(version), known(NEWEST_MINOR));
}

/**
 * Returns the latest version that a PostgreSQL major version can run, up to `latest`. Unknown majors and releases newer
 * than this table are assumed to be supported.
 */
export function reachable(latest: Version, major: string): Version {
  const until = SUPPORT.find((support) => support.major === major)?.until;
  return until !== undefined && isNewer(minorOf(latest), minorOf(known(until)))
    ? known(until)
    : latest;
}

/** Returns the PostgreSQL majors that can run a version; for a version newer than this table, those of its newest. */
export function majorsFor(version: Version): readonly string[] {
  const minor = isBeyondTable(version) ? known(NEWEST_MINOR) : minorOf(version);
  return SUPPORT.filter(
    ({ since, until }) =>
      (since === undefined || !isNewer(minorOf(known(since)), minor)) &&
      (until === undefined || !isNewer(minor, minorOf(known(until)))),
  ).map(({ major }) => major);
}

/** Counts the earlier minor releases: 0.12, 1.0 to 1.7, and all of 2. */
function minorsBefore({ order: { major, minor } }: Version): number | undefined {
  if (major === 0) return 0;
  if (major === 1) return 1 + minor;
  return major === 2 ? 9 + minor : undefined;
}

/** Counts the minor releases between two versions; undefined for a major that this table does not know. */
export function minorReleasesBehind(installed: Version, newer: Version): number | undefined {
  const [from, to] = [minorsBefore(installed), minorsBefore(newer)];
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}

/** Returns the advisories that affect a version. */
export function advisoriesFor(version: Version): readonly Advisory[] {
  return ADVISORIES.filter(
    ({ since, fixed }) =>
      (since === undefined || !isNewer(known(since), version)) && isNewer(known(fixed), version),
  );
}

/** Returns the first release in which all advisories are fixed. */
export function fixedIn(advisories: readonly Advisory[]): Version | undefined {
  return advisories
    .map(({ fixed }) => known(fixed))
    .toSorted(compareVersions)
    .at(-1);
}
