import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** An import from another declaration, with the name of its source. */
const IMPORT = /(?:from |import\()'(\.[^']+)\.ts'/g;

async function collect(folder: string, file: string, found: Set<string>): Promise<void> {
  if (found.has(file)) return;
  found.add(file);
  const text = await readFile(join(folder, file), 'utf8');
  for (const [, path = ''] of text.matchAll(IMPORT)) {
    await collect(folder, `${join(dirname(file), path)}.d.ts`, found);
  }
}

/** Deletes the declarations that no public type needs: TypeScript writes one for each source file. */
export async function deletePrivateTypes(
  folder: string,
  publicFiles: readonly string[],
): Promise<void> {
  const needed = new Set<string>();
  for (const file of publicFiles) await collect(folder, file, needed);
  for (const file of await readdir(folder, { recursive: true })) {
    if (file.endsWith('.d.ts') && !needed.has(file)) await rm(join(folder, file));
  }
}
