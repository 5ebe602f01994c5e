import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { PURPOSES } from '../../../lib/naming.ts';

const REPLACED = ['@aws-sdk/credential-provider-node', 'pg-connection-string', 'pgpass'];

test.each(PURPOSES)('the bundle of %s contains no package that an alias replaces', (name) => {
  const names = inject('bundles')[name].packages.map((one) => one.name);
  expect(names).toContain('@aws-sdk/credential-provider-env');
  expect(names.filter((one) => REPLACED.includes(one))).toEqual([]);
});

test.each([
  ['send-report', true],
  ['get-report', false],
  ['configure', false],
] as const)(
  'the folder of %s contains the scheduler of retries as a separate file: %s',
  (name, isThere) => {
    const folder = join(inject('bundles')[name].file, '..');
    expect(existsSync(join(folder, 'scheduler.mjs'))).toBe(isThere);
  },
);
