import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { copyCode } from '../../infra/bundle/code-assets.ts';
import { environmentNames } from '../../infra/config/load.ts';
import { bundlesFolder, loadEnvironment, synthesise } from '../support/aws/synthesis.ts';
import { ownFiles, readOwn } from '../support/repo/pages.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

// One test for all examples, because the folder may be empty.
test("every example can be synthesised without warnings, and passes CDK's validation", async () => {
  vi.stubEnv('CDK_VALIDATION', 'true');
  try {
    for (const name of await environmentNames(EXAMPLES)) {
      const environment = await loadEnvironment(name, EXAMPLES);
      using code = copyCode(bundlesFolder(), environment);
      const { warnings, templates } = synthesise(environment, code);
      expect([name, warnings]).toEqual([name, []]);
      expect(Object.keys(templates)).toHaveLength(environment.stacks + 1);
    }
  } finally {
    vi.unstubAllEnvs();
  }
});

test('every example imports only packages and files of its own, as users who copy it do', () => {
  const files = ownFiles('examples/**/*.ts');
  const imports = files.flatMap((file) =>
    [...readOwn(file).matchAll(/ from '([^']+)'/g)].map(([, name]) => `${file}: ${name}`),
  );
  expect(imports).toContain('examples/minimal.ts: timescaledb-telemetry');
  expect(imports.filter((line) => line.includes(': ../'))).toEqual([]);
});
