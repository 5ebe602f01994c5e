import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { bundle, FUNCTIONS } from '../bundle/bundle.ts';
import { ROOT } from '../config/folders.ts';
import { writeDocumentation } from './documentation.ts';
import { createManifest, ENTRIES, startManifest, TYPES } from './manifest.ts';
import { writeSbom } from './sbom.ts';
import { deletePrivateTypes } from './types.ts';
import { writeVendored } from './vendor.ts';

/** Bill of materials, in the package. */
export const SBOM = 'sbom.cdx.json';

/** Files that are copied as they are. */
const COPIED = [
  ...['LICENSE', 'cdk.json'],
  'data/timescaledb.schema.json',
  'emulator/workload.sql',
  'infra/cloudformation-execution-policy.json',
  'infra/permissions-boundary.json',
];

const TSC = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
);

function compile(project: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = [TSC, '--project', join(import.meta.dirname, project), '--outDir', folder];
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout) => {
      if (error === null) resolve();
      else reject(new Error(`The package could not be compiled:\n${stdout}`, { cause: error }));
    });
  });
}

const mapSchema = z.looseObject({ sources: z.array(z.string()) });

/** Names the source of each map by the file's own name: its text is in the map, and its path depends on the machine. */
async function nameSources(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.js.map')) continue;
    const path = join(folder, file);
    const map = mapSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const sources = [basename(file).replace(/\.js\.map$/, '.ts')];
    await writeFile(path, JSON.stringify({ ...map, sources }));
  }
}

async function writeManifest(folder: string, manifest: object): Promise<void> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Builds the npm package into a folder, and replaces its content.
 *
 * @param bundleFolders of functions that are built already; without them, they are built
 */
export async function buildPackage(
  folder: string,
  bundleFolders?: readonly string[],
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeManifest(folder, startManifest());
  for (const project of ['tsconfig.json', 'tsconfig.types.json']) await compile(project, folder);
  await deletePrivateTypes(folder, Object.values(TYPES));
  await nameSources(folder);
  await chmod(join(folder, ENTRIES.program), 0o755);
  for (const file of COPIED) await copyFile(join(ROOT, file), join(folder, file));
  const bundles = join(folder, 'bundles');
  if (bundleFolders === undefined) {
    for (const name of FUNCTIONS) await bundle(name, bundles);
  } else {
    for (const one of bundleFolders)
      await cp(one, join(bundles, basename(one)), { recursive: true });
  }
  await writeVendored(ROOT, join(folder, 'vendor'));
  await writeDocumentation(ROOT, folder);
  await writeManifest(folder, await createManifest(ROOT, folder));
  await writeSbom(join(folder, SBOM));
}
