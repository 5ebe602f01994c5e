import { compare, gte } from 'semver';
import { parseBuildFile } from '../../data/update/build-file.ts';
import {
  type ChangelogEntry,
  parseChangelog,
  type Removal,
  removalsUpTo,
} from '../../data/update/changelog.ts';
import type { TaggedRelease } from '../../data/update/merge-releases.ts';
import { CommandError } from '../command.ts';
import { git, readFiles } from './git.ts';
import { REMOTE_HEAD } from './repository.ts';

const FIRST_RELEASE = '0.12.0';
const BUILD_FILE = 'CMakeLists.txt';
const CHANGELOG = 'CHANGELOG.md';

const REMEDY =
  'Give --repository a clone of https://github.com/timescale/timescaledb with all tags (git fetch --tags), or that URL.';

interface Tag {
  readonly version: string;
  /** Day of the tag or, for a lightweight one, of its commit; in UTC. */
  readonly date: string;
}

/** A release, as its tag describes it. */
export interface UpstreamRelease extends TaggedRelease {
  /** Majors that its build file accepts, although a changelog removes their support. */
  readonly removed: readonly Removal[];
}

function toDay(seconds: string): string {
  return new Date(Number(seconds) * 1_000).toISOString().slice(0, 10);
}

/** Reads the tags of releases, the oldest release first. */
async function readTags(folder: string): Promise<readonly Tag[]> {
  const format = '--format=%(refname:strip=2) %(creatordate:unix)';
  const lines = (await git(folder, ['for-each-ref', format, 'refs/tags'])).toString().split('\n');
  return lines
    .map((line) => line.split(' '))
    .flatMap(([version = '', seconds = '']) =>
      /^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}$/.test(version) && gte(version, FIRST_RELEASE)
        ? [{ version, date: toDay(seconds) }]
        : [],
    )
    .toSorted((one, other) => compare(one.version, other.version));
}

function fileOf({ version }: Tag, file: string): string {
  return `refs/tags/${version}:${file}`;
}

/**
 * Reads the changelogs: the default branch's, in which dates are corrected, and those of the tags that it lacks.
 *
 * @returns the entries; of entries of the same release, the first counts
 */
async function readChangelogs(
  folder: string,
  tags: readonly Tag[],
): Promise<readonly ChangelogEntry[]> {
  const branches = [REMOTE_HEAD, 'HEAD'].map((head) => `${head}:${CHANGELOG}`);
  const main = [...(await readFiles(folder, branches)).values()].flatMap(parseChangelog);
  const known = new Set(main.map(({ version }) => version));
  const missing = tags.filter(({ version }) => !known.has(version));
  const own = await readFiles(
    folder,
    missing.map((tag) => fileOf(tag, CHANGELOG)),
  );
  return [...main, ...[...own.values()].flatMap(parseChangelog)];
}

function majorsOf({ version }: Tag, text: string | undefined): readonly string[] {
  const majors = text === undefined ? undefined : parseBuildFile(text);
  if (majors !== undefined) return majors;
  const problem =
    text === undefined
      ? `has no ${BUILD_FILE}`
      : `has a ${BUILD_FILE} that does not name the PostgreSQL versions in a known form`;
  throw new CommandError(`The tag ${version} ${problem}.`, REMEDY);
}

/** Returns removals of the majors, the first of each. */
function removalsOf(
  { version }: Tag,
  majors: readonly string[],
  entries: readonly ChangelogEntry[],
): readonly Removal[] {
  const removals = removalsUpTo(version, entries).toSorted((one, other) =>
    compare(one.release, other.release),
  );
  return majors.flatMap((major) => removals.find((removal) => removal.major === major) ?? []);
}

/**
 * Reads every release since 0.12.0 from a repository of TimescaleDB, the oldest first. Support of a PostgreSQL major ends
 * with the release whose changelog removes it: build files may accept it longer.
 *
 * @throws CommandError
 */
export async function readReleases(folder: string): Promise<readonly UpstreamRelease[]> {
  const tags = await readTags(folder);
  if (tags.length === 0) {
    throw new CommandError('The repository has no tag of a TimescaleDB release.', REMEDY);
  }
  const buildFiles = await readFiles(
    folder,
    tags.map((tag) => fileOf(tag, BUILD_FILE)),
  );
  const entries = await readChangelogs(folder, tags);
  return tags.map((tag) => {
    const { version } = tag;
    const majors = majorsOf(tag, buildFiles.get(fileOf(tag, BUILD_FILE)));
    const removed = removalsOf(tag, majors, entries);
    const postgresql = majors.filter((major) => !removed.some((one) => one.major === major));
    const date = entries.find((entry) => entry.version === version)?.date ?? tag.date;
    return { version, date, postgresql, removed };
  });
}
