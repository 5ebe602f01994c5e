import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { SBOM } from '../../infra/package/build-package.ts';
import { VERSION } from '../../lib/product.ts';
import { anchorsOf, linksOf, type Page, parsePage, readOwn } from '../support/repo/pages.ts';

/** Limits of the package's size in bytes; raise them only for a reason. */
const MAX_PACKED = 2_200_000;
const MAX_UNPACKED = 7_500_000;

/** What Node 24 has and Node 22 has not. */
const LACKING_IN_NODE_22 =
  /new (Async)?DisposableStack\b|RegExp\.escape|Promise\.try\(|Error\.isError|new URLPattern|Math\.f16round/;

const packed = inject('packed');

const versionsSchema = z.record(z.string(), z.string());
const manifestSchema = z.object({
  version: z.string(),
  dependencies: versionsSchema,
  optionalDependencies: versionsSchema,
  peerDependencies: versionsSchema,
});

/** Whether a link of a page leads to nothing in the package. */
function isBroken(link: string, page: Page, pages: readonly Page[]): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  const exists = path.endsWith('/')
    ? packed.files.some((other) => other.startsWith(path))
    : packed.files.includes(path);
  const target = pages.find((other) => other.path === path);
  const hasAnchor = anchor === undefined || (target && anchorsOf(target).has(anchor)) === true;
  return !exists || !hasAnchor;
}

describe('the package', () => {
  test('is within the limits of its size', () => {
    const { bytes, unpackedBytes } = packed;
    process.stdout.write(`The package has ${bytes} bytes, unpacked ${unpackedBytes} bytes.\n`);
    expect(bytes).toBeLessThan(MAX_PACKED);
    expect(unpackedBytes).toBeLessThan(MAX_UNPACKED);
  });

  test('contains code, types, functions, data, documentation, examples and licences, and no tests', () => {
    const folders = packed.files.map((file) => /^(.*?)\//.exec(file)?.[1] ?? '');
    expect([...new Set(folders)].toSorted()).toEqual([
      '',
      'bundles',
      'cli',
      'data',
      'docs',
      'emulator',
      'examples',
      'infra',
      'lib',
      'vendor',
    ]);
    const sources = packed.files.filter((file) => /(^|\/)test|\.test\.|(?<!\.d)\.ts$/.test(file));
    expect(sources.filter((file) => !file.startsWith('examples/'))).toEqual([]);
    expect(packed.files.filter((file) => /sns|workload/.test(file))).toEqual([
      'emulator/workload.sql',
    ]);
    expect(packed.files).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'CHANGELOG.md', SBOM, 'data/timescaledb.json'],
        ...['cli/main.js', 'cli/main.js.map', 'infra/config/environment.d.ts'],
        ...['bundles/send-report/index.mjs', 'bundles/send-report/THIRD-PARTY-NOTICES.txt'],
        ...['vendor/THIRD-PARTY-NOTICES.txt', 'docs/networks.md', 'docs/schemas/2.28.0.json'],
        ...['docs/examples/2.29.2.json', 'examples/minimal.ts', 'examples/terraform/worker.tf'],
      ]),
    );
  });

  test('has no page with a relative link to a file or heading that it lacks', async () => {
    const paths = packed.files.filter((file) => file.endsWith('.md'));
    const pages = await Promise.all(
      paths.map(async (path) => parsePage(path, await readFile(join(packed.folder, path), 'utf8'))),
    );
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => isBroken(link, page, pages))
        .map((link) => `${page.path}: ${link}`),
    );
    expect(paths).toEqual(expect.arrayContaining(['README.md', 'docs/cli.md']));
    expect(broken).toEqual([]);
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
