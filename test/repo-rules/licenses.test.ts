import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import satisfies from 'spdx-satisfies';
import { describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { FUNCTIONS } from '../../infra/bundle/bundle.ts';
import { NOTICES_FILE } from '../../infra/bundle/third-party-notices.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Licences of packages in a bundle, which is distributed: they require only that their text is included. */
const SHIPPED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];
/** Licences of packages that are used and not distributed. */
const USED = [...SHIPPED, 'BlueOak-1.0.0', 'CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0', 'MPL-2.0'];
/** Licences of other packages, by name, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // The simulator of IAM policies and its parts, which test/infra/iam/ uses; they are not distributed.
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
      /** Bundled in another package, whose hash covers it. */
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

  test('contains only packages that may be distributed', () => {
    expect(packages.length).toBeGreaterThan(10);
    expect(packages.filter(({ license }) => !satisfies(license, SHIPPED))).toStrictEqual([]);
  });

  test('has a file with the licences next to it, and contains each package once', () => {
    const notices = readFileSync(join(dirname(file), NOTICES_FILE), 'utf8');
    const lines = notices.split('\n');
    for (const { name: shipped, version, license } of packages) {
      expect(lines).toContain(`${shipped} ${version} (${license})`);
    }
    const names = packages.map((one) => one.name);
    expect(names.filter((one, index) => names.indexOf(one) !== index)).toStrictEqual([]);
    expect(notices).toContain('Copyright (c) 2025 Colin McDonnell');
    // Packages with the same text share it.
    const [, ...sections] = notices.split('-'.repeat(80));
    const texts = sections.map((section) => section.trim().replace(/^(\S+ \S+ \(.*\)\n)+/, ''));
    expect(texts.length).toBeGreaterThan(5);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('the installed packages', () => {
  test('have known licences that allow their use', () => {
    const others = INSTALLED.filter(
      ({ license }) => license === undefined || !satisfies(license, USED),
    );
    expect(Object.fromEntries(others.map(({ name, license }) => [name, license]))).toStrictEqual(
      EXCEPTIONS,
    );
  });

  test('with an exception are development dependencies', () => {
    const exceptions = INSTALLED.filter(({ name }) => name in EXCEPTIONS);
    expect(exceptions.every(({ dev }) => dev === true)).toBe(true);
  });

  test('have a hash in the lock file', () => {
    const own = INSTALLED.filter(({ inBundle }) => inBundle !== true);
    expect(own.filter(({ integrity }) => !integrity?.startsWith('sha512-'))).toStrictEqual([]);
  });
});

test('package.json contains only exact versions', () => {
  const { overrides, ...groups } = MANIFEST;
  const loose = Object.values(groups)
    .flatMap((group) => Object.entries(group))
    .filter(([, version]) => !/^(npm:@?[\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(loose).toStrictEqual([]);
  expect(Object.values(overrides).filter((version) => !version.startsWith('$'))).toStrictEqual([]);
});
