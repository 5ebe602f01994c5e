import { isNewer } from '../version.ts';
import { incompatibilitiesOf, isBeyondData, isUnknownMajor } from './compatibility.ts';
import { STALE_AFTER_DAYS } from './release-data.ts';
import type { VersionSituation } from './situation.ts';

/** Names what else is known of the installed pair of versions. */
function pairNotes({ incompatibilities }: VersionSituation): readonly string[] {
  return incompatibilities
    .filter(({ effect }) => effect !== 'jobs-broken')
    .map(({ summary }) => `${summary}.`);
}

/** Names newer versions that must not be installed on this PostgreSQL, although its major is supported. */
function versionsToAvoid(situation: VersionSituation): readonly string[] {
  const { brokenOnDisk, goal, best, isMajorSupported, facts, data } = situation;
  const isGoalBroken = goal !== undefined && goal.text !== best?.text && isMajorSupported;
  const isGoalOnDisk = brokenOnDisk?.text === goal?.text;
  return [brokenOnDisk, isGoalBroken && !isGoalOnDisk ? goal : undefined].flatMap((version) => {
    if (version === undefined) return [];
    const place = version === brokenOnDisk ? ", which is on the server's disk" : '';
    const breaksJobs = incompatibilitiesOf(version, facts.postgresqlVersion, data).some(
      ({ effect }) => effect === 'jobs-broken',
    );
    const reason = breaksJobs
      ? `PostgreSQL ${facts.postgresqlVersion} breaks its scheduled jobs`
      : `it does not support PostgreSQL ${facts.postgresqlVersion}`;
    return [`do not update to TimescaleDB ${version.text}${place}: ${reason}.`];
  });
}

function contradictions({ latestVersion, latest, installed }: VersionSituation): readonly string[] {
  const contradicts =
    latestVersion.status === 'up-to-date' && latest !== undefined && isNewer(latest, installed);
  return contradicts
    ? [
        `the endpoint reports that ${installed.text} is up to date, and names ${latest.text}, which is newer.`,
      ]
    : [];
}

/** Names what the version data does not know. */
function limits({
  goal,
  data,
  installed,
  isVendorBuild,
  dataAgeDays,
  major,
}: VersionSituation): readonly string[] {
  return [
    ...(goal !== undefined && isBeyondData(goal, data)
      ? [
          `TimescaleDB ${goal.text} is newer than the version data of this project (${data.asOf}), so its PostgreSQL versions are not known.`,
        ]
      : []),
    ...(isUnknownMajor(major, data)
      ? [
          `PostgreSQL ${major} is newer than the version data (${data.asOf}), so which TimescaleDB versions support it is not known.`,
        ]
      : []),
    ...(isVendorBuild
      ? [
          `TimescaleDB ${installed.text} is a vendor's build. It is judged as the release that it is based on. What the vendor changed is not known.`,
        ]
      : []),
    ...(dataAgeDays > STALE_AFTER_DAYS
      ? [
          `the version data is from ${data.asOf}, ${dataAgeDays} days ago. Newer releases and advisories are not known.`,
        ]
      : []),
  ];
}

/** Returns what a reader of a verdict should know besides what to do: contradictions and limits of the verdict. */
export function notesOn(situation: VersionSituation): readonly string[] {
  return [
    ...pairNotes(situation),
    ...versionsToAvoid(situation),
    ...contradictions(situation),
    ...limits(situation),
  ];
}
