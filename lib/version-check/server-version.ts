import { toVersion, type Version } from '../version.ts';

/** Suffixes of TimescaleDB's own tags, all of which precede the release: `-dev`, `-beta1`, `-rc3-w`, `-p0`. */
const OWN_SUFFIX = /^-(alpha|beta|rc|dev|p\d|private-beta)[A-Za-z0-9.-]*$/;

/** The numbers of a version, and any suffix that does not continue them. */
const TOLERANT_FORM = /^[vV]?(\d{1,6}\.\d{1,6}(?:\.\d{1,6})?)(\D.*|$)/;

/** A version on a server: the release that it is based on, and what a packager or vendor has added. */
export interface ServerVersion {
  readonly version: Version;
  /** Whether the text is not TimescaleDB's own: `2.11.1-cloud`, `2.14.2+dfsg`, `2.9.1~ubuntu`, `v2.15.0`. */
  readonly isVendorBuild: boolean;
}

/**
 * Parses a version that a server names. The suffix of a packager or vendor does not change the place in the order, so that
 * an advisory about the release counts for its build, too. Undefined for a text without a release.
 */
export function toServerVersion(text: string): ServerVersion | undefined {
  const [, release, suffix = ''] = TOLERANT_FORM.exec(text) ?? [];
  if (release === undefined) return undefined;
  const isVendorBuild = /^v/i.test(text) || (suffix !== '' && !OWN_SUFFIX.test(suffix));
  const own = toVersion(isVendorBuild ? release : text);
  return own && { version: { text, order: own.order }, isVendorBuild };
}
