import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { VERSION } from '../../lib/product.ts';
import { runCommand } from '../support/process/commands.ts';
import { linksOf, parsePage, ROOT, readOwn } from '../support/repo/pages.ts';

const FILES = [
  '.github/workflows/telemetry.yml',
  '.gitignore',
  'README.md',
  'environments/prod.ts',
  'package.json',
];

const versionsSchema = z.record(z.string(), z.string());
const manifestSchema = z.object({ devDependencies: versionsSchema });

async function emptyFolder(): Promise<string> {
  return mkdtemp(join(inject('folder'), 'init-'));
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

test('writes a folder to deploy from, and prints the next steps', async () => {
  const folder = join(await emptyFolder(), 'telemetry');
  const { stdout, stderr, code } = await runCommand('init', [folder]);
  expect([stderr, code]).toEqual(['', 0]);
  expect(await filesIn(folder)).toEqual(FILES);
  expect(stdout).toContain(`cd ${folder} && npm install\n`);
  const environment = await readFile(join(folder, 'environments/prod.ts'), 'utf8');
  expect(environment).toContain(
    '// Replace account and region; the region also in .github/workflows/telemetry.yml.\n',
  );
  expect(environment).toContain("secret: 'prod/metrics/telemetry'");
});

test('prints the commands of docs/deploying.md, and writes them into the README', async () => {
  const folder = await emptyFolder();
  const place = ['--account', '111111111111', '--region', 'eu-central-1'];
  const { stdout } = await runCommand('init', [folder, ...place]);
  const page = readOwn('docs/deploying.md');
  const [, documented = ''] = /cd telemetry && npm install\n([\s\S]*?)\n```/.exec(page) ?? [];
  const printed = stdout.slice(stdout.indexOf('npm install\n')).split('\n').slice(1);
  expect(printed.map((line) => line.replace(/^ {4}/, '')).join('\n')).toContain(documented);
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain(
    `npm install\n${documented}\n`,
  );
  const words = ['create role', 'create-secret', 'synth', 'boundary', 'bootstrap', 'deploy prod'];
  const places = [...words, 'send', 'package-lock.json'].map((word) => documented.indexOf(word));
  expect(places.filter((place) => place === -1)).toEqual([]);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
});

test('writes a README whose links lead into the package or to written files', async () => {
  const folder = await emptyFolder();
  await runCommand('init', [folder]);
  const readme = parsePage('README.md', await readFile(join(folder, 'README.md'), 'utf8'));
  const outside = linksOf(readme).filter(
    (link) =>
      !FILES.includes(link) &&
      !existsSync(join(ROOT, link.replace('node_modules/timescaledb-telemetry/', ''))),
  );
  expect(outside).toEqual([]);
  expect(linksOf(readme)).toContain('node_modules/timescaledb-telemetry/docs/deploying.md');
});

test('pins the versions that this version was tested with', async () => {
  const folder = await emptyFolder();
  await runCommand('init', [folder]);
  const { devDependencies } = manifestSchema.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  const tested = manifestSchema.parse(JSON.parse(readOwn('package.json'))).devDependencies;
  expect(devDependencies).toEqual({
    'timescaledb-telemetry': VERSION,
    ...Object.fromEntries(
      ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs'].map((name) => [name, tested[name]]),
    ),
  });
});

test('writes name, account and region where they belong', async () => {
  const folder = await emptyFolder();
  const place = ['--account', '222222222222', '--region', 'us-east-2'];
  await runCommand('init', [folder, '--environment', 'staging', ...place]);
  const environment = await readFile(join(folder, 'environments/staging.ts'), 'utf8');
  expect(environment).toContain("  account: '222222222222',\n  region: 'us-east-2',\n");
  expect(environment).not.toContain('Replace');
  const workflow: unknown = parse(
    await readFile(join(folder, '.github/workflows/telemetry.yml'), 'utf8'),
  );
  expect(JSON.stringify(workflow)).toContain('"aws-region":"us-east-2"');
  expect(JSON.stringify(workflow)).toContain('npx timescaledb-telemetry deploy staging ');
});

test('gives the workflow only the rights that it needs, and actions by their commit', async () => {
  const folder = await emptyFolder();
  await runCommand('init', [folder]);
  const text = await readFile(join(folder, '.github/workflows/telemetry.yml'), 'utf8');
  expect(parse(text)).toMatchObject({
    permissions: {},
    jobs: {
      check: { permissions: { contents: 'read' } },
      deploy: {
        if: "github.event_name == 'push'",
        permissions: { contents: 'read', 'id-token': 'write' },
      },
    },
  });
  const uses = text.split('\n').filter((line) => /\buses:/.test(line));
  expect(uses).toHaveLength(5);
  for (const line of uses) expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('installs packages in the workflow without their scripts', async () => {
  const folder = await emptyFolder();
  await runCommand('init', [folder]);
  const text = await readFile(join(folder, '.github/workflows/telemetry.yml'), 'utf8');
  expect(text.match(/npm (?:ci|install).*/g)).toEqual([
    'npm ci --ignore-scripts',
    'npm ci --ignore-scripts',
  ]);
});

test('writes nothing if one of the files exists', async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'README.md'), 'mine');
  const { stdout, stderr, code } = await runCommand('init', [folder]);
  expect([stdout, code]).toEqual(['', 1]);
  expect(stderr).toBe(
    'Nothing was written, because the folder has: README.md.\nName another folder, or move these files away.\n',
  );
  expect(await filesIn(folder)).toEqual(['README.md']);
});

test('explains that the folder cannot be written', async () => {
  const { stderr, code } = await runCommand('init', ['/dev/null/telemetry']);
  expect([stderr.split('\n')[0], code]).toEqual(['package.json cannot be written: ENOTDIR.', 1]);
});

test('lists all problems of the options', async () => {
  const options = ['--environment', 'Prod', '--account', '12', '--region', 'here'];
  const { stderr, code } = await runCommand('init', options);
  expect(code).toBe(2);
  expect(stderr.split('\n').slice(0, 4)).toEqual([
    "missing required argument 'folder'",
    '--environment must be 1 to 24 lower-case letters, digits and hyphens, and begin with a letter',
    '--account must be 12 digits',
    '--region must be the code of an AWS region, such as eu-central-1',
  ]);
});
