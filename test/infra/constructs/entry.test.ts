import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, inject, test } from 'vitest';
import { EXAMPLES } from '../../../docs/construct.ts';
import { BUNDLES_CONTEXT } from '../../../infra/bundle/bundles-folder.ts';
import { resolveTemplate } from '../../support/aws/compare/resolve-template.ts';
import { schemaProblems } from '../../support/aws/resource-schema.ts';
import { serviceProblems } from '../../support/aws/service-limits.ts';
import { ACCOUNT, bundlesFolder, REGION } from '../../support/aws/synthesis.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

test('the entry point ./cdk exports the constructs and their error, and nothing else', async () => {
  expect(Object.keys(await import('timescaledb-telemetry/cdk')).toSorted()).toEqual([
    'EnvironmentError',
    'SingleDatabaseTelemetry',
    'TelemetryEnvironment',
  ]);
});

test('the entry point ./cdk imports neither esbuild nor cdk-nag, directly or through others', async () => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['infra/cdk.ts'],
    outdir: join(inject('folder'), 'cdk-imports'),
    write: false,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external === true).map(({ path }) => path),
  );
  const packages = imported
    .filter((path) => !path.startsWith('node:'))
    .map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  expect([...new Set(packages)].toSorted()).toEqual([
    ...['aws-cdk-lib', 'constructs', 'jsonc-parser', 'leven', 'semver', 'temporal-polyfill'],
    'zod',
  ]);
});

test.each(EXAMPLES)('%s is synthesised, as CDK starts it, without problems', async (example) => {
  const outdir = join(
    inject('folder'),
    `example-${dirname(example)}-${example.length}`.replaceAll('/', '-'),
  );
  await promisify(execFile)(process.execPath, [example], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ [BUNDLES_CONTEXT]: bundlesFolder() }),
    },
  });
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  expect(templates.length).toBeGreaterThan(0);
  for (const file of templates) {
    const template = JSON.parse(readFileSync(join(outdir, file), 'utf8'));
    expect([...schemaProblems(template), ...serviceProblems(template)]).toEqual([]);
    expect(resolveTemplate(template, { account: ACCOUNT, region: REGION })).not.toEqual([]);
  }
});
