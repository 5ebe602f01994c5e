import { compareVersions, type Version } from '../version.ts';
import { comingBreak, isBeyondData, majorsFor, toRelease, works } from './compatibility.ts';
import type { VerdictCode } from './judge-version.ts';
import { notesOn } from './notes.ts';
import { choicesFor, laterBreak, upgradeBeforePostgresql } from './recommendation.ts';
import type { Advisory, Incompatibility } from './release-data.ts';
import type { VersionSituation } from './situation.ts';

function listed(items: readonly string[], word = 'and'): string {
  const [last = '', ...others] = items.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} ${word} ${last}`;
}

/** Says that the update to the version on the disk can fail. */
function failingUpdate({ onDisk, data, facts }: VersionSituation): string {
  const failing = data.failedUpdates.find(
    ({ to }) => onDisk !== undefined && compareVersions(toRelease(to), onDisk) === 0,
  );
  if (failing === undefined) return '';
  const isWithinReach = works(toRelease(failing.fixed), facts.postgresqlVersion, data);
  const fix = isWithinReach ? ` The problem is fixed in ${failing.fixed}.` : '';
  return ` This update can fail: ${failing.summary}.${fix}`;
}

function alterClause(situation: VersionSituation): string {
  const { facts, onDisk } = situation;
  const isDefault = onDisk?.text === facts.availableVersion;
  const statement = `ALTER EXTENSION timescaledb UPDATE${isDefault ? '' : ` TO '${onDisk?.text}'`}`;
  const later = onDisk && laterBreak(onDisk, situation);
  const limit = later === undefined ? '' : `, but PostgreSQL ${later} breaks its jobs`;
  const [place, disk] = facts.standby
    ? [
        ' on the primary',
        "this standby's disk, and must be on the disks of the primary and of its other standbys",
      ]
    : ['', "the server's disk"];
  return `the extension's owner must run ${statement}${place} as the first statement of a new session. TimescaleDB ${onDisk?.text} is already on ${disk}${limit}.${failingUpdate(situation)}`;
}

function packageClause(situation: VersionSituation): string {
  const choices = choicesFor(situation).map(
    ({ version, reason }) =>
      `TimescaleDB ${version.text}${reason === undefined ? '' : `, which ${reason}`}`,
  );
  return situation.facts.standby
    ? `the administrator must install ${choices.join(', or ')} on the primary and its standbys. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE on the primary, in each of its databases.`
    : `the server's administrator must install ${choices.join(', or ')}. Then the extension's owner must run ALTER EXTENSION timescaledb UPDATE in each of the server's databases.`;
}

/** An upgrade of PostgreSQL needs the same TimescaleDB version before and after it. */
function upgradePath(goal: Version, best: Version, { data, major }: VersionSituation): string {
  const majors = majorsFor(best, data);
  const isDirect = majorsFor(goal, data).some((major) => majors.includes(major));
  if (isDirect || majors.at(-1) === major) return '';
  return ` No PostgreSQL version runs both TimescaleDB ${best.text} and ${goal.text}, so the upgrade takes several steps. The next step is PostgreSQL ${majors.at(-1)} with TimescaleDB ${best.text}.`;
}

function postgresqlClause(situation: VersionSituation): string {
  const { goal, major, data, installed, best = installed, facts } = situation;
  if (goal === undefined) return '';
  const needed = isBeyondData(goal, data)
    ? 'a newer PostgreSQL'
    : `PostgreSQL ${listed(majorsFor(goal, data), 'or')}`;
  const breaking = majorsFor(goal, data).flatMap(
    (one) => comingBreak(goal, `${one}.0`, data)?.postgresqlVersion ?? [],
  );
  const limit =
    breaking.length === 0
      ? ''
      : ` PostgreSQL ${listed(breaking)} ${breaking.length === 1 ? 'breaks' : 'break'} its scheduled jobs.`;
  return `TimescaleDB ${goal.text} needs ${needed}.${limit} The server runs PostgreSQL ${major}, whose latest TimescaleDB is ${best.text}. The server's administrator must upgrade PostgreSQL first${facts.standby ? ', on the primary and its standbys' : ''}.${upgradePath(goal, best, situation)}`;
}

/** Names the announced releases among those that fix an incompatibility. */
function announcedFixes({ data }: VersionSituation, { fixed }: Incompatibility): string {
  const announced = data.announced.filter((release) => fixed.includes(release));
  return announced.length > 0 ? ` TimescaleDB ${listed(announced)} is announced.` : '';
}

