import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A tag of a repository, in whose commit the files are those of the tag. */
export interface Tag {
  readonly name: string;
  /** When it was made, in UTC. */
  readonly at?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly isLightweight?: boolean;
}

/** The part of `CMakeLists.txt` that names the majors. */
export function buildFile(majors: string): string {
  return `project(timescaledb)\nmessage(FATAL_ERROR "TimescaleDB only supports PostgreSQL ${majors}")\n`;
}

/** Variables of the machine's own git configuration and repository stay outside. */
const ENVIRONMENT = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

export function runGit(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...args], { env: ENVIRONMENT, encoding: 'utf8' });
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function person(at = '2026-01-01T12:00:00Z'): string {
  return `Tester <tester@example.com> ${Date.parse(at) / 1_000} +0000`;
}

/** A commit whose tree has only these files. */
function commit(files: Readonly<Record<string, string>>, at?: string): string {
  const contents = Object.entries(files).map(
    ([name, text]) => `M 100644 inline ${name}\n${data(text)}`,
  );
  return `commit refs/heads/main\ncommitter ${person(at)}\n${data('change')}deleteall\n${contents.join('')}`;
}

function tagged({ name, at, files, isLightweight = false }: Tag): string {
  const tag = isLightweight
    ? `reset refs/tags/${name}\nfrom refs/heads/main\n\n`
    : `tag ${name}\nfrom refs/heads/main\ntagger ${person(at)}\n${data('tag')}`;
  return commit(files, at) + tag;
}

/**
 * Creates a git repository with tags, and with files on its default branch. It is bare, and its server can filter.
 *
 * @returns its folder
 */
export async function createRepository(
  tags: readonly Tag[],
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(inject('folder'), 'repository-'));
  runGit(folder, 'init', '--quiet', '--bare', '--initial-branch=main');
  runGit(folder, 'config', 'uploadpack.allowFilter', 'true');
  const child = execFile('git', ['-C', folder, 'fast-import', '--quiet'], { env: ENVIRONMENT });
  child.stdin?.end(tags.map(tagged).join('') + commit(files));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`git fast-import ended with status ${code}`);
  return folder;
}
