import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, FUNCTIONS } from './bundle.ts';

const OUTPUT_FOLDER = join(import.meta.dirname, '..', '..', 'dist');

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1_000)} kB`;
}

/** Builds every function as it ships, and prints its size. */
for (const name of FUNCTIONS) {
  await rm(join(OUTPUT_FOLDER, name), { recursive: true, force: true });
  const { bytes, laterBytes } = await bundle(name, OUTPUT_FOLDER);
  process.stdout.write(
    `${name}: ${kilobytes(bytes)}, and ${kilobytes(laterBytes)} loaded on demand\n`,
  );
}
