import { isNewer, type Version } from '../version.ts';
import { comingBreak, isSameBranch, works } from './compatibility.ts';
import type { VersionSituation } from './situation.ts';

/** A version to install, and why it; without a reason it is the newest one that works. */
export interface Choice {
  readonly version: Version;
  readonly reason?: string;
}

const WITHOUT_PROBLEM =
  'has no known vulnerability and works on every known minor release of this PostgreSQL';

/** The installed version, or a newer one on the server's disk. */
function presentVersion({ onDisk, installed }: VersionSituation): Version {
  return onDisk !== undefined && isNewer(onDisk, installed) ? onDisk : installed;
}

/** The later PostgreSQL that breaks the jobs of a version. */
export function laterBreak(
  version: Version,
  { facts, data }: VersionSituation,
): string | undefined {
  return comingBreak(version, facts.postgresqlVersion, data)?.postgresqlVersion;
}

function newest({ best, facts }: VersionSituation): Choice | undefined {
  return (
    best && { version: best, reason: `is the newest for PostgreSQL ${facts.postgresqlVersion}` }
  );
}

/** Returns versions to install where jobs are broken or the installed version is vulnerable. */
function repairs(situation: VersionSituation): readonly (Choice | undefined)[] {
  const { fixes, installed } = situation;
  const lasting = fixes.lasting && { version: fixes.lasting, reason: WITHOUT_PROBLEM };
  if (fixes.jobs !== undefined) {
    const reason = 'is the smallest upgrade with which the jobs work';
    return [{ version: fixes.jobs, reason }, lasting ?? newest(situation)];
  }
  if (fixes.advisories === undefined) return [];
  if (lasting !== undefined && !isSameBranch(fixes.advisories, installed)) return [lasting];
  const reason = 'is the smallest upgrade that fixes this';
  return [{ version: fixes.advisories, reason }, lasting];
}

/**
 * Returns the version that repairs the jobs or, if they work, fixes the advisories: the smallest upgrade if the server's disk
 * has it, otherwise the first choice. Undefined if nothing is to be repaired, or no release does.
 */
export function repairOf(situation: VersionSituation): Version | undefined {
  const { fixes } = situation;
  const smallest = fixes.jobs ?? fixes.advisories;
  if (smallest === undefined || !isNewer(smallest, presentVersion(situation))) return smallest;
  return repairs(situation)[0]?.version;
}

/** Returns versions to install where nothing is to be repaired: the newest, unless a later PostgreSQL breaks its jobs. */
function updates(situation: VersionSituation): readonly (Choice | undefined)[] {
  const { best, fixes, facts } = situation;
  const later = best && laterBreak(best, situation);
  if (best === undefined || later === undefined) return [best && { version: best }];
  const reason = `is the newest for PostgreSQL ${facts.postgresqlVersion}, but PostgreSQL ${later} breaks its jobs`;
  return [
    fixes.lasting && { version: fixes.lasting, reason: WITHOUT_PROBLEM },
    { version: best, reason },
  ];
}

/** Returns the version to install and, if there is another good choice, that one. All are newer than those on the disk. */
export function choicesFor(situation: VersionSituation): readonly Choice[] {
  const present = presentVersion(situation);
  const upgradesIn = (choices: readonly (Choice | undefined)[]) =>
    choices
      .filter((choice) => choice !== undefined)
      .filter(({ version }) => isNewer(version, present));
  const repairing = upgradesIn(repairs(situation));
  const [first, second] = repairing.length > 0 ? repairing : upgradesIn(updates(situation));
  if (first === undefined) return [];
  if (second === undefined || second.version.text === first.version.text) {
    const isWorthSaying =
      first.reason === WITHOUT_PROBLEM || laterBreak(first.version, situation) !== undefined;
    return [isWorthSaying ? first : { version: first.version }];
  }
  return [first, second];
}

/**
 * Returns the version to upgrade to before the update of PostgreSQL that would break the jobs: a patch of the installed
 * branch or, if it has none, a version that is on the disk or recommended anyway.
 */
export function upgradeBeforePostgresql(situation: VersionSituation): Version | undefined {
  const { coming, fixes, installed, facts, data } = situation;
  if (coming === undefined || fixes.coming === undefined) return undefined;
  const present = presentVersion(situation);
  const isPatch = isSameBranch(fixes.coming, installed) && !isNewer(present, fixes.coming);
  if (isPatch) return fixes.coming;
  const candidates = [
    present,
    ...choicesFor(situation).map(({ version }) => version),
    fixes.lasting,
  ];
  const suitable = candidates.find(
    (version) =>
      version !== undefined &&
      isNewer(version, installed) &&
      [facts.postgresqlVersion, coming.postgresqlVersion].every((postgresql) =>
        works(version, postgresql, data),
      ),
  );
  return suitable ?? (isNewer(present, fixes.coming) ? undefined : fixes.coming);
}
