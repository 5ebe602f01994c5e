import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import satisfies from 'spdx-satisfies';
import { describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { FUNCTIONS } from '../../infra/bundle/bundle.ts';
import { NOTICES_FILE } from '../../infra/bundle/third-party-notices.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What may go into a bundle that others deploy: asks for no more than its text to come along. */
const SHIPPED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];
/** What may also be used on this machine, where nothing of it is handed on. */
const USED = [...SHIPPED, 'BlueOak-1.0.0', 'CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0', 'MPL-2.0'];
/** Beyond these, by name and with a reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // The simulator of IAM policies, and its parts: it judges our policies in test/infra/iam/iam.test.ts and goes nowhere.
  '@cloud-copilot/iam-policy': 'AGPL-3.0-or-later',
  '@cloud-copilot/iam-simulate': 'AGPL-3.0-or-later',
  '@cloud-copilot/iam-utils': 'AGPL-3.0-or-later',
};

const versionsSchema = z.record(z.string(), z.string());
const manifestSchema = z.object({
  dependencies: versionsSchema,
  devDependencies: versionsSchema,
  optionalDependencies: versionsSchema,
  overrides: versionsSchema,
});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      license: z.string().optional(),
      integrity: z.string().optional(),
      dev: z.boolean().optional(),
      /** It came inside of another package, and was seen with that. */
      inBundle: z.boolean().optional(),
    }),
  ),
});

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

const MANIFEST = manifestSchema.parse(read('package.json'));
const INSTALLED = Object.entries(lockSchema.parse(read('package-lock.json')).packages)
  .filter(([path]) => path !== '')
  .map(([path, one]) => ({ name: path.replace(/^.*node_modules\//, ''), ...one }));

describe.each(FUNCTIONS)('the bundle of %s', (name) => {
  const { file, packages } = inject('bundles')[name];

  test('has only what may be handed on', () => {
    expect(packages.length).toBeGreaterThan(10);
    expect(packages.filter(({ license }) => !satisfies(license, SHIPPED))).toStrictEqual([]);
  });

  test('has the licences beside it, and each package once', () => {
    const notices = readFileSync(join(dirname(file), NOTICES_FILE), 'utf8');
    const lines = notices.split('\n');
    for (const { name: shipped, version, license } of packages) {
      expect(lines).toContain(`${shipped} ${version} (${license})`);
    }
    const names = packages.map((one) => one.name);
    expect(names.filter((one, index) => names.indexOf(one) !== index)).toStrictEqual([]);
    expect(notices).toContain('Copyright (c) 2010 - 2021 Brian Carlson');
    // Each text once, whoever has it.
    const [, ...sections] = notices.split('-'.repeat(80));
    const texts = sections.map((section) => section.trim().replace(/^(\S+ \S+ \(.*\)\n)+/, ''));
    expect(texts.length).toBeGreaterThan(5);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('of what is installed', () => {
  test('every licence is known, and allows to be used here', () => {
    const others = INSTALLED.filter(
      ({ license }) => license === undefined || !satisfies(license, USED),
    );
    expect(Object.fromEntries(others.map(({ name, license }) => [name, license]))).toStrictEqual(
      EXCEPTIONS,
    );
  });

  test('what is an exception is for the tests alone', () => {
    const exceptions = INSTALLED.filter(({ name }) => name in EXCEPTIONS);
    expect(exceptions.every(({ dev }) => dev === true)).toBe(true);
  });

  test('what npm ci installs is what was seen when it was locked', () => {
    const own = INSTALLED.filter(({ inBundle }) => inBundle !== true);
    expect(own.filter(({ integrity }) => !integrity?.startsWith('sha512-'))).toStrictEqual([]);
  });
});

test('every version is exact', () => {
  const { overrides, ...groups } = MANIFEST;
  const loose = Object.values(groups)
    .flatMap((group) => Object.entries(group))
    .filter(([, version]) => !/^(npm:@?[\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(loose).toStrictEqual([]);
  expect(Object.values(overrides).filter((version) => !version.startsWith('$'))).toStrictEqual([]);
});
