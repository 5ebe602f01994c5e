import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import {
  type Changes,
  mergeChanges,
  parseChangeFile,
  releaseChanges,
  unreleasedChanges,
} from './changelog.ts';
import { type Bump, nextVersion } from './next-version.ts';
import { ReleaseError, run } from './processes.ts';

const CHANGES = 'changes';
const CHANGELOG = 'CHANGELOG.md';
/** The file from which log lines, headers and bundles take the version. */
const PRODUCT_FILE = 'lib/product.ts';

const packageSchema = z.object({ version: z.string() });

/** Reads the version of the package.json in a folder. */
export async function versionIn(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  return packageSchema.parse(JSON.parse(text)).version;
}

/** The names of the change files in a folder, in alphabetical order. */
async function changeFilesIn(folder: string): Promise<readonly string[]> {
  const path = join(folder, CHANGES);
  const names = existsSync(path) ? await readdir(path) : [];
  return names.filter((name) => name.endsWith('.md') && name !== 'README.md').toSorted();
}

interface Prepared {
  readonly version: string;
  readonly changes: Changes;
}

async function readChanges(folder: string): Promise<Changes> {
  const changelog = await readFile(join(folder, CHANGELOG), 'utf8');
  const files = await Promise.all(
    (await changeFilesIn(folder)).map(async (name) =>
      parseChangeFile(await readFile(join(folder, CHANGES, name), 'utf8'), `${CHANGES}/${name}`),
    ),
  );
  return mergeChanges([unreleasedChanges(changelog), ...files]);
}

/**
 * Reads what the next release contains, and its version.
 *
 * @throws ReleaseError without any change; ChangelogError
 */
export async function planRelease(folder: string, bump: Bump | undefined): Promise<Prepared> {
  const changes = await readChanges(folder);
  if (changes.size === 0) {
    throw new ReleaseError(
      'Nothing has changed since the last release.',
      `Describe each change in a file of ${CHANGES}/, as ${CHANGES}/README.md says.`,
    );
  }
  return { version: nextVersion(await versionIn(folder), changes, bump), changes };
}

async function changeFile(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8');
  const changed = change(text);
  if (changed === text) {
    throw new ReleaseError(
      `${path} does not contain the version as expected.`,
      'Adapt the file, or release/prepare.ts.',
    );
  }
  await writeFile(path, changed);
}

/** Writes the version into every file that has it, and moves the changes into a section of the changelog. */
export async function prepareFiles(
  folder: string,
  { version, changes }: Prepared,
  date: string,
): Promise<void> {
  await run(folder, 'npm', 'version', version, '--no-git-tag-version', '--ignore-scripts');
  await changeFile(join(folder, PRODUCT_FILE), (text) =>
    text.replace(/^(export const VERSION = ')[^']+';$/m, `$1${version}';`),
  );
  await changeFile(join(folder, CHANGELOG), (text) =>
    releaseChanges(text, changes, { version, date }),
  );
  for (const name of await changeFilesIn(folder)) await rm(join(folder, CHANGES, name));
}
