import { Option } from 'commander';
import { toVersion } from '../../lib/version.ts';

/** Creates the option that names the newest version of a verdict without an endpoint. */
export function latestVersionOption(): Option {
  return new Option(
    '--latest-version <version>',
    'the newest TimescaleDB to compare with, instead of the newest that this project knows',
  );
}

/** Returns the value of the option, and adds a problem if it is not a version. */
export function readLatestVersion(
  { latestVersion }: { readonly latestVersion?: string },
  problems: string[],
): string | undefined {
  if (latestVersion !== undefined && toVersion(latestVersion) === undefined) {
    problems.push('--latest-version must be a version of TimescaleDB, such as 2.32.0');
  }
  return latestVersion;
}
