import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { SBOM } from '../../infra/package/build-package.ts';
import { VERSION } from '../../lib/product.ts';
import {
  type Installation,
  installPackage,
  NODE_VERSIONS,
  type Packed,
  packPackage,
} from '../support/package/install.ts';
import { APP, ownTemplates } from '../support/package/templates.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { urlOf } from '../support/process/commands.ts';
import { readOwn } from '../support/repo/pages.ts';
import { upperBound } from '../support/vitest/time-limits.ts';

/** Limits of the package's size in bytes; raise them only for a reason. */
const MAX_PACKED = 2_200_000;
const MAX_UNPACKED = 7_500_000;

/** What Node 24 has and Node 22 has not. */
const LACKING_IN_NODE_22 =
  /new (Async)?DisposableStack\b|RegExp\.escape|Promise\.try\(|Error\.isError|new URLPattern|Math\.f16round/;

let packed: Packed;
let installed: Installation;
let database: TestDatabase;
beforeAll(async () => {
  packed = await packPackage();
  [installed, database] = await Promise.all([
    installPackage(packed),
    createDatabase({ release: '2.28.3', level: 'basic' }),
  ]);
}, upperBound(180_000));
afterAll(() => database[Symbol.asyncDispose]());

const versionsSchema = z.record(z.string(), z.string());
const manifestSchema = z.object({
  version: z.string(),
  dependencies: versionsSchema,
  optionalDependencies: versionsSchema,
  peerDependencies: versionsSchema,
});

describe('the package', () => {
  test('is within the limits of its size', () => {
    const { bytes, unpackedBytes } = packed;
    process.stdout.write(`The package has ${bytes} bytes, unpacked ${unpackedBytes} bytes.\n`);
    expect(bytes).toBeLessThan(MAX_PACKED);
    expect(unpackedBytes).toBeLessThan(MAX_UNPACKED);
  });

  test('contains code, types, functions, data and licences, and no tests', () => {
    const folders = packed.files.map((file) => /^(.*?)\//.exec(file)?.[1] ?? '');
    expect([...new Set(folders)].toSorted()).toEqual([
      '',
      'bundles',
      'cli',
      'data',
      'docs',
      'emulator',
      'infra',
      'lib',
      'vendor',
    ]);
    expect(packed.files.filter((file) => /(^|\/)test|\.test\.|(?<!\.d)\.ts$/.test(file))).toEqual(
      [],
    );
    expect(packed.files.filter((file) => /sns|workload/.test(file))).toEqual([
      'emulator/workload.sql',
    ]);
    expect(packed.files).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'CHANGELOG.md', SBOM, 'data/timescaledb.json'],
        ...['cli/main.js', 'cli/main.js.map', 'infra/config/environment.d.ts'],
        ...['bundles/send-report/index.mjs', 'bundles/send-report/THIRD-PARTY-NOTICES.txt'],
        'vendor/THIRD-PARTY-NOTICES.txt',
      ]),
    );
  });

  test('has the sources in its source maps, without paths of this machine', async () => {
    const map = z
      .object({ sources: z.array(z.string()), sourcesContent: z.array(z.string()) })
      .parse(JSON.parse(await readFile(join(packed.folder, 'cli/main.js.map'), 'utf8')));
    expect(map.sourcesContent[0]).toBe(readOwn('cli/main.ts'));
    expect(map.sources[0]).toBe('main.ts');
  });

  test('calls nothing that Node 22 lacks', async () => {
    const files = packed.files.filter((file) => /\.m?js$/.test(file));
    const texts = await Promise.all(
      files.map((file) => readFile(join(packed.folder, file), 'utf8')),
    );
    const lacking = files.filter((_, index) => LACKING_IN_NODE_22.test(texts[index] ?? ''));
    expect(lacking).toEqual([]);
  });

  test('depends on what its code imports, and on neither CDK nor esbuild', async () => {
    const manifest = manifestSchema.parse(
      JSON.parse(await readFile(join(packed.folder, 'package.json'), 'utf8')),
    );
    expect(manifest.version).toBe(VERSION);
    expect(Object.keys(manifest.dependencies)).toEqual(
      expect.arrayContaining(['commander', 'pg', 'zod']),
    );
    expect(
      Object.keys(manifest.dependencies).filter((name) =>
        /cdk|constructs|esbuild|biome|pglite/.test(name),
      ),
    ).toEqual([]);
    expect(Object.keys(manifest.optionalDependencies)).toEqual(['@electric-sql/pglite']);
    expect(Object.keys(manifest.peerDependencies)).toEqual([
      'aws-cdk',
      'aws-cdk-lib',
      'cdk-nag',
      'constructs',
    ]);
  });

  test('has types that import only what it depends on', async () => {
    const types = packed.files.filter((file) => file.endsWith('.d.ts'));
    const texts = await Promise.all(
      types.map((file) => readFile(join(packed.folder, file), 'utf8')),
    );
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/(?:from|import\() ?'([^.'][^']*)'/g)].map(([, name = '']) => name),
    );
    expect(imported.filter((name) => !/^(zod|aws-cdk-lib|constructs)(\/|$)/.test(name))).toEqual(
      [],
    );
  });

  test('has no problem that publint finds', async () => {
    const { messages } = await publint({ pkgDir: packed.folder, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test('has types that every module resolution of ES modules finds', async () => {
    const tarball = createPackageFromTarballData(await readFile(packed.tarball));
    const result = await checkPackage(tarball);
    const problems = 'problems' in result ? result.problems : ['untyped'];
    // CommonJS loads ES modules since Node 22; the resolution of Node 10 knows no `exports`.
    const others = problems.filter(
      (problem) =>
        typeof problem === 'string' ||
        !('resolutionKind' in problem) ||
        (problem.resolutionKind !== 'node10' && problem.kind !== 'CJSResolvesToESM'),
    );
    expect(others).toEqual([]);
  });

  test('has a bill of materials with every package that its bundles contain', async () => {
    const componentSchema = z.object({
      group: z.string().optional(),
      name: z.string(),
      version: z.string(),
      scope: z.string().optional(),
    });
    const { bomFormat, components } = z
      .object({ bomFormat: z.string(), components: z.array(componentSchema) })
      .parse(JSON.parse(await readFile(join(packed.folder, SBOM), 'utf8')));
    const listed = components
      .filter(({ scope }) => scope !== 'excluded')
      .map(
        ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`,
      );
    const bundled = Object.values(inject('bundles')).flatMap(({ packages }) =>
      packages.map(({ name, version }) => `${name} ${version}`),
    );
    expect(bomFormat).toBe('CycloneDX');
    expect([...new Set(bundled)].filter((one) => !listed.includes(one))).toEqual([]);
    expect(listed).toContain('@electric-sql/pglite-socket 0.0.19');
  });
});

describe.each(NODE_VERSIONS)('the installed package on Node %s', (node) => {
  test('has one program with a version', async () => {
    const { stdout, stderr, code } = await installed.program(node, ['--version']);
    expect([stdout, stderr, code]).toEqual([`${VERSION}\n`, '', 0]);
  });

  test('ends the demo with a sent report', async () => {
    const { stdout, stderr, code } = await installed.program(node, ['demo']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/✔ endpoint +received [\d ]+ bytes with the same sha256\n/);
    expect(stdout).toContain('npx timescaledb-telemetry demo --report ');
  });

  test('shows the report and the verdict of a server', async () => {
    const url = ['--database-url', urlOf(database)];
    const { stdout, stderr, code } = await installed.program(node, ['report', ...url]);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/"db_uuid": "/);
    expect(stdout).toMatch(/version +.*2\.28\.3/);
  });

  test('synthesises an app of ten lines with its construct', async () => {
    const file = join(installed.folder, 'app.js');
    await writeFile(file, APP);
    const { stdout, stderr, code } = await installed.module(node, file);
    expect([stdout, stderr, code]).toEqual([
      'timescaledb-telemetry-prod timescaledb-telemetry-prod-1\n',
      '',
      0,
    ]);
  });

  test('creates a folder to deploy from, and synthesises the templates of this repository', async () => {
    const folder = join(installed.folder, `deploy-${node}`);
    const created = await installed.program(node, ['init', folder]);
    expect([created.stderr, created.code]).toEqual(['', 0]);
    await symlink(join(installed.folder, 'node_modules'), join(folder, 'node_modules'));
    const { stderr, code } = await installed.program(node, ['synth', 'prod'], folder);
    expect(stderr).toMatch(/✔ stacks +2 of prod synthesised for account 111111111111, /);
    expect(stderr).not.toMatch(/warning/i);
    expect(code).toBe(0);
    const own = await ownTemplates(join(packed.folder, 'bundles'), folder);
    for (const [stack, template] of Object.entries(own)) {
      const file = join(folder, 'cdk.out', `${stack}.template.json`);
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(template);
    }
    expect(Object.keys(own)).toHaveLength(2);
  });

  test('lists the problems of an environment without esbuild', async () => {
    const folder = join(installed.folder, `broken-${node}`);
    await installed.program(node, ['init', folder]);
    await writeFile(
      join(folder, 'environments', 'prod.ts'),
      'export const environment = {\n  account: 1,,\n};\n',
    );
    const { stderr, code } = await installed.program(node, ['synth', 'prod'], folder);
    expect(stderr).toMatch(/environments\/prod\.ts:2(:\d+)?: /);
    expect(code).toBe(1);
  });
});
