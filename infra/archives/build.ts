import { join } from 'node:path';
import { CHECKSUMS, writeArchives } from './write-archives.ts';

const FOLDER = join('dist', 'archives');

/** Writes the archives of a release into `dist/archives/`. */
const files = await writeArchives(join(import.meta.dirname, '..', '..', FOLDER));
process.stdout.write(
  `${FOLDER} has ${files.length} files; verify them there with sha256sum --check ${CHECKSUMS}.\n`,
);
