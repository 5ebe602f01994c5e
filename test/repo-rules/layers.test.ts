import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

test('the emulator, the library and the functions do not import the command line', () => {
  const files = globSync('{emulator,lib,functions}/**/*.ts', { cwd: ROOT });
  const importing = files.filter((file) =>
    /from '(\.\.\/)+cli\//.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(importing).toEqual([]);
});
