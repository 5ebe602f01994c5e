import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a file that is never incomplete for a reader: the text is written beside the file, under another name, and then
 * takes its place. Everyone may read the file.
 *
 * @param text the text, or its parts
 * @throws NodeJS.ErrnoException
 */
export async function replaceFile(
  file: string,
  text: string | AsyncIterable<string>,
): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o644 });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
