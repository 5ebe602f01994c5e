import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { type Replacements, trim } from '../../../infra/bundle/trim.ts';

const MODULE = '@aws-sdk/credential-provider-env/dist-es/fromEnv.js';

async function bundled(contents: string, replacements: Replacements): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
    plugins: [trim(replacements)],
  });
  return outputFiles[0]?.text ?? '';
}

const USES_IT = "export { fromEnv } from '@aws-sdk/credential-provider-env';";
/** What the package's other names are, without which it could not be bundled. */
const REST = ['KEY', 'SECRET', 'SESSION', 'EXPIRATION', 'CREDENTIAL_SCOPE', 'ACCOUNT_ID']
  .map((name) => `export const ENV_${name} = '';`)
  .join('\n');

test('a module is replaced', async () => {
  const text = await bundled(USES_IT, {
    [MODULE]: `${REST} export const fromEnv = () => 'replaced';`,
  });
  expect(text).toContain('"replaced"');
  expect(text).not.toContain('AWS_ACCESS_KEY_ID');
});

test('a replacement of what is imported no more fails the build', async () => {
  await expect(bundled('export {};', { [MODULE]: REST })).rejects.toThrow(
    `${MODULE} is replaced, but nothing imports it`,
  );
});

test('a replacement that exports what the module does not fails the build', async () => {
  const replacements = { [MODULE]: `${REST} export const fromEnv = 1, fromFile = 2;` };
  await expect(bundled(USES_IT, replacements)).rejects.toThrow(
    `${MODULE} does not export fromFile, which replaces it`,
  );
});

test('a replacement that lacks what is imported of the module fails the build', async () => {
  await expect(bundled(USES_IT, { [MODULE]: REST })).rejects.toThrow(
    /No matching export in .* for import "fromEnv"/,
  );
});
