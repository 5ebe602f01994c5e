import { compare, gte } from 'semver';
import type { VersionData } from '../version-data.ts';

type Release = VersionData['releases'][number];

/** A release with a tag in TimescaleDB's repository. */
export type TaggedRelease = Required<Pick<Release, 'version' | 'date' | 'postgresql'>>;

/** An entry before and after an update. */
export interface ChangedRelease {
  readonly before: Release;
  readonly after: Release;
}

export interface Update {
  readonly data: VersionData;
  readonly added: readonly Release[];
  readonly changed: readonly ChangedRelease[];
  readonly unchanged: number;
  /** Entries with another source than the repository. */
  readonly fromOtherSources: readonly Release[];
  /** Entries that an earlier update wrote, and that have no tag now. */
  readonly lost: readonly Release[];
  /** The newest published release, where the repository lacks it: `asOf` stays as it is. */
  readonly missing: Release | undefined;
}

function isEqual(one: Release, other: Release): boolean {
  return (
    one.date === other.date &&
    one.postgresql.join() === other.postgresql.join() &&
    one.source === other.source &&
    one.announced === other.announced
  );
}

function byVersion(one: Release, other: Release): number {
  return compare(one.version, other.version);
}

/**
 * Updates the releases of version data from the tags of a repository. A tag's facts replace those of an entry, and the
 * entry's source. Entries without a tag, and everything else in the data, stay as they are. Pure.
 *
 * @param today becomes `asOf` if the repository has the newest published release, `YYYY-MM-DD`
 */
export function mergeReleases(
  data: VersionData,
  tagged: readonly TaggedRelease[],
  today: string,
): Update {
  const before = new Map(data.releases.map((release) => [release.version, release]));
  const tags = new Set(tagged.map(({ version }) => version));
  const after = tagged.map(({ version, date, postgresql }) => ({ version, date, postgresql }));
  const replaced = after.flatMap((release) => {
    const old = before.get(release.version);
    return old === undefined ? [] : [{ before: old, after: release }];
  });
  const untagged = data.releases.filter(({ version }) => !tags.has(version));
  const newest = data.releases
    .filter(({ announced }) => announced !== true)
    .toSorted(byVersion)
    .at(-1);
  const isCurrent =
    newest === undefined || tagged.some(({ version }) => gte(version, newest.version));
  const changed = replaced.filter((pair) => !isEqual(pair.before, pair.after));
  return {
    data: {
      ...data,
      asOf: isCurrent && today > data.asOf ? today : data.asOf,
      releases: [...after, ...untagged].toSorted(byVersion),
    },
    added: after.filter(({ version }) => !before.has(version)).toSorted(byVersion),
    changed: changed.toSorted((one, other) => byVersion(one.after, other.after)),
    unchanged: replaced.length - changed.length,
    fromOtherSources: untagged.filter(({ source }) => source !== undefined),
    lost: untagged.filter(({ source }) => source === undefined),
    missing: isCurrent ? undefined : newest,
  };
}
