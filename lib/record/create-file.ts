import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCodeOf } from '../errors.ts';

/** Modes of folders and files: a record is confidential, so that only its owner may read it. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Writes a new file and its folders, for their owner alone; never replaces a file. Returns false if it exists. */
export async function createFile(path: string, content: Uint8Array): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  try {
    await writeFile(path, content, { flag: 'wx', mode: FILE_MODE });
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
