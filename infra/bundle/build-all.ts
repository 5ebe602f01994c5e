import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, FUNCTIONS } from './bundle.ts';

const OUTPUT_FOLDER = join(import.meta.dirname, '..', '..', 'dist');

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1_000)} kB`;
}

/** Builds every function as it ships, and prints its size. */
await rm(OUTPUT_FOLDER, { recursive: true, force: true });
for (const name of FUNCTIONS) {
  const { bytes, laterBytes } = await bundle(name, OUTPUT_FOLDER);
  process.stdout.write(
    `${name}: ${kilobytes(bytes)}, and ${kilobytes(laterBytes)} loaded on demand\n`,
  );
}
