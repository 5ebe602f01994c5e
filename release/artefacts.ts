import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notesOf } from './changelog.ts';
import { versionIn } from './prepare.ts';
import { outputOf, ReleaseError, run } from './processes.ts';

/** Folder of everything that a release publishes, relative to the repository. */
export const RELEASE_FOLDER = join('dist', 'release');
export const NOTES_FILE = 'release-notes.md';
const CHECKSUMS = 'SHA256SUMS';
const PACKAGE_FOLDER = join('dist', 'package');
const ARCHIVES_FOLDER = join('dist', 'archives');
/** The SBOM in the package, which the release also has as a file of its own. */
const SBOM = 'sbom.cdx.json';

/** One file that a release publishes. */
export interface Artefact {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Returns the page of the repository on GitHub, by its remote `origin`; undefined for another host. */
async function repositoryOf(folder: string): Promise<string | undefined> {
  const remotes = await outputOf(folder, 'git', 'remote', '--verbose');
  const [, path] =
    /^origin\s+(?:https:\/\/github\.com\/|git@github\.com:)([\w.-]+\/[\w.-]+?)(?:\.git)?\s/m.exec(
      remotes,
    ) ?? [];
  return path === undefined ? undefined : `https://github.com/${path}`;
}

/** Adds the repository to the package: npm compares it with the provenance, and refuses a package that names another one. */
async function nameRepository(folder: string, repository: string | undefined): Promise<void> {
  if (repository === undefined) return;
  const file = join(folder, PACKAGE_FOLDER, 'package.json');
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  const named = Object.assign(Object(content), {
    repository: { type: 'git', url: `git+${repository}.git` },
  });
  await writeFile(file, `${JSON.stringify(named, undefined, 2)}\n`);
}

async function describeFile(folder: string, name: string): Promise<Artefact> {
  const content = await readFile(join(folder, name));
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { name, bytes: content.byteLength, sha256 };
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).toSorted();
}

/**
 * Builds everything that the version of a folder publishes: the package, the archives, their SBOM, checksums and notes.
 *
 * @throws ReleaseError if a build fails, or leaves out a file
 */
export async function buildArtefacts(folder: string): Promise<readonly Artefact[]> {
  const target = join(folder, RELEASE_FOLDER);
  const version = await versionIn(folder);
  const repository = await repositoryOf(folder);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await run(folder, 'npm', 'run', '--silent', 'build');
  await nameRepository(folder, repository);
  await run(join(folder, PACKAGE_FOLDER), 'npm', 'pack', '--silent', '--pack-destination', target);
  await run(folder, 'npm', 'run', '--silent', 'archives');
  for (const name of await filesOf(join(folder, ARCHIVES_FOLDER))) {
    // The release has one list of checksums, which also contains the package.
    if (name !== CHECKSUMS) await cp(join(folder, ARCHIVES_FOLDER, name), join(target, name));
  }
  const sbom = join(folder, PACKAGE_FOLDER, SBOM);
  if (!existsSync(sbom)) {
    throw new ReleaseError(
      `The build has not written ${SBOM}.`,
      'Adapt the build, or release/artefacts.ts.',
    );
  }
  await cp(sbom, join(target, `timescaledb-telemetry-${version}.cdx.json`));
  const names = await filesOf(target);
  const artefacts = await Promise.all(names.map((name) => describeFile(target, name)));
  const sums = artefacts.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  await writeFile(join(target, CHECKSUMS), sums.join(''));
  const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8');
  await writeFile(join(target, NOTES_FILE), notesOf(changelog, version, repository));
  return [...artefacts, await describeFile(target, CHECKSUMS)];
}
