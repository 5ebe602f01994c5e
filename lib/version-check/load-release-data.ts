import { open } from 'node:fs/promises';
import validRange from 'semver/ranges/valid.js';
import { errorCodeOf } from '../errors.ts';
import { compareVersions, toVersion } from '../version.ts';
import { type ReleaseData, releaseDataSchema } from './release-data.ts';

/** Size limit of a file of version data; this project's own has 20 kB. */
const MAX_BYTES = 1_000_000;

/** Exact releases, and PostgreSQL's major versions: the forms that `data/version-data.ts` accepts. */
const RELEASE = /^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}$/;
const MAJOR = /^(9\.\d|\d{2})$/;

export interface LoadedReleaseData {
  readonly data: ReleaseData;
  /** Why the operator's file was not used, and what to do; two sentences or three. */
  readonly warning?: string;
}

/** A fault of the file: the end of a sentence that begins with the file. */
class Fault extends Error {}

/** Reads a regular file of limited size. */
async function readText(path: string): Promise<string> {
  await using file = await open(path);
  const status = await file.stat();
  if (!status.isFile()) throw new Fault('is not a file');
  if (status.size > MAX_BYTES) throw new Fault(`is larger than ${MAX_BYTES / 1_000_000} MB`);
  return new TextDecoder().decode(await file.readFile());
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw new Fault('is not JSON');
  }
}

function isRange(text: string): boolean {
  return text.trim() !== '' && validRange(text, { includePrerelease: true }) !== null;
}

function isAscending(releases: readonly string[]): boolean {
  const versions = releases.map(toVersion).filter((version) => version !== undefined);
  return versions.every((version, index) => {
    const previous = versions[index - 1];
    return previous === undefined || compareVersions(version, previous) > 0;
  });
}

/** Whether all texts are what the verdicts take them for, so that none of them throws later. */
function isConsistent(data: ReleaseData): boolean {
  const { releases, announced, incompatibilities, failedUpdates, advisories, securityFixes } = data;
  const listed = releases.flatMap(({ versions }) => versions);
  const named = [
    ...listed,
    ...announced,
    ...incompatibilities.flatMap(({ fixed }) => fixed),
    ...failedUpdates.flatMap(({ to, fixed }) => [to, fixed]),
    ...advisories.flatMap(({ fixed }) => fixed),
    ...securityFixes.map(({ release }) => release),
  ];
  const ranges = [
    ...incompatibilities.flatMap(({ timescaledb, postgresql }) => [timescaledb, postgresql]),
    ...advisories.map(({ affected }) => affected),
  ];
  return (
    !Number.isNaN(Date.parse(data.asOf)) &&
    listed.length > 0 &&
    named.every((version) => RELEASE.test(version)) &&
    isAscending(listed) &&
    releases.every(({ postgresql }) => postgresql.every((major) => MAJOR.test(major))) &&
    ranges.every(isRange)
  );
}

async function readReleaseData(path: string): Promise<ReleaseData> {
  const result = releaseDataSchema.safeParse(parseJson(await readText(path)));
  if (result.success && isConsistent(result.data)) return result.data;
  throw new Fault('does not have the form of version data');
}

function describeFault(thrown: unknown): string {
  if (thrown instanceof Fault) return thrown.message;
  const code = errorCodeOf(thrown);
  return code === undefined ? 'cannot be read' : `cannot be read (${code})`;
}

/**
 * Loads the operator's version data, and returns the newer of it and the bundled data; of two of the same day the
 * operator's. With a fault of the file, the bundled data is used and the warning says why; it never quotes the file.
 *
 * @param path of the file, relative to the function's code; undefined where the operator supplies none
 */
export async function loadReleaseData(
  path: string | undefined,
  bundled: ReleaseData,
): Promise<LoadedReleaseData> {
  if (path === undefined) return { data: bundled };
  const used = `The version check uses the bundled data of ${bundled.asOf}.`;
  try {
    const data = await readReleaseData(path);
    // Dates of ISO 8601 have the order of their texts.
    if (data.asOf >= bundled.asOf) return { data };
    return {
      data: bundled,
      warning: `The file that versionData names has data of ${data.asOf}, which is older than the bundled data. ${used} Replace the file, or remove versionData from the environment, and deploy again.`,
    };
  } catch (error) {
    return {
      data: bundled,
      warning: `The file that versionData names ${describeFault(error)}. ${used} Deploy the environment again: the deployment checks the file and ships it with the function.`,
    };
  }
}
