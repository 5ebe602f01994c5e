import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type DecodedRun, decodeRunOf } from '../../../lib/record/recorded-run.ts';

/** Decodes every object in a folder of `--record`, in the order of the keys. */
export async function recordedIn(folder: string): Promise<readonly DecodedRun[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
  return Promise.all(
    files.map(async (file) => decodeRunOf(relative(folder, file), await readFile(file))),
  );
}
