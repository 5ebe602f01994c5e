import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { DATABASE_FUNCTIONS, FLEET_REPORT } from '../../lib/naming.ts';
import { fileAliases, PACKAGE_ALIASES } from './aliases.ts';
import { builtins } from './builtins.ts';
import { joinParts, type Part } from './join.ts';
import { evaluatedReleaseData } from './release-data.ts';
import { type ShippedPackage, writeNotices } from './third-party-notices.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Every function that ships, `functions/<name>.ts`: those of each database, and that of the environment. */
export const FUNCTIONS = [...DATABASE_FUNCTIONS, FLEET_REPORT] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export interface Bundle {
  /** The file that Lambda imports. */
  readonly file: string;
  /** Size of the code that every start imports. */
  readonly bytes: number;
  /** Size of the code that is imported on demand, such as the client of EventBridge Scheduler. */
  readonly laterBytes: number;
  /** The project's own source files in it, relative to the root. */
  readonly sources: readonly string[];
  /** The third-party packages that it contains code of. */
  readonly packages: readonly ShippedPackage[];
}

/** The source files that the output contains code of. */
function shippedFiles(outputs: Metafile['outputs']): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
  );
}

/** Options of every output that ships. */
const OUTPUT = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Options of every function's build, without the aliases of dependencies. */
export const BUILD_OPTIONS = {
  ...OUTPUT,
  absWorkingDir: ROOT,
  outExtension: { '.js': '.mjs' },
  splitting: true,
  metafile: true,
  mainFields: ['module', 'main'],
} as const satisfies BuildOptions;

/** Collects an output file and everything that it imports statically, by path. */
function importedWith(path: string, outputs: Metafile['outputs'], found = new Set<string>()) {
  found.add(path);
  for (const { kind, path: other } of outputs[path]?.imports ?? []) {
    const isOfOurs = kind === 'import-statement' && other in outputs;
    if (isOfOurs && !found.has(other)) importedWith(other, outputs, found);
  }
  return found;
}

/** Returns the size of the code that a start imports from the bundle of one source file. */
export function startBytes({ outputs }: Metafile, source: string): number {
  const [entry = ''] = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === source);
  const bytes = [...importedWith(entry, outputs)].map((path) => outputs[path]?.bytes ?? 0);
  return bytes.reduce((sum, one) => sum + one, 0);
}

/**
 * Loaded only when a run has failed, and built with its own copy of the AWS SDK. esbuild splits by files, and the SDK
 * re-exports everything: a shared copy would add 18 kB and 1.5 ms to every start.
 */
const APART = { source: 'lib/schedule/schedule-retry.ts', name: 'scheduler.mjs' } as const;

/** Keeps the import of the part that is built separately. */
const apart: Plugin = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/schedule-retry\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${APART.name}`, external: true } : undefined,
    );
  },
};

interface Built {
  /** The file that Lambda imports. */
  readonly entry: Part;
  /** The text of every file, by its name. */
  readonly texts: Map<string, string>;
  readonly metafile: Metafile;
}

/** Builds one source file with its imports; static imports of the entry are joined into its file. */
async function buildParts(source: string, entryName: string): Promise<Built> {
  const { metafile, outputFiles } = await build({
    ...BUILD_OPTIONS,
    entryPoints: { [basename(entryName, '.mjs')]: source },
    outdir: '.',
    write: false,
    alias: PACKAGE_ALIASES,
    plugins: [fileAliases, builtins(), evaluatedReleaseData, apart],
  });
  const parts = new Map(
    Object.entries(metafile.outputs).map(([path, { exports }]): [string, Part] => {
      const text = outputFiles.find((file) => file.path === join(ROOT, path))?.text ?? '';
      return [path, { name: basename(path), text, exports }];
    }),
  );
  const [entry, ...shared] = [...importedWith(entryName, metafile.outputs)].flatMap(
    (path) => parts.get(path) ?? [],
  );
  if (entry === undefined) throw new TypeError(`esbuild wrote no ${entryName} for ${source}.`);
  const joined = await joinParts(entry, shared, OUTPUT);
  const split = [...parts.values()].map(({ name, text }): [string, string] => [name, text]);
  return { entry, texts: new Map([...split, ...joined]), metafile };
}

/** Returns whether a build imports the part that is built separately. */
function needsApart({ outputs }: Metafile): boolean {
  return Object.values(outputs).some(({ imports }) =>
    imports.some(({ path }) => path === `./${APART.name}`),
  );
}

/**
 * Bundles `functions/<name>.ts` as it ships into the folder of its name: minified ES modules, of which a start loads only
 * `index.mjs`, and the licences of the third-party code in them.
 */
export async function bundle(name: FunctionName, outputFolder: string): Promise<Bundle> {
  const { entry, texts, metafile } = await buildParts(`functions/${name}.ts`, 'index.mjs');
  const later = needsApart(metafile) ? await buildParts(APART.source, APART.name) : undefined;
  const files = [...texts, ...(later?.texts ?? [])];
  const folder = join(outputFolder, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of files) await writeFile(join(folder, file), text);
  const sources = { ...metafile.inputs, ...later?.metafile.inputs };
  const outputs = { ...metafile.outputs, ...later?.metafile.outputs };
  const bytes = Buffer.byteLength(texts.get(entry.name) ?? '');
  return {
    file: join(folder, entry.name),
    bytes,
    laterBytes: files.reduce((sum, [, text]) => sum + Buffer.byteLength(text), -bytes),
    sources: Object.keys(sources).filter((path) => !/^node_modules\/|:/.test(path)),
    packages: await writeNotices(ROOT, shippedFiles(outputs), folder),
  };
}

/** Bundles a function into a temporary folder, which is deleted on disposal. */
export async function bundleOnce(name: FunctionName): Promise<Bundle & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bundle-'));
  return {
    ...(await bundle(name, folder)),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
