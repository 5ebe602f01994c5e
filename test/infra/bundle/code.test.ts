import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { bundleCode } from '../../../infra/bundle/bundle-code.ts';
import { type Code, copyCode } from '../../../infra/bundle/code-assets.ts';
import type { Database } from '../../../infra/config/resolved-environment.ts';
import type { SecretReference } from '../../../infra/config/rules/secret-reference.ts';
import { parseFleetSettings, readFleetFile } from '../../../lib/fleet-report/settings.ts';
import { PURPOSES } from '../../../lib/naming.ts';
import { functionsOfDatabases } from '../../support/aws/constructs.ts';
import { bundlesFolder, checked, type Synthesis, synthesise } from '../../support/aws/synthesis.ts';

const SECRET: SecretReference = { id: 'x', resources: ['x'] };

function aDatabase(name: string, caFile?: string): Database {
  return {
    name,
    stack: 1,
    secret: SECRET,
    configure: SECRET,
    tlsMode: 'verify-full',
    overrides: {},
    choices: {},
    delivery: {},
    tickHours: 24,
    doNotTrack: false,
    hasWorker: false,
    ...(caFile !== undefined && { caFile }),
  };
}

function authority(name: string): string {
  const file = join(inject('folder'), `${name}.pem`);
  writeFileSync(file, `the certificate of ${name}`);
  return file;
}

test('the code of each function exists once, and once more for each certificate authority', async () => {
  const [one, other] = [authority('one'), authority('other')];
  const plain = aDatabase('plain');
  const [first, second, third] = [
    aDatabase('first', one),
    aDatabase('second', one),
    aDatabase('third', other),
  ];
  const code = await bundleCode({ databases: [plain, first, second, third] });
  for (const purpose of PURPOSES) {
    const folder = code.folderOf(purpose, plain);
    expect(existsSync(join(folder, 'ca.pem'))).toBe(false);
    const withOne = code.folderOf(purpose, first);
    expect(code.folderOf(purpose, second)).toBe(withOne);
    expect(readFileSync(join(withOne, 'ca.pem'), 'utf8')).toBe('the certificate of one');
    expect(readFileSync(join(code.folderOf(purpose, third), 'ca.pem'), 'utf8')).toBe(
      'the certificate of other',
    );
    expect(readFileSync(join(withOne, 'index.mjs'))).toEqual(
      readFileSync(join(folder, 'index.mjs')),
    );
  }
  const { bytes, laterBytes } = inject('bundles')['send-report'];
  expect(code.largestBytes).toBe(bytes + laterBytes);
  code[Symbol.dispose]();
  expect(existsSync(code.folderOf('send-report', plain))).toBe(false);
});

test('the target of a function names the file of its certificate authority', async () => {
  const environment = checked();
  const databases = environment.databases.map((database) => ({
    ...database,
    caFile: authority('own'),
  }));
  using code = copyCode(bundlesFolder(), { databases });
  const synthesis = synthesise({ ...environment, databases }, code);
  for (const [, { Properties }] of functionsOfDatabases(synthesis)) {
    const { Variables } = Properties['Environment'] as { readonly Variables: { TARGET: string } };
    expect(JSON.parse(Variables.TARGET).tls).toEqual({ mode: 'verify-full', caFile: 'ca.pem' });
  }
});

test('the version data of an environment is in the code of all its functions', async () => {
  const environment = checked();
  const [database] = environment.databases;
  if (database === undefined) throw new TypeError('There is no database.');
  const databases = [database, { ...database, name: 'private', caFile: authority('third') }];
  const versionData = { path: 'own.json', asOf: '2026-11-21', ageDays: 1, json: '{"asOf":"…"}' };
  using code = copyCode(bundlesFolder(), { databases, versionData });
  for (const purpose of PURPOSES) {
    for (const one of databases) {
      const file = join(code.folderOf(purpose, one), 'version-data.json');
      expect(readFileSync(file, 'utf8')).toBe(versionData.json);
    }
  }
  const targetsOf = (synthesis: Synthesis) =>
    functionsOfDatabases(synthesis).map(([, { Properties }]) => {
      const { Variables } = Properties['Environment'] as { readonly Variables: { TARGET: string } };
      return JSON.parse(Variables.TARGET);
    });
  const targets = targetsOf(synthesise({ ...environment, databases, versionData }, code));
  expect(targets.map(({ versionData: path }) => path)).toEqual(
    Array.from({ length: 4 }, () => 'version-data.json'),
  );
  using plain = copyCode(bundlesFolder(), environment);
  expect(existsSync(join(plain.folderOf('send-report', database), 'version-data.json'))).toBe(
    false,
  );
  for (const target of targetsOf(synthesise(environment, plain))) {
    expect(target).not.toHaveProperty('versionData');
  }
});

// Otherwise every deployment would update every function.
test('two bundles of the same sources have the same hash', async () => {
  const environment = checked();
  using first = copyCode(bundlesFolder(), environment);
  using second = await bundleCode(environment);
  const keysOf = (code: Code): unknown[] =>
    synthesise(environment, code)
      .resources('AWS::Lambda::Function')
      .map(([, { Properties }]) => Properties['Code']);
  expect(keysOf(second)).toEqual(keysOf(first));
});

test('the code of fleet-report has the databases and the mutes of the environment', async () => {
  const mute = [{ database: 'metrics', until: '2027-01-31', reason: 'Not exposed.' }];
  const environment = checked({ mute });
  using code = copyCode(bundlesFolder(), environment);
  const content: unknown = JSON.parse(readFileSync(join(code.fleetFolder, 'fleet.json'), 'utf8'));
  expect(content).toEqual({
    databases: environment.databases.map(({ name, tickHours }) => ({ name, tickHours })),
    mute,
  });
  const variables = {
    FLEET: JSON.stringify({ environment: 'a', bucket: 'abc', file: 'fleet.json' }),
  };
  const file = await readFleetFile(parseFleetSettings(variables), {
    LAMBDA_TASK_ROOT: code.fleetFolder,
  });
  expect(file).toEqual(content);
});
