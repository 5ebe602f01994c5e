import type { VerdictCode } from './judge-version.ts';
import { upgradeBeforePostgresql } from './recommendation.ts';
import { newestOf, type VersionSituation } from './situation.ts';

const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const NOT_UP_TO_DATE = 'the "timescaledb" extension is not up-to-date';
const AHEAD =
  'the installed "timescaledb" extension is newer than the latest version that the telemetry endpoint names';
const SECURITY_FIXES =
  'a newer TimescaleDB release has security fixes without a published advisory';

/** Returns why there is no latest version to compare with. */
export function unknownReason({ latestVersion, latest }: VersionSituation): string | undefined {
  if (latestVersion.status === 'unknown') return latestVersion.reason;
  if (latestVersion.status === 'outdated' && latest === undefined) {
    return `server did not return a comparable TimescaleDB version: "${latestVersion.version}"`;
  }
  return undefined;
}

/** Message and hint of a verdict: the extension's own words where it has some. */
interface Headline {
  readonly message: string;
  readonly hint?: string;
}

function unknownHeadline(situation: VersionSituation): Headline {
  return {
    message: unknownReason(situation) ?? '',
    hint:
      situation.latestVersion.status === 'unknown'
        ? 'The reply may come from a proxy, or the endpoint may have changed its format.'
        : 'The version is shown as received, and not evaluated.',
  };
}

function outdatedHeadline({ goal, onDisk, installed }: VersionSituation): Headline {
  const best = newestOf([goal, onDisk]);
  return {
    message: NOT_UP_TO_DATE,
    // Stryker disable next-line OptionalChaining: every step leads to one of the two
    hint: `The most up-to-date version is ${best?.text}, the installed version is ${installed.text}.`,
  };
}

function brokenJobsHeadline({ facts, installed, fixes }: VersionSituation): Headline {
  return {
    message: `PostgreSQL ${facts.postgresqlVersion} breaks every scheduled job of TimescaleDB ${installed.text}`,
    hint:
      fixes.jobs === undefined
        ? 'No published release is known to work on this PostgreSQL.'
        : `TimescaleDB ${fixes.jobs.text} works on it.`,
  };
}

function comingHeadline(situation: VersionSituation): Headline {
  const { coming, installed } = situation;
  const later = coming?.postgresqlVersion;
  const upgrade = upgradeBeforePostgresql(situation);
  return {
    message: `PostgreSQL ${later} breaks every scheduled job of TimescaleDB ${installed.text}`,
    hint:
      upgrade === undefined
        ? `Do not update PostgreSQL to ${later} or later yet.`
        : `Upgrade TimescaleDB to ${upgrade.text} before PostgreSQL.`,
  };
}

function aheadHeadline({ latest, installed }: VersionSituation): Headline {
  return {
    message: AHEAD,
    // Stryker disable next-line OptionalChaining: there is a latest version that the installed one is ahead of
    hint: `The latest version is ${latest?.text}, the installed version is ${installed.text}.`,
  };
}

function securityHeadline({ installed, fixes, facts }: VersionSituation): Headline {
  return {
    message: SECURITY_FIXES,
    hint:
      fixes.security === undefined
        ? `No published release with them is known to work on PostgreSQL ${facts.postgresqlVersion}.`
        : `The smallest upgrade with them is ${fixes.security.text}, the installed version is ${installed.text}.`,
  };
}

const HEADLINES: Readonly<Record<VerdictCode, (situation: VersionSituation) => Headline>> = {
  'jobs-broken': brokenJobsHeadline,
  'up-to-date': () => ({ message: UP_TO_DATE }),
  ahead: aheadHeadline,
  unknown: unknownHeadline,
  'alter-extension': outdatedHeadline,
  'template1-outdated': outdatedHeadline,
  'upgrade-package': outdatedHeadline,
  'upgrade-postgresql-first': outdatedHeadline,
  'upgrade-before-postgresql-minor': comingHeadline,
  'security-fixes-available': securityHeadline,
};

/** Returns message and hint for the first code of a verdict. Pure. */
export function headlineOf(code: VerdictCode, situation: VersionSituation): Headline {
  return HEADLINES[code](situation);
}
