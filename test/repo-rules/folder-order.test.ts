import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const LIB = join(import.meta.dirname, '..', '..', 'lib');

/**
 * The folders of `lib/`, the lowest first. A file imports only from its own folder, from lower ones, and from the files at the
 * root. Files at the root import only from each other.
 */
const FOLDERS = [
  ['network', 'config', 'aws'],
  ['credentials'],
  ['postgres'],
  ['timescaledb'],
  ['consent', 'schedule'],
  ['report'],
  ['delivery'],
  ['version-check'],
  ['run'],
  ['observability'],
  ['record'],
  ['configure', 'diagnostics'],
  ['worker'],
  ['fleet'],
  ['fleet-page'],
  ['fleet-report'],
] as const;

const ROOT_FILES = ['errors.ts', 'naming.ts', 'product.ts', 'version.ts'];

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : '';
}

function rankOf(file: string): number {
  const folder = folderOf(file);
  return FOLDERS.findIndex((folders) => folders.some((one) => one === folder));
}

/** All imports between files of `lib/`, also of types and dynamic ones. */
function importsIn(file: string): string[] {
  const source = readFileSync(join(LIB, file), 'utf8');
  const specifiers = [...source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)];
  return specifiers.map(([, specifier = '']) => relative(LIB, join(LIB, dirname(file), specifier)));
}

const FILES = globSync('**/*.ts', { cwd: LIB });

test('the root of lib/ contains only files that all folders share', () => {
  expect(FILES.filter((file) => folderOf(file) === '').toSorted()).toStrictEqual(ROOT_FILES);
});

test('the order contains every folder of lib/', () => {
  const folders = new Set(FILES.map(folderOf).filter((folder) => folder !== ''));
  expect([...folders].toSorted()).toStrictEqual(FOLDERS.flat().toSorted());
});

test('no file of lib/ imports from a higher folder', () => {
  const upward = FILES.flatMap((file) =>
    importsIn(file)
      .filter((imported) => folderOf(imported) !== folderOf(file) && folderOf(imported) !== '')
      .filter((imported) => folderOf(file) === '' || rankOf(imported) >= rankOf(file))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(upward.toSorted()).toStrictEqual([]);
});
