import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, inject, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

test('no command but those of CDK imports CDK, directly or through others', async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['cli/main.ts'],
    outdir: join(inject('folder'), 'cli-imports'),
    bundle: true,
    splitting: true,
    packages: 'external',
    external: ['./commands/cdk.ts'],
    platform: 'node',
    format: 'esm',
    metafile: true,
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.map(({ path }) => path),
  );
  expect(imported).toContain('infra/config/load.ts');
  expect(imported.filter((path) => /^(aws-cdk|cdk-|constructs)/.test(path))).toEqual([]);
});
