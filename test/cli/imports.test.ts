import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, inject, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMANDS = readdirSync(join(ROOT, 'cli')).filter((file) => file.endsWith('.ts'));

test('no command line module imports the CDK, directly or through others', async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: COMMANDS.map((file) => `cli/${file}`),
    outdir: join(inject('folder'), 'cli-imports'),
    bundle: true,
    packages: 'external',
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
