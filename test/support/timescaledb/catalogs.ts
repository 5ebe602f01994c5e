import gte from 'semver/functions/gte.js';

/** Releases whose catalogs the tests create by hand (see installation-script.ts). */
export const HANDMADE_RELEASES = [
  '0.12.1',
  '1.2.2',
  '1.3.2',
  '1.4.2',
  '1.5.1',
  '1.7.5',
  '2.0.2',
  '2.5.2',
  '2.6.1',
  '2.8.1',
  '2.9.3',
  '2.10.3',
  '2.13.1',
  '2.14.2',
  '2.23.1',
  '2.28.3',
  '2.29.2',
] as const;

/** More releases on either side of a change in the catalogs or in the report. */
export const BOUNDARY_RELEASES = [
  '1.2.0',
  '1.3.1',
  '1.4.0',
  '1.5.0',
  '1.7.2',
  '1.7.3',
  '2.0.0',
  '2.1.1',
  '2.4.2',
  '2.6.0',
  '2.7.0',
  '2.7.1',
  '2.8.0',
  '2.9.0',
  '2.10.0',
  '2.10.2',
  '2.11.2',
  '2.12.0',
  '2.13.0',
  '2.14.0',
  '2.15.0',
  '2.15.1',
  '2.17.0',
  '2.24.0',
  '2.25.0',
  '2.27.2',
  '2.28.0',
  '2.29.0',
  '2.31.2',
  '2.32.0',
] as const;
export type HandmadeRelease =
  | (typeof HANDMADE_RELEASES)[number]
  | (typeof BOUNDARY_RELEASES)[number];

/** Whether a release is between `since` and `until`, both included. */
export function has(release: HandmadeRelease, since: string, until = '99.0.0'): boolean {
  return gte(release, since) && gte(until, release);
}

/** Returns the texts that apply to a release; each may have a first and a last release. */
export function spans(
  release: HandmadeRelease,
  lines: readonly (readonly [text: string, since?: string, until?: string])[],
): string[] {
  return lines
    .filter(([, since = '0.0.0', until]) => has(release, since, until))
    .map(([text]) => text);
}

/** Returns the schema of a release's job catalog. */
export function jobSchema(
  release: HandmadeRelease,
): '_timescaledb_config' | '_timescaledb_catalog' {
  return has(release, '2.25.0') ? '_timescaledb_catalog' : '_timescaledb_config';
}

/** Returns the schema of a release's own functions, including policies. */
export function functionsSchemaOf(
  release: HandmadeRelease,
): '_timescaledb_functions' | '_timescaledb_internal' {
  return has(release, '2.12.0') ? '_timescaledb_functions' : '_timescaledb_internal';
}

/** Returns the name of a release's metadata table, which changed twice. */
export function metadataTableOf(release: HandmadeRelease): string {
  if (has(release, '1.4.0')) return '_timescaledb_catalog.metadata';
  return has(release, '1.3.0')
    ? '_timescaledb_catalog.telemetry_metadata'
    : '_timescaledb_catalog.installation_metadata';
}
