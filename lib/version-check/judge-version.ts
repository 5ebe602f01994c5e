import type { Newest } from '../delivery/parse-reply.ts';
import type { Severity } from '../errors.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { compareVersions, isNewer, toVersion, type Version } from '../version.ts';
import { adviceFor, unknownAdvice } from './advice.ts';
import {
  type Advisory,
  AS_OF,
  advisoriesFor,
  fixedIn,
  majorOf,
  minorReleasesBehind,
  reachable,
} from './support-table.ts';

/**
 * What is to be done, or that nothing is. Part of the log's contract; never renamed.
 *
 * - `alter-extension`: a newer TimescaleDB is on the server's disk than in this database
 * - `template1-outdated`: the same of template1, from which databases are made
 * - `upgrade-package`: a newer one can be installed on this PostgreSQL
 * - `upgrade-postgresql-first`: the newest cannot
 * - `ahead`: installed is newer than what was named; a downgrade is never suggested
 * - `unknown`: what was named cannot be judged
 */
export type VerdictCode =
  | 'up-to-date'
  | 'alter-extension'
  | 'template1-outdated'
  | 'upgrade-package'
  | 'upgrade-postgresql-first'
  | 'ahead'
  | 'unknown';

/** What the version check concluded for one database, in the extension's own words where it has some. */
export interface Verdict {
  /** More than one may hold; the first is the headline. */
  readonly codes: readonly VerdictCode[];
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  /** Who does what, about which database. */
  readonly sentence: string;
  readonly installed: string;
  /** On the server's disk; null where PostgreSQL cannot list it. */
  readonly available: string | null;
  /** What was named as newest; absent unless it is a valid version text. */
  readonly latest?: string;
  /** The newest that this PostgreSQL can run. */
  readonly reachable?: string;
  /** Minor releases from the installed to the reachable one. */
  readonly versionsBehind?: number;
  /** Those that cover the installed version. */
  readonly advisories: readonly Advisory['id'][];
  /** The date of the tables that say what PostgreSQL runs, and of the advisories. */
  readonly asOf: string;
}

const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const NOT_UP_TO_DATE = 'the "timescaledb" extension is not up-to-date';
const AHEAD =
  'the installed "timescaledb" extension is newer than the newest version that the telemetry endpoint knows';

/** Everything that a verdict is made from. */
export interface Situation {
  /** As the target calls the database. */
  readonly name: string;
  readonly facts: Facts;
  readonly newest: Newest;
  readonly installed: Version;
  readonly onDisk: Version | undefined;
  /** What was named, where it can be compared. */
  readonly latest: Version | undefined;
  readonly advisories: readonly Advisory[];
  /** The newest that is worth having: what was named, or what fixes what is published. */
  readonly goal: Version | undefined;
  readonly major: string;
}

function newestOf(versions: readonly (Version | undefined)[]): Version | undefined {
  return versions
    .filter((version) => version !== undefined)
    .toSorted(compareVersions)
    .at(-1);
}

function situationOf(newest: Newest, facts: Facts, name: string, installed: Version): Situation {
  const { availableVersion, availableVersions, postgresqlVersion } = facts;
  // Stryker disable next-line StringLiteral: what is no version has no place among those on the disk
  const onDisk = newestOf([availableVersion ?? '', ...availableVersions].map(toVersion));
  // Stryker disable next-line StringLiteral: the same goes for what was named
  const latest = toVersion(newest.named ?? '');
  const advisories = advisoriesFor(installed);
  const wanted = newest.says === 'outdated' ? latest : undefined;
  const goal = newestOf([wanted, fixedIn(advisories)]);
  return {
    name,
    facts,
    newest,
    installed,
    onDisk,
    latest,
    advisories,
    goal: goal !== undefined && isNewer(goal, installed) ? goal : undefined,
    major: majorOf(postgresqlVersion),
  };
}

/** What would bring this database on. */
function stepsOf({ facts, installed, onDisk, goal, major }: Situation): readonly VerdictCode[] {
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

/** What the endpoint, or the operator, has named cannot be used. */
function whyUnknown({ newest, latest }: Pick<Situation, 'newest' | 'latest'>): string | undefined {
  if (newest.says === 'nothing') return newest.why;
  if (newest.says === 'outdated' && latest === undefined) {
    return `server did not return a comparable TimescaleDB version: "${newest.named}"`;
  }
  return undefined;
}

function codesOf(situation: Situation): readonly VerdictCode[] {
  const steps = stepsOf(situation);
  if (whyUnknown(situation) !== undefined) return ['unknown', ...steps];
  if (steps.length > 0) return steps;
  const { newest, latest, installed } = situation;
  const isAhead = newest.says === 'outdated' && isNewer(installed, latest);
  return [isAhead ? 'ahead' : 'up-to-date'];
}

function severityOf(codes: readonly VerdictCode[], advisories: readonly Advisory[]): Severity {
  if (advisories.length > 0) return 'ERROR';
  const [headline] = codes;
  return headline === 'up-to-date' || headline === 'ahead' ? 'INFO' : 'WARN';
}

function hintOf(situation: Situation, codes: readonly VerdictCode[]): string | undefined {
  const { installed, latest, onDisk, newest, goal } = situation;
  const [headline] = codes;
  if (headline === 'up-to-date') return undefined;
  if (headline === 'unknown') {
    return newest.says === 'nothing'
      ? 'What answered may be a proxy, or the endpoint may have changed its reply.'
      : 'It is shown as it came, and nothing follows from it.';
  }
  if (headline === 'ahead') {
    // Stryker disable next-line OptionalChaining: ahead of what was named
    return `${latest?.text} was named as the newest, the installed version is ${installed.text}.`;
  }
  const best = newestOf([goal, onDisk]);
  // Stryker disable next-line OptionalChaining: one of the two is what there is a step to
  return `The most up-to-date version is ${best?.text}, the installed version is ${installed.text}.`;
}

function messageOf(situation: Situation, codes: readonly VerdictCode[]): string {
  const why = whyUnknown(situation);
  if (why !== undefined) return why;
  const [headline] = codes;
  if (headline === 'up-to-date') return UP_TO_DATE;
  return headline === 'ahead' ? AHEAD : NOT_UP_TO_DATE;
}

/** An installed version that has no place in the order of versions: nothing can be said of it. */
function incomparable(facts: Facts, name: string, newest: Newest): Verdict {
  const { installedVersion: installed, availableVersion: available } = facts;
  return {
    codes: ['unknown'],
    severity: 'WARN',
    message: `the installed version of "timescaledb" cannot be compared: "${installed}"`,
    sentence: unknownAdvice(name),
    installed,
    available,
    ...(newest.named !== undefined && { latest: newest.named }),
    advisories: [],
    asOf: AS_OF,
  };
}

/**
 * How a database stands to the newest version that was named, what can be done about it here, and by whom. One rule is
 * ours and not the extension's: a downgrade is never suggested. Pure.
 *
 * @param name as the target calls the database
 */
export function judge(newest: Newest, facts: Facts, name: string): Verdict {
  const installed = toVersion(facts.installedVersion);
  if (installed === undefined) return incomparable(facts, name, newest);
  const situation = situationOf(newest, facts, name, installed);
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
    ...(newest.named !== undefined && { latest: newest.named }),
    ...(best !== undefined && { reachable: best.text }),
    ...(behind !== undefined && { versionsBehind: behind }),
    advisories: advisories.map(({ id }) => id),
    asOf: AS_OF,
  };
}
