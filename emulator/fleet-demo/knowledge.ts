import { parseVersionData } from '../../data/check-version-data.ts';
import { toReleaseData } from '../../data/release-data.ts';
import file from '../../data/timescaledb.json' with { type: 'json' };
import type { VersionData } from '../../data/version-data.ts';
import { compareVersions, toVersion } from '../../lib/version.ts';
import type { ReleaseData } from '../../lib/version-check/release-data.ts';

const DATA: VersionData = parseVersionData(file);

/** The last day of the simulation: the day of the version data. */
export const LAST_DATE = DATA.asOf;

/** Days from the release of a fix to its advisory. The data has no dates of advisories, so the simulation assumes one. */
const ADVISORY_DELAY_DAYS = 45;

const DAY_MS = 86_400_000;

/** Adds days to a date such as `2026-11-28`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Days before the last one on which the simulation publishes the releases whose dates are not known. */
const UNDATED_DAYS = 8;

const DATES: ReadonlyMap<string, string> = new Map(
  DATA.releases.map(({ version, date }) => [version, date ?? addDays(LAST_DATE, -UNDATED_DAYS)]),
);

function isReleased(version: string, date: string): boolean {
  return (DATES.get(version) ?? '9999') <= date;
}

function isPublished({ affected }: VersionData['advisories'][number], date: string): boolean {
  const events = affected.flatMap(({ ranges }) => ranges.flatMap((range) => range.events));
  return events.some(
    (event) =>
      'fixed' in event &&
      DATES.has(event.fixed) &&
      addDays(DATES.get(event.fixed) ?? date, ADVISORY_DELAY_DAYS) <= date,
  );
}

/** Returns the version data as they could have been on a day: without the releases, fixes and advisories that followed. */
export function knowledgeOn(date: string): ReleaseData {
  return toReleaseData({
    ...DATA,
    asOf: date,
    releases: DATA.releases
      .filter(({ version }) => isReleased(version, date))
      .map(({ announced: _announced, ...release }) => release),
    incompatibilities: DATA.incompatibilities.filter(({ fixed }) =>
      fixed.some((version) => isReleased(version, date)),
    ),
    failedUpdates: DATA.failedUpdates.filter(({ fixed }) => isReleased(fixed, date)),
    advisories: DATA.advisories.filter((advisory) => isPublished(advisory, date)),
    notes: DATA.notes.filter(({ release }) => isReleased(release, date)),
  });
}

/** All releases, the newest first. */
const RELEASES = DATA.releases
  .flatMap(({ version, postgresql }) => {
    const comparable = toVersion(version);
    return comparable === undefined ? [] : [{ comparable, version, postgresql }];
  })
  .toSorted((one, other) => compareVersions(other.comparable, one.comparable));

/** Returns the newest release of a day, optionally for one major version of PostgreSQL. */
export function newestOn(date: string, major?: string): string {
  const newest = RELEASES.find(({ version, postgresql }) => {
    return isReleased(version, date) && (major === undefined || postgresql.includes(major));
  });
  return newest?.version ?? '';
}
