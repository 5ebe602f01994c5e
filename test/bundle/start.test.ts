import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../infra/bundle/bundle.ts';

/** Limits just above the current sizes. Every cold start loads these bytes, so each increase needs a reason. */
const LARGEST_BYTES: Readonly<Record<FunctionName, number>> = {
  'send-report': 358_000,
  'get-report': 338_000,
  configure: 350_000,
  'database-worker': 166_000,
  'fleet-report': 82_000,
};

function textOf(name: FunctionName): string {
  return readFileSync(inject('bundles')[name].file, 'utf8');
}

test.each(FUNCTIONS)('a start of %s imports one file within its size limit', (name) => {
  const text = textOf(name);
  expect(inject('bundles')[name].bytes).toBe(Buffer.byteLength(text));
  expect(Buffer.byteLength(text)).toBeLessThan(LARGEST_BYTES[name]);
  expect(text).not.toMatch(/\b(?:import|from)\s*["'](?:\.|node:)/);
});

test.each(FUNCTIONS)('%s reads credentials and region only from its environment', (name) => {
  const folder = dirname(inject('bundles')[name].file);
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    // The metadata services of EC2 and of containers, single sign-on, processes and configuration files.
    expect(text).not.toMatch(/169\.254\.|sso-oidc|credential_process|AWS_SHARED_CREDENTIALS_FILE/);
  }
});

test('a start of send-report imports no code for failed runs', () => {
  const text = textOf('send-report');
  expect(text).not.toContain('CreateSchedule"');
  expect(text).not.toContain('28P01');
  const { file, laterBytes } = inject('bundles')['send-report'];
  expect(readdirSync(dirname(file))).toContain('scheduler.mjs');
  expect(laterBytes).toBeGreaterThan(100_000);
});

test.each(FUNCTIONS)('%s has no parsers of types whose values it leaves as text', (name) => {
  const names = inject('bundles')[name].packages.map((one) => one.name);
  const parsers = /^(pg-int8|postgres-(bytea|date|interval))$/;
  expect(names.filter((one) => parsers.test(one))).toEqual([]);
});
