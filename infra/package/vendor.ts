import { build } from 'esbuild';
import { writeNotices } from '../bundle/third-party-notices.ts';

/**
 * Packages whose code the package contains. The socket server of PGlite requires another build of PGlite beside it, without
 * TimescaleDB, and npm would install both.
 */
export const VENDORED = ['@electric-sql/pglite-socket'] as const;

/** Writes the code of these packages, and its licences, into a folder. */
export async function writeVendored(root: string, folder: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { 'pglite-socket': VENDORED[0] },
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    external: ['@electric-sql/pglite'],
    metafile: true,
    logLevel: 'warning',
  });
  await writeNotices(root, Object.keys(metafile.inputs), folder);
}
