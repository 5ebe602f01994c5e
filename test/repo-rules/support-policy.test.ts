import { expect, test } from 'vitest';
import * as z from 'zod';
import { parsePage, readOwn, sectionsOf } from '../support/repo/pages.ts';

const SECTION =
  sectionsOf(parsePage('SECURITY.md', readOwn('SECURITY.md'))).get('Supported versions') ?? '';

const packageSchema = z.object({ engines: z.object({ node: z.string() }) });

test('SECURITY.md names the runtime of the functions', () => {
  const [, runtime = 'unknown'] =
    /runtime: '(\w+\.x)'/.exec(readOwn('infra/constructs/telemetry-function.ts')) ?? [];
  expect(SECTION).toContain(`\`${runtime}\``);
});

test("SECURITY.md names the versions of Node for the repository's scripts", () => {
  const { engines } = packageSchema.parse(JSON.parse(readOwn('package.json')));
  const [, version = 'unknown'] = /^>=(\d+)$/.exec(engines.node) ?? [];
  expect(SECTION).toContain(`| Node for the repository's scripts | ${version} and newer |`);
});
