import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCodeOf } from '../errors.ts';

/** Writes a new file and its folders; never replaces a file. Returns false if it exists. */
export async function createFile(path: string, content: Uint8Array): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
