import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { type Ended, runCommand } from '../process/commands.ts';
import { buildFile, createRepository, type Tag } from './repository.ts';
import { someVersionData } from './version-data.ts';

/** Returns a tag of a release whose build file names the majors. */
export function tag(name: string, majors: string, parts: Partial<Tag> = {}): Tag {
  return {
    name,
    at: '2026-03-01T12:00:00Z',
    files: { 'CMakeLists.txt': buildFile(majors) },
    ...parts,
  };
}

/** Returns a changelog with entries of releases and their days, the newest first. */
export function changelog(...entries: readonly string[]): string {
  return `# Changelog\n\n${entries.map((entry) => `## ${entry}\n`).join('\n')}`;
}

/** The releases of `someVersionData`, as a repository has them. */
const KNOWN_TAGS = ['2.0.0', '2.0.1', '2.1.0', '2.1.1'].map((name) => tag(name, '17 and 18'));
const KNOWN_LOG = ['2.1.1', '2.1.0', '2.0.1', '2.0.0'].map((name) => `${name} (2026-01-01)`);

/** Creates a repository with the releases of `someVersionData`, and with further tags and entries of the changelog. */
export function repositoryWith(
  tags: readonly Tag[],
  entries: readonly string[] = [],
): Promise<string> {
  return createRepository([...KNOWN_TAGS, ...tags], {
    'CHANGELOG.md': changelog(...entries, ...KNOWN_LOG),
  });
}

/** Writes version data, or a text in its place, to a file of its own. */
export async function fileWith(data: unknown): Promise<string> {
  const file = join(await mkdtemp(join(inject('folder'), 'versions-')), 'timescaledb.json');
  await writeFile(file, typeof data === 'string' ? data : JSON.stringify(data));
  return file;
}

/** A command that has ended, with its file and the text of the file before and after it. */
interface Updated extends Ended {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Runs `versions update` with a repository, on a file of its own. */
export async function update(
  repository: string,
  data: unknown = someVersionData(),
  ...args: readonly string[]
): Promise<Updated> {
  const file = await fileWith(data);
  const before = await readFile(file, 'utf8');
  // Copies of URLs are made here.
  const temporary = { TMPDIR: await mkdtemp(join(inject('folder'), 'tmp-')) };
  const options = ['--repository', repository, '--file', file, ...args];
  const ended = await runCommand('versions update', options, temporary);
  expect(await readdir(temporary.TMPDIR)).toEqual([]);
  return { ...ended, file, before, after: await readFile(file, 'utf8') };
}

/** Returns the printed lines without the blanks that align them. */
export function linesOf({ stdout }: Ended): readonly string[] {
  return stdout.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
}
