import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../infra/bundle/bundle.ts';

/** Each is loaded at every cold start, so what is added has to be worth it: just above what they have. */
const LARGEST_BYTES: Readonly<Record<FunctionName, number>> = {
  'send-report': 355_000,
  'get-report': 334_500,
  configure: 340_000,
};

function textOf(name: FunctionName): string {
  return readFileSync(inject('bundles')[name].file, 'utf8');
}

test.each(FUNCTIONS)('a start of %s imports one file, and a small one', (name) => {
  const text = textOf(name);
  expect(inject('bundles')[name].bytes).toBe(Buffer.byteLength(text));
  expect(Buffer.byteLength(text)).toBeLessThan(LARGEST_BYTES[name]);
  expect(text).not.toMatch(/\b(?:import|from)\s*["'](?:\.|node:)/);
});

test.each(FUNCTIONS)('%s looks for credentials and a region in its environment alone', (name) => {
  const folder = dirname(inject('bundles')[name].file);
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    // The metadata services of EC2 and of containers, single sign-on, processes, files of settings.
    expect(text).not.toMatch(/169\.254\.|sso-oidc|credential_process|AWS_SHARED_CREDENTIALS_FILE/);
  }
});

test('what only a failed run needs is not in the file that a start imports', () => {
  const text = textOf('send-report');
  expect(text).not.toContain('CreateSchedule"');
  expect(text).not.toContain('28P01');
  const { file, laterBytes } = inject('bundles')['send-report'];
  expect(readdirSync(dirname(file))).toContain('scheduler.mjs');
  expect(laterBytes).toBeGreaterThan(100_000);
});
