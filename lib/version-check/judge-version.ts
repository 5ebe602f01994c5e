import type { LatestVersion } from '../delivery/parse-reply.ts';
import type { Severity } from '../errors.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { isNewer } from '../version.ts';
import { adviceFor, unknownAdvice } from './advice.ts';
import { minorReleasesBehind, newestRelease } from './compatibility.ts';
import { headlineOf, unknownReason } from './headline.ts';
import { repairOf } from './recommendation.ts';
import type { Advisory, ReleaseData } from './release-data.ts';
import { toSituation, type VersionSituation } from './situation.ts';

/**
 * Result of the version check. Part of the log's contract.
 *
 * - `jobs-broken`: this PostgreSQL breaks every scheduled job of the installed version
 * - `up-to-date`: no action needed
 * - `alter-extension`: the server's disk has a newer TimescaleDB than this database
 * - `template1-outdated`: the same of template1, which new databases are copied from
 * - `upgrade-package`: this PostgreSQL can run a newer TimescaleDB
 * - `upgrade-postgresql-first`: this PostgreSQL cannot run the latest TimescaleDB
 * - `ahead`: the installed version is newer than the latest one; a downgrade is never suggested
 * - `unknown`: there is no latest version to compare with
 * - `upgrade-before-postgresql-minor`: a later minor release of this PostgreSQL breaks the jobs of the installed version
 * - `security-fixes-available`: a newer release has security fixes without an advisory
 */
export type VerdictCode =
  | 'jobs-broken'
  | 'up-to-date'
  | 'alter-extension'
  | 'template1-outdated'
  | 'upgrade-package'
  | 'upgrade-postgresql-first'
  | 'ahead'
  | 'unknown'
  | 'upgrade-before-postgresql-minor'
  | 'security-fixes-available';

/** Verdict of the version check on one database; messages use the extension's own words where it has some. */
export interface Verdict {
  /** One or more codes; the first is the headline. */
  readonly codes: readonly VerdictCode[];
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  /** Names the database, and who must do what. */
  readonly sentence: string;
  readonly installed: string;
  /** PostgreSQL's version. */
  readonly postgresql: string;
  /** Default version on the server's disk; null where PostgreSQL cannot list it. */
  readonly available: string | null;
  /** Latest version as named; absent unless it is a valid version text. */
  readonly latest?: string;
  /** Newest version, up to the latest, that works on this PostgreSQL. */
  readonly reachable?: string;
  /** Recommended upgrade that repairs the jobs or, if they work, fixes the advisories. */
  readonly fix?: string;
  /** Minor releases from the installed to the reachable one. */
  readonly versionsBehind?: number;
  /** Advisories that affect the installed version. */
  readonly advisories: readonly Advisory['id'][];
  /** Date of the version data. */
  readonly asOf: string;
}

/** Returns the steps that bring this database up to date. */
function stepsOf(situation: VersionSituation): readonly VerdictCode[] {
  const { facts, installed, onDisk, goal, best = installed, isMajorSupported } = situation;
  const isPending = onDisk !== undefined && isNewer(onDisk, installed);
  const present = isPending ? onDisk : installed;
  const steps: readonly (readonly [VerdictCode, boolean])[] = [
    ['alter-extension', isPending],
    ['template1-outdated', isPending && facts.isTemplate1],
    ['upgrade-package', isNewer(best, present)],
    ['upgrade-postgresql-first', goal !== undefined && isNewer(goal, best) && !isMajorSupported],
  ];
  return steps.filter(([, holds]) => holds).map(([code]) => code);
}

/** Returns the warnings that hold whatever the latest version is. */
function warningsOf({ coming, securityFixes }: VersionSituation): readonly VerdictCode[] {
  return [
    ...(coming === undefined ? [] : ['upgrade-before-postgresql-minor' as const]),
    ...(securityFixes.length === 0 ? [] : ['security-fixes-available' as const]),
  ];
}

/** Whether the installed version is newer than the one that the endpoint calls the latest. */
function isAhead({ latestVersion, latest, installed }: VersionSituation): boolean {
  return latestVersion.status === 'outdated' && latest !== undefined && isNewer(installed, latest);
}

function codesOf(situation: VersionSituation): readonly VerdictCode[] {
  const codes: readonly VerdictCode[] = [
    ...(situation.brokenJobs === undefined ? [] : ['jobs-broken' as const]),
    ...(unknownReason(situation) === undefined ? [] : ['unknown' as const]),
    ...stepsOf(situation),
    ...warningsOf(situation),
  ];
  if (codes.length > 0) return codes;
  return [isAhead(situation) ? 'ahead' : 'up-to-date'];
}

function severityOf(codes: readonly VerdictCode[], advisories: readonly Advisory[]): Severity {
  const [headline] = codes;
  if (advisories.length > 0 || headline === 'jobs-broken') return 'ERROR';
  return headline === 'up-to-date' || headline === 'ahead' ? 'INFO' : 'WARN';
}

/** Returns the verdict for an installed version that cannot be compared. */
function incomparable(
  { installedVersion: installed, availableVersion: available, postgresqlVersion }: Facts,
  name: string,
  { version }: LatestVersion,
  { asOf }: ReleaseData,
): Verdict {
  return {
    codes: ['unknown'],
    severity: 'WARN',
    message: `the installed version of "timescaledb" cannot be compared: "${installed}"`,
    sentence: unknownAdvice(name),
    installed,
    postgresql: postgresqlVersion,
    available,
    ...(version !== undefined && { latest: version }),
    advisories: [],
    asOf,
  };
}

/** Names the newest release of the data, for a check without an endpoint and without a version named by the operator. */
export function latestOf(data: ReleaseData): LatestVersion {
  const version = newestRelease(data);
  return version === undefined
    ? { status: 'unknown', reason: 'the version data has no releases' }
    : { status: 'outdated', version: version.text };
}

/**
 * Compares a database with the latest version and with what is known of TimescaleDB's releases, and says which upgrade is
 * possible there and who must do it. Unlike the extension, it never suggests a downgrade. Pure.
 *
 * @param name of the database in the target
 * @param knowledge the version data, and the time in milliseconds since the epoch
 */
export function judge(
  latestVersion: LatestVersion,
  facts: Facts,
  name: string,
  knowledge: { readonly data: ReleaseData; readonly now: number },
): Verdict {
  const { data } = knowledge;
  const situation = toSituation(latestVersion, facts, name, knowledge);
  if (situation === undefined) return incomparable(facts, name, latestVersion, data);
  const { installed, best, advisories } = situation;
  const codes = codesOf(situation);
  const [headline = 'up-to-date'] = codes;
  const fix = repairOf(situation);
  const behind = minorReleasesBehind(installed, best ?? installed, data);
  return {
    codes,
    severity: severityOf(codes, advisories),
    ...headlineOf(headline, situation),
    sentence: adviceFor(situation, codes),
    installed: facts.installedVersion,
    postgresql: facts.postgresqlVersion,
    available: facts.availableVersion,
    ...(latestVersion.version !== undefined && { latest: latestVersion.version }),
    ...(best !== undefined && { reachable: best.text }),
    ...(fix !== undefined && { fix: fix.text }),
    ...(behind !== undefined && { versionsBehind: behind }),
    advisories: advisories.map(({ id }) => id),
    asOf: data.asOf,
  };
}
