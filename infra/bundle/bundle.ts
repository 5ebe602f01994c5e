import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { builtins } from './builtins.ts';
import { joinParts, type Part } from './join.ts';
import { type ShippedPackage, writeNotices } from './third-party-notices.ts';
import { IN_AWS_SDK, IN_PG, type Replacements, trim } from './trim.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Every function that ships, `functions/<name>.ts`. */
export const FUNCTIONS = ['send-report', 'get-report', 'configure'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

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

/** How everything is written that ships. */
const OUTPUT = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** How the functions are built, but for what is left out of their dependencies. */
export const BUILD_OPTIONS = {
  ...OUTPUT,
  absWorkingDir: ROOT,
  outExtension: { '.js': '.mjs' },
  splitting: true,
  metafile: true,
  mainFields: ['module', 'main'],
} as const satisfies BuildOptions;

/** A file and what it imports at once, by the paths of the output. */
function importedWith(path: string, outputs: Metafile['outputs'], found = new Set<string>()) {
  found.add(path);
  for (const { kind, path: other } of outputs[path]?.imports ?? []) {
    const isOfOurs = kind === 'import-statement' && other in outputs;
    if (isOfOurs && !found.has(other)) importedWith(other, outputs, found);
  }
  return found;
}

/** How much a start imports of what esbuild has made of one source file. */
export function startBytes({ outputs }: Metafile, source: string): number {
  const [entry = ''] = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === source);
  const bytes = [...importedWith(entry, outputs)].map((path) => outputs[path]?.bytes ?? 0);
  return bytes.reduce((sum, one) => sum + one, 0);
}

/**
 * Loaded only when a run has failed, and with a copy of the AWS SDK of its own: what it shares with the start would hold
 * there what it alone needs of the SDK, since esbuild divides by files, and the SDK's hand everything on.
 */
const APART = { source: 'lib/schedule/schedule-retry.ts', name: 'scheduler.mjs' } as const;

/** Leaves the import of what is built apart as it is. */
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

/** Builds one source file and what it imports; what the entry imports at once is in its file. */
async function buildParts(
  source: string,
  entryName: string,
  replacements: Replacements,
): Promise<Built> {
  const { metafile, outputFiles } = await build({
    ...BUILD_OPTIONS,
    entryPoints: { [basename(entryName, '.mjs')]: source },
    outdir: '.',
    write: false,
    plugins: [trim(replacements), builtins(), apart],
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
  if (entry === undefined) throw new TypeError(`esbuild has made no ${entryName} of ${source}.`);
  const joined = await joinParts(entry, shared, OUTPUT);
  const split = [...parts.values()].map(({ name, text }): [string, string] => [name, text]);
  return { entry, texts: new Map([...split, ...joined]), metafile };
}

/** Whether anything of a build is there only when the scheduler is. */
function needsApart({ outputs }: Metafile): boolean {
  return Object.values(outputs).some(({ imports }) =>
    imports.some(({ path }) => path === `./${APART.name}`),
  );
}

/**
 * Bundles `functions/<name>.ts` as it ships into the folder of its name: minified ES modules with everything in them, of
 * which `index.mjs` is the first, and the only one that a start loads; and beside them the licences of what others have written
 * of it.
 */
export async function bundle(name: FunctionName, outputFolder: string): Promise<Bundle> {
  const { entry, texts, metafile } = await buildParts(`functions/${name}.ts`, 'index.mjs', {
    ...IN_AWS_SDK,
    ...IN_PG,
  });
  const later = needsApart(metafile)
    ? await buildParts(APART.source, APART.name, IN_AWS_SDK)
    : undefined;
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
