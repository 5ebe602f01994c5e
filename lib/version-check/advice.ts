import { isNewer, type Version } from '../version.ts';
import type { VerdictCode } from './judge-version.ts';
import type { VersionSituation } from './situation.ts';
import { AS_OF, fixedIn, isBeyondTable, majorsFor, reachable } from './support-table.ts';

function listed(items: readonly string[], word: string): string {
  const [last = '', ...others] = items.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} ${word} ${last}`;
}

function alterClause({ facts, onDisk }: VersionSituation): string {
  const isDefault = onDisk?.text === facts.availableVersion;
  const statement = `ALTER EXTENSION timescaledb UPDATE${isDefault ? '' : ` TO '${onDisk?.text}'`}`;
  return `the extension's owner must run ${statement} as the first statement of a new session. TimescaleDB ${onDisk?.text} is already on the server's disk.`;
}

function packageClause({ goal, major }: VersionSituation): string {
  const version = goal && reachable(goal, major).text;
  return `the server's administrator must install TimescaleDB ${version}. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE in each of the server's databases.`;
}

/** An upgrade of PostgreSQL needs the same TimescaleDB version before and after it. */
function upgradePath(goal: Version, best: Version): string {
  const majors = majorsFor(best);
  const isDirect = majorsFor(goal).some((major) => majors.includes(major));
  if (isDirect) return '';
  return ` No PostgreSQL version runs both TimescaleDB ${best.text} and ${goal.text}, so the upgrade takes several steps. The next step is PostgreSQL ${majors.at(-1)} with TimescaleDB ${best.text}.`;
}

function postgresqlClause({ goal, major }: VersionSituation): string {
  if (goal === undefined) return '';
  const best = reachable(goal, major);
  const needed = isBeyondTable(goal)
    ? 'a newer PostgreSQL'
    : `PostgreSQL ${listed(majorsFor(goal), 'or')}`;
  return `TimescaleDB ${goal.text} needs ${needed}. The server runs PostgreSQL ${major}, whose latest TimescaleDB is ${best.text}. The server's administrator must upgrade PostgreSQL first.${upgradePath(goal, best)}`;
}

const UNKNOWN = 'the installed version cannot be compared with the latest version.';

/** Clauses that follow the name of the database. */
const CLAUSES: Readonly<Record<VerdictCode, (situation: VersionSituation) => string>> = {
  'up-to-date': () => 'no action needed.',
  ahead: () =>
    'no action needed. The database runs a development build, or the latest version that was named is old.',
  unknown: () => UNKNOWN,
  'alter-extension': alterClause,
  'template1-outdated': ({ installed }) =>
    `this database is template1, so new databases start with TimescaleDB ${installed.text} until then.`,
  'upgrade-package': packageClause,
  'upgrade-postgresql-first': postgresqlClause,
};

/** Names the advisories that affect the installed version, and whether this PostgreSQL can run the fix. */
function advisoryClauses({ installed, advisories, major }: VersionSituation): readonly string[] {
  const fix = fixedIn(advisories);
  if (fix === undefined) return [];
  const isOutOfReach = isNewer(fix, reachable(fix, major));
  const reach = isOutOfReach ? `, and PostgreSQL ${major} cannot run ${fix.text}` : '';
  const fixes = listed(
    advisories.map(({ sentence }) => sentence),
    'and',
  );
  return [`TimescaleDB ${installed.text} has a published vulnerability: ${fixes}${reach}.`];
}

/** Names contradictions and limits of the verdict. */
function additionalNotes({
  latestVersion,
  latest,
  installed,
  goal,
}: VersionSituation): readonly string[] {
  const contradicts =
    latestVersion.status === 'up-to-date' && latest !== undefined && isNewer(latest, installed);
  return [
    ...(contradicts
      ? [
          `the endpoint reports that ${installed.text} is up to date, and names ${latest.text}, which is newer.`,
        ]
      : []),
    ...(goal !== undefined && isBeyondTable(goal)
      ? [
          `TimescaleDB ${goal.text} is newer than the support table of this project (${AS_OF}), so its PostgreSQL versions are not known.`,
        ]
      : []),
  ];
}

function toAdvice(name: string, [first = '', ...others]: readonly string[]): string {
  const sentences = others.map((clause) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`);
  return [`${name}: ${first}`, ...sentences].join(' ');
}

/** Returns the advice for a database whose installed version cannot be compared. */
export function unknownAdvice(name: string): string {
  return toAdvice(name, [UNKNOWN]);
}

/** Describes who must do what for a database, and why. Pure. */
export function adviceFor(situation: VersionSituation, codes: readonly VerdictCode[]): string {
  return toAdvice(situation.name, [
    ...advisoryClauses(situation),
    ...codes.map((code) => CLAUSES[code](situation)),
    ...additionalNotes(situation),
  ]);
}
