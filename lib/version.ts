import type { SemVer } from 'semver';
import parse from 'semver/functions/parse.js';

/**
 * Characters of a version, and at most 64 of them: `2.23.0-dev`, `2.14.2+dfsg`, `2.9.1~ubuntu`, `2.11.1-cloud`. A control
 * file, an update script or pg_extension can contain any text; no other text is printed or logged.
 */
const VERSION_TEXT = /^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$/;

export function isVersionText(text: string): boolean {
  return VERSION_TEXT.test(text);
}

/** A TimescaleDB version: its text, and its place in the order of versions. */
export interface Version {
  readonly text: string;
  readonly order: SemVer;
}

/** Two or three numbers and a suffix: `2.9.0-rc2`, `2.27.0-p0`, `2.23.0-dev`. */
const FORM = /^(\d{1,6}\.\d{1,6})(\.\d{1,6})?(-[A-Za-z0-9.-]+)?$/;

/**
 * Options of versions and ranges. semver parses the text of a version again if the options of a range differ from its own; a
 * verdict makes thousands of comparisons. Ranges also cover pre-releases: 2.29.1-rc1 lies in `<2.29.1`.
 */
export const SEMVER_OPTIONS = { includePrerelease: true, loose: true } as const;

/** Parses a version; undefined for a text that cannot be compared. */
export function toVersion(text: string): Version | undefined {
  const [, minor, patch = '.0', suffix = ''] = FORM.exec(text) ?? [];
  if (minor === undefined) return undefined;
  const order = parse(`${minor}${patch}${suffix}`, SEMVER_OPTIONS);
  return order === null ? undefined : { text, order };
}

/** Compares two versions, for sorting from the oldest to the newest. */
export function compareVersions(one: Version, other: Version): number {
  return one.order.compare(other.order);
}

export function isNewer(one: Version, other: Version): boolean {
  return compareVersions(one, other) > 0;
}