/** Says how many jobs fail, which the version data alone cannot know. */
function failingJobs({ facts: { jobHealth } }: VersionSituation): string {
  if (jobHealth === null || jobHealth.failing === 0) return '';
  const { failing, scheduled, oldestFailure } = jobHealth;
  const verb = failing === 1 ? 'fails' : 'fail';
  const since =
    oldestFailure === null ? '' : `, one without success since ${oldestFailure.slice(0, 10)}`;
  return `${failing} of ${scheduled} jobs ${verb}${since}. `;
}

function brokenJobsClause(situation: VersionSituation): string {
  const { brokenJobs, fixes, facts, installed } = situation;
  if (brokenJobs === undefined) return '';
  const fix =
    fixes.jobs === undefined
      ? `No published release newer than ${installed.text} is known to work on it.${announcedFixes(situation, brokenJobs)}`
      : `TimescaleDB ${fixes.jobs.text} works on it.`;
  return `PostgreSQL ${facts.postgresqlVersion} breaks every scheduled job of TimescaleDB ${installed.text}: ${brokenJobs.summary}. ${failingJobs(situation)}${fix}`;
}

function comingClause(situation: VersionSituation): string {
  const { coming, installed } = situation;
  if (coming === undefined) return '';
  const { postgresqlVersion: later, incompatibility } = coming;
  const upgrade = upgradeBeforePostgresql(situation);
  const fix =
    upgrade === undefined
      ? `Do not update PostgreSQL to ${later} or later yet. No published release is known to work on both.${announcedFixes(situation, incompatibility)}`
      : `TimescaleDB ${upgrade.text} works on both. Upgrade TimescaleDB before PostgreSQL.`;
  return `PostgreSQL ${later} breaks every scheduled job of TimescaleDB ${installed.text}: ${incompatibility.summary}. ${fix}`;
}

function securityClause({ securityFixes, installed, fixes, facts }: VersionSituation): string {
  const releases = securityFixes.map(({ release, summary }) => `${release} (${summary})`);
  const verb = releases.length === 1 ? 'has' : 'have';
  const reach =
    fixes.security === undefined
      ? ` No published release with all of them is known to work on PostgreSQL ${facts.postgresqlVersion}.`
      : ` TimescaleDB ${fixes.security.text} has them and works on PostgreSQL ${facts.postgresqlVersion}.`;
  return `TimescaleDB ${listed(releases)} ${verb} security fixes without a published advisory. Assume that ${installed.text} lacks them.${reach}`;
}

const UNKNOWN = 'the installed version cannot be compared with the latest version.';

/** Clauses that follow the name of the database. */
const CLAUSES: Readonly<Record<VerdictCode, (situation: VersionSituation) => string>> = {
  'jobs-broken': brokenJobsClause,
  'up-to-date': () => 'no action needed.',
  ahead: () =>
    'no action needed. The database runs a development build, or the latest version that was named is old.',
  unknown: () => UNKNOWN,
  'alter-extension': alterClause,
  'template1-outdated': ({ installed }) =>
    `this database is template1, so new databases start with TimescaleDB ${installed.text} until then.`,
  'upgrade-package': packageClause,
  'upgrade-postgresql-first': postgresqlClause,
  'upgrade-before-postgresql-minor': comingClause,
  'security-fixes-available': securityClause,
};

function describeAdvisory({ id, summary, fixed }: Advisory): string {
  const detail = summary === undefined ? '' : ` (${summary})`;
  return `${id}${detail} is fixed in ${listed(fixed)}`;
}

/** Names the advisories that affect the installed version, and whether this PostgreSQL can run a fix. */
function advisoryClauses({
  installed,
  advisories,
  fixes,
  facts,
  isVendorBuild,
}: VersionSituation): readonly string[] {
  if (advisories.length === 0) return [];
  const reach =
    fixes.advisories === undefined
      ? `. PostgreSQL ${facts.postgresqlVersion} cannot run a release with all fixes`
      : '';
  const vendor = isVendorBuild ? ', unless its vendor has fixed it' : '';
  return [
    `TimescaleDB ${installed.text} has a published vulnerability${vendor}: ${listed(advisories.map(describeAdvisory))}${reach}.`,
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
  const clauses = codes.map((code) => [code, CLAUSES[code](situation)] as const);
  const isJobs = ([code]: (typeof clauses)[number]) => code === 'jobs-broken';
  return toAdvice(situation.name, [
    ...clauses.filter(isJobs).map(([, clause]) => clause),
    ...advisoryClauses(situation),
    ...clauses.filter((clause) => !isJobs(clause)).map(([, clause]) => clause),
    ...notesOn(situation),
  ]);
}
