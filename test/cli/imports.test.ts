import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { expect, inject, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Returns the imports of every module that a module imports, directly or through others. */
async function importsOf(entry: string): Promise<Metafile['inputs']> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: join(inject('folder'), 'cli-imports'),
    bundle: true,
    splitting: true,
    packages: 'external',
    external: ['./commands/cdk.ts', '../smoke/try-in-account.ts'],
    platform: 'node',
    format: 'esm',
    metafile: true,
  });
  return metafile.inputs;
}

test('no command but those that deploy imports CDK, directly or through others', async () => {
  const imported = Object.values(await importsOf('cli/main.ts')).flatMap(({ imports }) =>
    imports.map(({ path }) => path),
  );
  expect(imported).toContain('infra/config/load.ts');
  expect(imported.filter((path) => /^(aws-cdk|cdk-|constructs)/.test(path))).toEqual([]);
});

/** Collects the modules that are loaded together with one of them. */
function loadedWith(
  path: string,
  inputs: Metafile['inputs'],
  found = new Set<string>(),
): ReadonlySet<string> {
  found.add(path);
  for (const { kind, path: other } of inputs[path]?.imports ?? []) {
    if (kind === 'import-statement' && !found.has(other)) loadedWith(other, inputs, found);
  }
  return found;
}

test('run loads no package of AWS at its start, and none of other commands', async () => {
  const entry = 'cli/commands/run.ts';
  const inputs = await importsOf(entry);
  const loaded = [...loadedWith(entry, inputs)];
  expect(loaded).toContain('lib/run/send-report.ts');
  const packages = /^(@?aws|@middy|@smithy|constructs|esbuild|@electric-sql|preact|d3-)/;
  expect(loaded.filter((path) => packages.test(path))).toEqual([]);
});
