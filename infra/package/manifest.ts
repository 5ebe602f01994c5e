import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as z from 'zod';
import { SERVICE } from '../../lib/naming.ts';
import { SUPPORTED_NODE } from '../node-version.ts';

const versionsSchema = z.record(z.string(), z.string());
const rootSchema = z.object({
  version: z.string(),
  description: z.string(),
  license: z.string(),
  dependencies: versionsSchema,
  devDependencies: versionsSchema,
});

/** Compiled files that programs start or import, relative to the package. */
export const ENTRIES = {
  program: 'cli/main.js',
  environment: 'infra/config/environment.js',
  constructs: 'infra/cdk.js',
  app: 'infra/bin/app.js',
  runtimeClient: 'emulator/lambda/runtime-client.js',
} as const;

/** The types of what users import. */
export const TYPES = {
  environment: 'infra/config/environment.d.ts',
  constructs: 'infra/cdk.d.ts',
} as const;

/** The modules that package.json chooses, instead of those of the repository. */
const IMPORTS = {
  '#bundle': './infra/bundle/prebuilt.js',
  '#bundle-code': './infra/bundle/prebuilt-code.js',
  '#pglite-socket': './vendor/pglite-socket.js',
} as const;

/** Packages of the demo's TimescaleDB, of 23 MB: npm can leave them out. */
const OPTIONAL = ['@electric-sql/pglite'];

/** Packages that only deploying needs, in versions that this project is tested with or later ones. */
const PEERS = ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs'];

/** Packages that are used where they are installed: for places in problems, and for the layout of the repository's own file. */
const IF_INSTALLED = ['esbuild', '@biomejs/biome'];

/** Returns the packages that the compiled code imports. */
async function importedPackages(folder: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: Object.values(ENTRIES),
    outdir: 'unused',
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    splitting: true,
    metafile: true,
    logLevel: 'warning',
  });
  const specifiers = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external === true).map(({ path }) => path),
  );
  const packages = specifiers
    .filter((path) => !isBuiltin(path))
    .map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? '');
  return [...new Set(packages)].toSorted();
}

/** What the package's own package.json needs before its code can be analysed. */
export function startManifest(): object {
  return { type: 'module', imports: IMPORTS };
}

/**
 * Creates the package.json of the package, from that of the repository and from the imports of the compiled code.
 *
 * @throws TypeError for an import that the repository does not declare
 */
export async function createManifest(root: string, folder: string): Promise<object> {
  const { version, description, license, dependencies, devDependencies } = rootSchema.parse(
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
  );
  const versions: Readonly<Record<string, string | undefined>> = {
    ...devDependencies,
    ...dependencies,
  };
  const pick = (names: readonly string[], prefix = '') =>
    Object.fromEntries(
      names.map((name) => {
        const found = versions[name];
        if (found === undefined)
          throw new TypeError(`package.json lacks ${name}, which is imported.`);
        return [name, prefix + found];
      }),
    );
  const imported = await importedPackages(folder);
  const apart = [...OPTIONAL, ...PEERS, ...IF_INSTALLED];
  return {
    name: SERVICE,
    version,
    description,
    license,
    keywords: ['timescaledb', 'postgresql', 'telemetry', 'version-check', 'aws-lambda', 'aws-cdk'],
    ...startManifest(),
    engines: { node: SUPPORTED_NODE },
    bin: { [SERVICE]: ENTRIES.program },
    exports: {
      '.': { types: `./${TYPES.environment}`, default: `./${ENTRIES.environment}` },
      './cdk': { types: `./${TYPES.constructs}`, default: `./${ENTRIES.constructs}` },
      './package.json': './package.json',
    },
    dependencies: pick(imported.filter((name) => !apart.includes(name))),
    optionalDependencies: pick(OPTIONAL),
    peerDependencies: pick(PEERS, '^'),
    peerDependenciesMeta: Object.fromEntries(PEERS.map((name) => [name, { optional: true }])),
  };
}
