import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';

/** Unix, in the field for the system that wrote the archive. */
const UNIX = 3;
/** A regular file that everyone can read: Lambda runs the code as another user than its owner. */
const FILE_MODE = 0o100644;
/** The mode is in the upper half of the external attributes. */
const ATTRIBUTES = FILE_MODE * 2 ** 16;

/**
 * Zips the files of a folder, without the folder itself. The same files give the same bytes: names are sorted, times and modes
 * are fixed, and the compression does not depend on the machine, as Node's own does.
 */
export async function zipFolder(folder: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
  // ZIP stores local times without their zone: the earliest one has the same bytes in each zone.
  const mtime = new Date(1980, 0, 1);
  const files: Zippable = {};
  for (const path of paths) {
    const options = { mtime, os: UNIX, attrs: ATTRIBUTES, level: 9 } as const;
    files[path] = [await readFile(join(folder, path)), options];
  }
  return zipSync(files);
}
