import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** pg is CommonJS and requires Node's own modules at load, which an ES module has to provide. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);";

export interface Bundle {
  /** The file that Lambda imports. */
  readonly file: string;
  readonly bytes: number;
}

/** Bundles `functions/<name>.ts` as it ships: one minified ES module with everything in it. */
export async function bundle(name: string, outputFolder = join(ROOT, 'dist')): Promise<Bundle> {
  const folder = join(outputFolder, name);
  const file = join(folder, 'index.mjs');
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [join(ROOT, 'functions', `${name}.ts`)],
    outfile: file,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
  return { file, bytes: (await stat(file)).size };
}
