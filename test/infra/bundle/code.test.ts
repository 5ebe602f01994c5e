import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { bundleCode } from '../../../infra/bundle/code-assets.ts';
import type { Database } from '../../../infra/config/resolved-environment.ts';
import type { SecretReference } from '../../../infra/config/rules/secret-reference.ts';
import { PURPOSES } from '../../../lib/naming.ts';
import { checked, synthesise } from '../../support/aws/synthesis.ts';

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
  await code[Symbol.asyncDispose]();
  expect(existsSync(code.folderOf('send-report', plain))).toBe(false);
});

test('the target of a function names the file of its certificate authority', async () => {
  const environment = checked();
  const databases = environment.databases.map((database) => ({
    ...database,
    caFile: authority('own'),
  }));
  await using code = await bundleCode({ databases });
  const { resources } = synthesise({ ...environment, databases }, code);
  for (const [, { Properties }] of resources('AWS::Lambda::Function')) {
    const { Variables } = Properties['Environment'] as { readonly Variables: { TARGET: string } };
    expect(JSON.parse(Variables.TARGET).tls).toEqual({ mode: 'verify-full', caFile: 'ca.pem' });
  }
});

// Otherwise every deployment would update every function.
test('two bundles of the same sources have the same hash', async () => {
  const environment = checked();
  const keys = async (): Promise<unknown[]> => {
    await using code = await bundleCode(environment);
    return synthesise(environment, code)
      .resources('AWS::Lambda::Function')
      .map(([, { Properties }]) => Properties['Code']);
  };
  expect(await keys()).toEqual(await keys());
});
