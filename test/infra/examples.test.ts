import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundleCode } from '../../infra/bundle/bundle-code.ts';
import { environmentNames } from '../../infra/config/load.ts';
import { loadEnvironment, synthesise } from '../support/aws/synthesis.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

// One test for all examples, because the folder may be empty.
test('every example can be synthesised without warnings', async () => {
  for (const name of await environmentNames(EXAMPLES)) {
    const environment = await loadEnvironment(name, EXAMPLES);
    using code = await bundleCode(environment);
    const { warnings, templates } = synthesise(environment, code);
    expect([name, warnings]).toEqual([name, []]);
    expect(Object.keys(templates)).toHaveLength(environment.stacks + 1);
  }
});
