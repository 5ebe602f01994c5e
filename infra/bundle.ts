import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { type ShippedPackage, writeNotices } from './notices.ts';

const ROOT = join(import.meta.dirname, '..');

/** Every function that ships, `functions/<name>.ts`. */
export const FUNCTIONS = ['send-report', 'get-report', 'configure'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** pg is CommonJS and requires Node's own modules at load, which an ES module has to provide. */
const REQUIRE_BANNER =
  "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);";

export interface Bundle {
  /** The file that Lambda imports. */
  readonly file: string;
  /** What is imported with it at every start. */
  readonly bytes: number;
  /** What is imported only where it is needed: the client of EventBridge Scheduler, the calendar. */
  readonly laterBytes: number;
  /** The project's own source files in it, relative to the root. */
  readonly sources: readonly string[];
  /** The packages of others of which code is in it. */
  readonly packages: readonly ShippedPackage[];
}

/** The files of which code is left in the output. */
function shippedFiles(outputs: Metafile['outputs']): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
  );
}

/** A file and what it imports at once, by the paths of the output. */
function importedWith(path: string, outputs: Metafile['outputs'], found = new Set<string>()) {
  found.add(path);
  for (const { kind, path: other } of outputs[path]?.imports ?? []) {
    const isOfOurs = kind === 'import-statement' && other in outputs;
    if (isOfOurs && !found.has(other)) importedWith(other, outputs, found);
  }
  return found;
}

/**
 * Bundles `functions/<name>.ts` as it ships into the folder of its name: minified ES modules with everything in them, of
 * which `index.mjs` is the first; and beside them the licences of what others have written of it.
 */
export async function bundle(name: FunctionName, outputFolder: string): Promise<Bundle> {
  const folder = join(outputFolder, name);
  const {
    metafile: { inputs, outputs },
  } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: join('functions', `${name}.ts`) },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
  const isEntry = ({ entryPoint }: { entryPoint?: string }): boolean =>
    entryPoint === `functions/${name}.ts`;
  const [index = ''] = Object.keys(outputs).filter((path) => isEntry(outputs[path] ?? {}));
  const atStart = importedWith(index, outputs);
  const sizeOf = (isAtStart: boolean): number =>
    Object.entries(outputs)
      .filter(([path]) => atStart.has(path) === isAtStart)
      .reduce((sum, [, { bytes }]) => sum + bytes, 0);
  return {
    file: join(folder, 'index.mjs'),
    bytes: sizeOf(true),
    laterBytes: sizeOf(false),
    sources: Object.keys(inputs).filter((path) => !path.startsWith('node_modules/')),
    packages: await writeNotices(ROOT, shippedFiles(outputs), folder),
  };
}

/** The same for one use on this machine; the folder goes with it. */
export async function bundleOnce(name: FunctionName): Promise<Bundle & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bundle-'));
  return {
    ...(await bundle(name, folder)),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
