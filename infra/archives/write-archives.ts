import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, FUNCTIONS } from '../bundle/bundle.ts';
import { PLACEHOLDERS } from './placeholders.ts';
import { policyFiles } from './policies.ts';
import { settingFiles } from './settings.ts';
import { zipFolder } from './zip.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'examples');
/** Name of the file with the checksums of all others. */
export const CHECKSUMS = 'SHA256SUMS';

/** Returns the lines that `sha256sum --check` reads. */
function checksumLines(files: ReadonlyMap<string, Uint8Array | string>): string {
  return [...files]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, content]) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`)
    .join('');
}

/**
 * Returns the archives of a release by their names: the code of each function, its permissions and settings as JSON with
 * placeholders, and the checksums. The same sources give the same bytes.
 *
 * @param bundles folder with the bundle of each function in a folder of its name
 */
export async function archiveFiles(
  bundles: string,
): Promise<ReadonlyMap<string, Uint8Array | string>> {
  const files = new Map<string, Uint8Array | string>();
  for (const name of FUNCTIONS) files.set(`${name}.zip`, await zipFolder(join(bundles, name)));
  for (const [name, text] of await policyFiles()) files.set(name, text);
  for (const [name, text] of await settingFiles(bundles)) files.set(name, text);
  files.set('terraform.zip', await zipFolder(join(EXAMPLES, 'terraform')));
  const template = join(EXAMPLES, 'cloudformation', 'database.yaml');
  files.set('cloudformation.yaml', await readFile(template));
  files.set('LICENSE', await readFile(join(ROOT, 'LICENSE')));
  files.set('placeholders.json', `${JSON.stringify(PLACEHOLDERS, null, 2)}\n`);
  return files.set(CHECKSUMS, checksumLines(files));
}

/** Bundles the functions and writes the archives into a folder, whose former content is deleted. */
export async function writeArchives(folder: string): Promise<readonly string[]> {
  const bundles = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bundles-'));
  try {
    for (const name of FUNCTIONS) await bundle(name, bundles);
    const files = await archiveFiles(bundles);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    return [...files.keys()];
  } finally {
    await rm(bundles, { recursive: true, force: true });
  }
}
