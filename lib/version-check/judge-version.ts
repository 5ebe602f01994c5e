import type { LatestVersion } from '../delivery/parse-reply.ts';
import type { Severity } from '../errors.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { isNewer, toVersion } from '../version.ts';
import { adviceFor, unknownAdvice } from './advice.ts';
import { newestOf, toSituation, type VersionSituation } from './situation.ts';
import { type Advisory, AS_OF, minorReleasesBehind, reachable } from './support-table.ts';

/**
 * Result of the version check. Part of the log's contract.
 *
 * - `up-to-date`: no action needed
 * - `alter-extension`: the server's disk has a newer TimescaleDB than this database
 * - `template1-outdated`: the same of template1, which new databases are copied from
 * - `upgrade-package`: this PostgreSQL can run a newer TimescaleDB
 * - `upgrade-postgresql-first`: this PostgreSQL cannot run the latest TimescaleDB
 * - `ahead`: the installed version is newer than the latest one; a downgrade is never suggested
 * - `unknown`: there is no latest version to compare with
 */
export type VerdictCode =
  | 'up-to-date'
  | 'alter-extension'
  | 'template1-outdated'
  | 'upgrade-package'
  | 'upgrade-postgresql-first'
  | 'ahead'
  | 'unknown';

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
  /** Default version on the server's disk; null where PostgreSQL cannot list it. */
  readonly available: string | null;
  /** Latest version as named; absent unless it is a valid version text. */
  readonly latest?: string;
  /** Latest version that this PostgreSQL can run. */
  readonly reachable?: string;
  /** Minor releases from the installed to the reachable one. */
  readonly versionsBehind?: number;
  /** Advisories that affect the installed version. */
  readonly advisories: readonly Advisory['id'][];
  /** Date of the tables of supported PostgreSQL versions and of advisories. */
  readonly asOf: string;
}

const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const NOT_UP_TO_DATE = 'the "timescaledb" extension is not up-to-date';
const AHEAD =
  'the installed "timescaledb" extension is newer than the latest version that the telemetry endpoint names';

/** Returns the steps that bring this database up to date. */
function stepsOf({ facts, installed, onDisk, goal, major }: VersionSituation) {
  const isPending = onDisk !== undefined && isNewer(onDisk, installed);
  const [wanted, best] =
    goal === undefined ? [installed, installed] : [goal, reachable(goal, major)];
  const present = isPending ? onDisk : installed;
  const steps: readonly (readonly [VerdictCode, boolean])[] = [
    ['alter-extension', isPending],
    ['template1-outdated', isPending && facts.isTemplate1],
    ['upgrade-package', isNewer(best, present)],
    ['upgrade-postgresql-first', isNewer(wanted, best)],
  ];
  return steps.filter(([, holds]) => holds).map(([code]) => code);
}

/** Returns why there is no latest version to compare with. */
function unknownReason({ latestVersion, latest }: VersionSituation): string | undefined {
  if (latestVersion.status === 'unknown') return latestVersion.reason;
  if (latestVersion.status === 'outdated' && latest === undefined) {
    return `server did not return a comparable TimescaleDB version: "${latestVersion.version}"`;
  }
  return undefined;
}

/** Whether the installed version is newer than the one that the endpoint calls the latest. */
function isAhead({ latestVersion, latest, installed }: VersionSituation): boolean {
  return latestVersion.status === 'outdated' && latest !== undefined && isNewer(installed, latest);
}

function codesOf(situation: VersionSituation): readonly VerdictCode[] {
  const steps = stepsOf(situation);
  if (unknownReason(situation) !== undefined) return ['unknown', ...steps];
  if (steps.length > 0) return steps;
  return [isAhead(situation) ? 'ahead' : 'up-to-date'];
}

function severityOf(codes: readonly VerdictCode[], advisories: readonly Advisory[]): Severity {
  if (advisories.length > 0) return 'ERROR';
  const [headline] = codes;
  return headline === 'up-to-date' || headline === 'ahead' ? 'INFO' : 'WARN';
}

function hintOf(situation: VersionSituation, codes: readonly VerdictCode[]): string | undefined {
  const { installed, latest, onDisk, latestVersion, goal } = situation;
  const [headline] = codes;
  if (headline === 'up-to-date') return undefined;
  if (headline === 'unknown') {
    return latestVersion.status === 'unknown'
      ? 'The reply may come from a proxy, or the endpoint may have changed its format.'
      : 'The version is shown as received, and not evaluated.';
  }
  if (headline === 'ahead') {
    // Stryker disable next-line OptionalChaining: there is a latest version that the installed one is ahead of
    return `The latest version is ${latest?.text}, the installed version is ${installed.text}.`;
  }
  const best = newestOf([goal, onDisk]);
  // Stryker disable next-line OptionalChaining: every step leads to one of the two
  return `The most up-to-date version is ${best?.text}, the installed version is ${installed.text}.`;
}

function messageOf(situation: VersionSituation, codes: readonly VerdictCode[]): string {
  const reason = unknownReason(situation);
  if (reason !== undefined) return reason;
  const [headline] = codes;
  if (headline === 'up-to-date') return UP_TO_DATE;
  return headline === 'ahead' ? AHEAD : NOT_UP_TO_DATE;
}

/** Returns the verdict for an installed version that cannot be compared. */
function incomparable(facts: Facts, name: string, { version }: LatestVersion): Verdict {
  const { installedVersion: installed, availableVersion: available } = facts;
  return {
    codes: ['unknown'],
    severity: 'WARN',
    message: `the installed version of "timescaledb" cannot be compared: "${installed}"`,
    sentence: unknownAdvice(name),
    installed,
    available,
    ...(version !== undefined && { latest: version }),
    advisories: [],
    asOf: AS_OF,
  };
}

/**
 * Compares a database with the latest version and with the published advisories, and says which upgrade is possible there
 * and who must do it. Unlike the extension, it never suggests a downgrade. Pure.
 *
 * @param name of the database in the target
 */
export function judge(latestVersion: LatestVersion, facts: Facts, name: string): Verdict {
  const installed = toVersion(facts.installedVersion);
  if (installed === undefined) return incomparable(facts, name, latestVersion);
  const situation = toSituation(latestVersion, facts, name, installed);
  const { goal, major, advisories } = situation;
  const codes = codesOf(situation);
  const hint = hintOf(situation, codes);
  const best = goal && reachable(goal, major);
  const behind = minorReleasesBehind(installed, best ?? installed);
  return {
    codes,
    severity: severityOf(codes, advisories),
    message: messageOf(situation, codes),
    ...(hint !== undefined && { hint }),
    sentence: adviceFor(situation, codes),
    installed: facts.installedVersion,
    available: facts.availableVersion,
    ...(latestVersion.version !== undefined && { latest: latestVersion.version }),
    ...(best !== undefined && { reachable: best.text }),
    ...(behind !== undefined && { versionsBehind: behind }),
    advisories: advisories.map(({ id }) => id),
    asOf: AS_OF,
  };
}
