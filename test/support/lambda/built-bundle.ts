import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionName } from '../../../infra/bundle/bundle.ts';

/**
 * Finds a function that the tests have built, in the folder TEST_BUNDLES: the module `#bundle` of a command with the condition
 * `bundles-of-tests`. To build it again takes more than a second of CPU time.
 */
export async function bundleOnce(name: FunctionName) {
  const file = join(process.env['TEST_BUNDLES'] ?? '', name, 'index.mjs');
  return { file, bytes: statSync(file).size, [Symbol.asyncDispose]: async () => undefined };
}
