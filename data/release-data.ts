import type { ReleaseData } from '../lib/version-check/release-data.ts';
import { parseVersionData } from './check-version-data.ts';
import file from './timescaledb.json' with { type: 'json' };
import type { VersionData } from './version-data.ts';

type Release = VersionData['releases'][number];
type Events = VersionData['advisories'][number]['affected'][number]['ranges'][number]['events'];

/** Groups consecutive releases that support the same PostgreSQL majors. */
function groupReleases(releases: readonly Release[]): ReleaseData['releases'] {
  const groups: ReleaseData['releases'] = [];
  for (const { version, postgresql } of releases) {
    const last = groups.at(-1);
    if (last?.postgresql.join() === postgresql.join()) last.versions.push(version);
    else groups.push({ versions: [version], postgresql });
  }
  return groups;
}

/** Converts the events of OSV to a range in semver's syntax: introduced and fixed in turn. */
function toRange(events: Events): string {
  const bounds = events.map((event) =>
    'fixed' in event
      ? `<${event.fixed}`
      : `>=${event.introduced === '0' ? '0.0.0' : event.introduced}`,
  );
  return bounds.join(' ').replaceAll(/ (?=>=)/g, ' || ');
}

function fixesOf(events: Events): readonly string[] {
  return events.flatMap((event) => ('fixed' in event ? event.fixed : []));
}

function toAdvisory({
  id,
  aliases = [],
  summary,
  affected,
}: VersionData['advisories'][number]): ReleaseData['advisories'][number] {
  const ranges = affected.flatMap(({ ranges: all }) => all.map(({ events }) => events));
  const named = [...aliases, ...(summary === undefined ? [] : [summary])].join(': ');
  return {
    id,
    ...(named !== '' && { summary: named }),
    affected: ranges.map(toRange).join(' || '),
    fixed: ranges.flatMap(fixesOf),
  };
}

/** Reduces a file of version data to what the version check needs. Pure. */
export function toReleaseData(data: VersionData): ReleaseData {
  const { asOf, releases, incompatibilities, failedUpdates, advisories, notes } = data;
  return {
    asOf,
    releases: groupReleases(releases.filter(({ announced }) => announced !== true)),
    announced: releases.filter(({ announced }) => announced === true).map(({ version }) => version),
    incompatibilities: incompatibilities.map(
      ({ timescaledb, postgresql, effect, summary, fixed }) => ({
        timescaledb,
        postgresql,
        effect,
        summary,
        fixed,
      }),
    ),
    failedUpdates: failedUpdates.map(({ to, summary, fixed }) => ({ to, summary, fixed })),
    advisories: advisories.map(toAdvisory),
    securityFixes: notes.map(({ release, summary }) => ({ release, summary })),
  };
}

/** The release data of this version of the project. A bundle contains its value, not this file. */
export const RELEASE_DATA: ReleaseData = toReleaseData(parseVersionData(file));
