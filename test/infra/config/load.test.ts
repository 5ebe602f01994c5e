import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import {
  environmentNames,
  findNameProblem,
  findTargetProblem,
  readEnvironment,
  readIfPossible,
} from '../../../infra/config/load.ts';
import { FIXTURES_FOLDER } from '../../support/aws/fixtures.ts';
import { loadEnvironment } from '../../support/aws/synthesis.ts';

const execute = promisify(execFile);
const LOADER = join(import.meta.dirname, '..', '..', '..', 'infra', 'config', 'load.ts');

/** Writes files into a new folder. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(inject('folder'), 'environments-'));
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

async function problemsOf(name: string, folder: string): Promise<readonly string[]> {
  const error: unknown = await readEnvironment(name, folder).catch((thrown: unknown) => thrown);
  if (error instanceof EnvironmentError) return error.problems;
  throw new Error('The environment was read.');
}

test.each(['dev', 'staging', 'prod'])('the fixture %s can be read and is valid', async (name) => {
  await expect(loadEnvironment(name)).resolves.toMatchObject({
    place: { environment: name, region: 'eu-central-1' },
  });
});

describe('the environments of a folder', () => {
  test('are only its files <name>.ts and <name>/environment.ts', async () => {
    const environment = 'export const environment = { account: "1" };';
    const folder = folderWith({
      'prod.ts': environment,
      'fleet/environment.ts': environment,
      'fleet/databases.csv': 'name',
      'shared/helper.ts': '',
      'types.d.ts': '',
      'README.md': '',
    });
    expect(await environmentNames(folder)).toEqual(['fleet', 'prod']);
    await expect(readEnvironment('fleet', folder)).resolves.toEqual({
      name: 'fleet',
      folder: join(folder, 'fleet'),
      settings: { account: '1' },
    });
    await expect(readEnvironment('prod', folder)).resolves.toMatchObject({ folder });
  });

  test('are rejected when two files have one name', async () => {
    const folder = folderWith({ 'prod.ts': '', 'prod/environment.ts': '' });
    expect(await problemsOf('prod', folder)).toEqual([
      expect.stringMatching(/ have the same name; rename one of them$/),
    ]);
  });
});

describe('the name of an environment', () => {
  test.each([
    ['prd', 'There is no environment "prd" in test/fixtures/environments'],
    [
      '../environments/prod',
      'There is no environment "../environments/prod" in test/fixtures/environments',
    ],
    ['', 'No environment is named'],
  ])('that does not exist (%j) is reported with the names that exist', async (name, message) => {
    const remedy = 'Use one of dev, prod, staging, or another folder with --environments <dir>';
    expect(await findNameProblem(name, FIXTURES_FOLDER)).toEqual({ message, remedy });
    expect(await problemsOf(name, FIXTURES_FOLDER)).toEqual([`${message}. ${remedy}`]);
  });

  test.each([
    ['', / contains no environment$/],
    ['nowhere', / does not exist$/],
  ])(
    'in a folder without environments (%j) is reported with the command that copies an example',
    async (path, message) => {
      expect(await findNameProblem('prod', join(folderWith({}), path))).toEqual({
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(
          /^Copy an example \(.*cp examples\/minimal\.ts environments\//,
        ),
      });
    },
  );
});

describe('the name of a database', () => {
  test('is accepted when its environment has it', async () => {
    expect(await findTargetProblem('prod', 'orders', FIXTURES_FOLDER)).toBeUndefined();
  });

  test('is rejected, with the names that exist, when its environment does not have it', async () => {
    expect(await findTargetProblem('prd', 'orders', FIXTURES_FOLDER)).toMatchObject({
      message: expect.stringMatching(/^There is no environment "prd"/),
    });
    expect(await findTargetProblem('prod', 'order', FIXTURES_FOLDER)).toEqual({
      message: 'The environment prod has no database "order"',
      remedy: 'Use one of metrics, metrics-archive, orders, warehouse, vendor',
    });
  });

  test('is accepted when there is no environment, or its file cannot be used', async () => {
    expect(await findTargetProblem('prod', 'metrics', folderWith({}))).toBeUndefined();
    for (const text of ['throw 1', '', 'export const environment = { databases: "none" };']) {
      const folder = folderWith({ 'prod.ts': text });
      expect(await findTargetProblem('prod', 'metrics', folder)).toBeUndefined();
    }
  });

  test('is rejected with the first ten names only in a large environment', async () => {
    const databases = Array.from({ length: 12 }, (_, index) => ({ name: `db-${index}` }));
    const folder = folderWith({
      'prod.ts': `export const environment = { databases: ${JSON.stringify(databases)} };`,
    });
    expect(await findTargetProblem('prod', 'x', folder)).toMatchObject({
      remedy: expect.stringMatching(/ db-8, db-9 and 2 more$/),
    });
  });
});

describe('the file of an environment', () => {
  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'a syntax error',
      { 'prod.ts': 'export const environment = {\n  account: 1,,\n};\n' },
      /\/prod\.ts:2:14: Expected identifier but found ","$/,
    ],
    [
      'a syntax error in an imported file',
      {
        'prod.ts': "import './databases.ts';\n",
        'databases.ts': 'export const databases = [\n',
      },
      /\/databases\.ts:2:1: Unexpected end of file$/,
    ],
    [
      'JSON that is malformed',
      {
        'prod.ts': "import fleet from './fleet.json' with { type: 'json' };\nexport { fleet };\n",
        'fleet.json': '[\n  {"name": "x",}\n]\n',
      },
      /\/fleet\.json:2:15: JSON does not support trailing commas$/,
    ],
    [
      'a file that is missing',
      { 'prod.ts': "\nimport { x } from './nowhere.ts';\nexport { x };\n" },
      /\/prod\.ts:2:19: Could not resolve "\.\/nowhere\.ts"$/,
    ],
    [
      'an import of this repository that leads elsewhere, with the import to write,',
      {
        'prod.ts':
          "import { defineEnvironment } from '../infra/config/environment.ts';\ndefineEnvironment();\n",
      },
      /\/prod\.ts:1:35: Could not resolve "\.\.\/infra\/config\/environment\.ts"; write import \{ defineEnvironment \} from '(\.\.\/)+(.*\/)?infra\/config\/environment\.ts'$/,
    ],
    [
      'an error that it throws',
      { 'prod.ts': "const a = 1;\nthrow new Error('no fleet.json');\n" },
      /\/prod\.ts:2:7: no fleet\.json$/,
    ],
    ['a thrown value, which has none', { 'prod.ts': "throw 'nothing';\n" }, /^nothing$/],
  ])('is rejected with the location of %s', async (_what, files, problem) => {
    const folder = folderWith(files);
    expect(await problemsOf('prod', folder)).toEqual([expect.stringMatching(problem)]);
    await expect(readIfPossible('prod', folder)).resolves.toBeUndefined();
  });

  /** Returns the problem in a process of its own, because vitest imports otherwise than Node. */
  async function problemInNode(text: string): Promise<string> {
    const folder = folderWith({ 'prod.ts': text });
    const script = `
      import { readEnvironment } from ${JSON.stringify(pathToFileURL(LOADER).href)};
      await readEnvironment('prod', ${JSON.stringify(folder)}).catch((error) => console.log(error.message));
    `;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script]);
    return stdout;
  }

  test('is rejected with the location from Node when only Node rejects it', async () => {
    expect(await problemInNode('export {};\n  enum Tick { Hourly }\n')).toMatch(
      /\/prod\.ts:2:3: TypeScript enum is not supported in strip-only mode\./,
    );
  });

  test('is rejected with the import to write where this package is not installed', async () => {
    const text =
      "import { defineEnvironment } from 'timescaledb-telemetry';\ndefineEnvironment();\n";
    expect(await problemInNode(text)).toMatch(
      /Cannot find package 'timescaledb-telemetry' .*; write import \{ defineEnvironment \} from '(\.\.\/)+(.*\/)?infra\/config\/environment\.ts'/,
    );
  });

  test('is rejected when it exports no environment', async () => {
    expect(await problemsOf('prod', folderWith({ 'prod.ts': 'export {};' }))).toEqual([
      expect.stringMatching(/prod\.ts exports no environment; write export const environment = /),
    ]);
  });
});
