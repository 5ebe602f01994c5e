import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/** Permissions of a written file: a page has reports, and figures are read by the program that collects them. */
const MODES = { private: 0o600, public: 0o644 } as const;

/**
 * Writes a file that is never incomplete for a reader: the text is written beside the file, under a new name, and then takes
 * its place.
 *
 * @param text the text, or its parts
 * @param readers `private`: only the user; `public`: every user of the machine
 * @throws NodeJS.ErrnoException
 */
export async function replaceFile(
  file: string,
  text: string | AsyncIterable<string>,
  readers: keyof typeof MODES,
): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    // Fails if the name exists: in a folder of several users it could be a link to another file.
    await writeFile(temporary, text, { mode: MODES[readers], flag: 'wx' });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
