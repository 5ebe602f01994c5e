import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { Bundle } from '../../../infra/bundle/bundle.ts';
import { ROOT } from '../repo/pages.ts';
import { run } from './run.ts';

const packedSchema = z.object({
  filename: z.string(),
  size: z.int(),
  unpackedSize: z.int(),
  files: z.array(z.object({ path: z.string() })),
});

/** The package as npm would publish it. */
export interface Packed {
  /** Folder that was packed. */
  readonly folder: string;
  readonly tarball: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

/**
 * Builds the package and packs it.
 *
 * @param home folder for both
 * @param bundles the functions, which are built already
 */
export async function packPackage(home: string, bundles: readonly Bundle[]): Promise<Packed> {
  const folder = join(home, 'package');
  const folders = bundles.map(({ file }) => dirname(file));
  const build = join(ROOT, 'infra', 'package', 'build.ts');
  const built = await run(process.execPath, [build, folder, ...folders], ROOT);
  if (built.code !== 0) throw new Error(built.stderr);
  const { stdout, stderr } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', home],
    folder,
  );
  const [packed] = z.array(packedSchema).parse(JSON.parse(stdout));
  if (packed === undefined) throw new Error(`npm packed nothing: ${stderr}`);
  return {
    folder,
    tarball: join(home, packed.filename),
    bytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    files: packed.files.map(({ path }) => path),
  };
}
