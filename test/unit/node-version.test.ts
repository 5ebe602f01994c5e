import { transform } from 'esbuild';
import semver from 'semver';
import { describe, expect, test } from 'vitest';
import { isSupportedNode, SUPPORTED_NODE } from '../../infra/node-version.ts';
import { readOwn } from '../support/repo/pages.ts';

const VERSIONS = [
  '12.20.0',
  '18.20.8',
  '20.20.2',
  '22.18.0',
  '22.20.0',
  '22.21.0',
  '22.23.3',
].concat(['23.11.1', '24.0.0', '24.4.1', '24.5.0', '24.21.0', '25.0.0', '26.1.0', '100.0.0']);

test.each(VERSIONS)('supports Node %s as engines says', (version) => {
  expect(isSupportedNode(version)).toBe(semver.satisfies(version, SUPPORTED_NODE));
});

describe.each(['cli/main.ts', 'infra/node-version.ts'])('%s', (path) => {
  test('has syntax that Node 12 can parse', async () => {
    const code = readOwn(path);
    const [old, own] = await Promise.all(
      ['node12.20', 'esnext'].map((target) => transform(code, { loader: 'ts', target })),
    );
    expect(old?.code).toBe(own?.code);
  });

  test('is loaded without other modules', () => {
    const imports = [...readOwn(path).matchAll(/^import .* from '(.*)';$/gm)].map(
      ([, from]) => from,
    );
    expect(imports).toEqual(path === 'cli/main.ts' ? ['../infra/node-version.ts'] : []);
  });
});
