import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { parseVersionData, versionDataProblems } from '../../../data/check-version-data.ts';
import { RELEASE_DATA, toReleaseData } from '../../../data/release-data.ts';
import type { VersionData } from '../../../data/version-data.ts';
import { escapeUnprintable } from '../../../lib/config/printable.ts';
import { errorCodeOf } from '../../../lib/errors.ts';
import { displayPath } from '../folders.ts';

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

/** Writes the name of a syntax error, such as `PropertyNameExpected`, as words. */
function wordsOf(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

/** Returns the first syntax error, or all duplicate keys, with their places. JSON.parse accepts duplicates, and often names no place. */
function syntaxProblems(file: string, text: string): readonly string[] {
  const errors: string[] = [];
  const duplicates: string[] = [];
  const keys: Set<string>[] = [];
  const at = (line: number, column: number) => `${displayPath(file)}:${line + 1}:${column + 1}`;
  visit(
    text,
    {
      onObjectBegin: () => void keys.push(new Set()),
      onObjectEnd: () => void keys.pop(),
      onObjectProperty(key, _offset, _length, line, column) {
        if (keys.at(-1)?.has(key)) {
          duplicates.push(`${at(line, column)}: duplicate key ${JSON.stringify(key)}`);
        }
        keys.at(-1)?.add(key);
      },
      onError(code, _offset, _length, line, column) {
        errors.push(`${at(line, column)}: ${wordsOf(printParseErrorCode(code))}`);
      },
    },
    { disallowComments: true },
  );
  // Later syntax errors often follow from the first.
  return errors.length > 0 ? errors.slice(0, 1) : duplicates;
}

/** Checks the content of a file; returns its problems, with the file's path, if there are any. */
function parseData(
  path: string,
  file: string,
  text: string,
  now: number,
): VersionData | { readonly problems: readonly string[] } {
  const ofSyntax = syntaxProblems(file, text);
  if (ofSyntax.length > 0) return { problems: ofSyntax };
  const value: unknown = JSON.parse(text);
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
