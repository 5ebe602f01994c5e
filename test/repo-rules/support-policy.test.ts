import { expect, test } from 'vitest';
import * as z from 'zod';
import { SUPPORTED_NODE } from '../../infra/node-version.ts';
import { parsePage, readOwn, sectionsOf } from '../support/repo/pages.ts';

const SECTION =
  sectionsOf(parsePage('SECURITY.md', readOwn('SECURITY.md'))).get('Supported versions') ?? '';

const packageSchema = z.object({ engines: z.object({ node: z.string() }) });

test('SECURITY.md names the runtime of the functions', () => {
  const [, runtime = 'unknown'] =
    /runtime: '(\w+\.x)'/.exec(readOwn('infra/constructs/telemetry-function.ts')) ?? [];
  expect(SECTION).toContain(`\`${runtime}\``);
});

test('the pages name the versions of Node for the commands of the package', () => {
  expect(SUPPORTED_NODE).toBe('^22.21.0 || >=24.5.0');
  expect(SECTION).toContain('commands of the package | 22.21 and newer, 24.5 and newer, ');
  for (const page of ['README.md', 'docs/deploying.md', 'docs/outside-lambda.md']) {
    expect(readOwn(page)).toContain('Node 22.21, or 24.5 or newer');
  }
  expect(readOwn('docs/cli.md')).toContain(SUPPORTED_NODE);
});

test("SECURITY.md names the versions of Node for the repository's scripts", () => {
  const { engines } = packageSchema.parse(JSON.parse(readOwn('package.json')));
  const [, version = 'unknown'] = /^>=(\d+)$/.exec(engines.node) ?? [];
  expect(SECTION).toContain(`| Node for the repository's scripts | ${version} and newer |`);
});
