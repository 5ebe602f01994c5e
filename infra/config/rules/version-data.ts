import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { transformSync } from 'esbuild';
import { parseVersionData, versionDataProblems } from '../../../data/check-version-data.ts';
import { RELEASE_DATA, toReleaseData } from '../../../data/release-data.ts';
import type { VersionData } from '../../../data/version-data.ts';
import { escapeUnprintable } from '../../../lib/config/printable.ts';
import { errorCodeOf } from '../../../lib/errors.ts';
import { displayPath } from '../folders.ts';
import { describeMessage, isBuildFailure } from '../import-problems.ts';

/** Size limit of a file of version data; the functions read no more. */
const MAX_BYTES = 1_000_000;
/** Maximum number of problems listed of one file: one cause can affect every release. */
const MAX_PROBLEMS = 20;
const DAY_MS = 24 * 3_600_000;

/** Version data of an environment's own, checked and reduced to what its functions need. */
export interface OwnVersionData {
  /** Path as the environment names it. */
  readonly path: string;
  /** Day of the last comparison with the sources. */
  readonly asOf: string;
  readonly ageDays: number;
  /** The file that is deployed with the functions. */
  readonly json: string;
}

function describeSize(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Reads a file; returns a problem if that is not possible. */
function readText(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    const status = statSync(file);
    if (status.isDirectory()) return { problem: 'is a folder; set the path of a JSON file' };
    if (!status.isFile()) return { problem: 'is not a regular file; set the path of a JSON file' };
    if (status.size > MAX_BYTES) {
      return {
        problem: `has ${describeSize(status.size)}, but the limit is ${describeSize(MAX_BYTES)}; set the path of a file of version data`,
      };
    }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    const code = errorCodeOf(error);
    return code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      ? { problem: 'is not in UTF-8; save it as UTF-8' }
      : {
          problem: `cannot be read (${code}); set the path of a JSON file, relative to the environment's file`,
        };
  }
}

/** Returns syntax errors and duplicate keys with their places. JSON.parse accepts duplicates, and often names no place. */
function syntaxProblems(file: string, text: string): readonly string[] {
  try {
    const { warnings } = transformSync(text, {
      loader: 'json',
      sourcefile: file,
      logLevel: 'silent',
    });
    return warnings.map(describeMessage);
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    return error.errors.map(describeMessage);
  }
}

function parseJson(
  file: string,
  text: string,
): { readonly value: unknown } | { readonly problems: readonly string[] } {
  const problems = syntaxProblems(file, text);
  if (problems.length > 0) return { problems };
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch (error) {
    // esbuild also accepts JavaScript's other white space, such as a no-break space.
    const message = error instanceof Error ? error.message : 'invalid JSON';
    return { problems: [`${displayPath(file)}: ${message}`] };
  }
}

/** Checks the content of a file; returns its problems, with the file's path, if there are any. */
function parseData(
  path: string,
  file: string,
  text: string,
  now: number,
): VersionData | { readonly problems: readonly string[] } {
  const parsed = parseJson(file, text);
  if ('problems' in parsed) return parsed;
  const { value } = parsed;
  const problems = versionDataProblems(value).map((problem) => `${path} ${problem}`);
  if (problems.length > 0) return { problems };
  const data = parseVersionData(value);
  const { asOf } = data;
  // A day of tolerance for time zones.
  if (Date.parse(asOf) > now + DAY_MS)
    return { problems: [`${path} asOf: ${asOf} is in the future`] };
  return asOf < RELEASE_DATA.asOf
    ? {
        problems: [
          `${path} asOf: ${asOf} is older than the bundled data, which is of ${RELEASE_DATA.asOf}; update the file, or remove versionData`,
        ],
      }
    : data;
}

/**
 * Reads and checks the version data that an environment supplies. Returns undefined if it supplies none, or if there is a
 * problem.
 *
 * @param path relative to the environment's folder
 * @param problems gets what is wrong with the file
 */
export function readVersionData(
  path: string | undefined,
  { folder, now }: { readonly folder: string; readonly now: number },
  problems: string[],
): OwnVersionData | undefined {
  if (path === undefined) return undefined;
  const file = resolve(folder, path);
  const read = readText(file);
  if ('problem' in read) {
    problems.push(`versionData: ${path} ${read.problem}`);
    return undefined;
  }
  const data = parseData(path, file, read.text, now);
  if ('problems' in data) {
    const { problems: found } = data;
    const more = found.length - MAX_PROBLEMS;
    problems.push(
      ...found
        .slice(0, MAX_PROBLEMS)
        .map((problem) => `versionData: ${escapeUnprintable(problem)}`),
      ...(more > 0 ? [`versionData: ${path} has ${more} more problems`] : []),
    );
    return undefined;
  }
  return {
    path,
    asOf: data.asOf,
    ageDays: Math.floor((now - Date.parse(data.asOf)) / DAY_MS),
    json: JSON.stringify(toReleaseData(data)),
  };
}
