import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Construct } from 'constructs';
import { SERVICE } from '../../lib/naming.ts';
import { ROOT } from '../config/folders.ts';

/** Context key of CDK for another folder of the bundles. */
export const BUNDLES_CONTEXT = `${SERVICE}:bundles`;

/** The folder of the package, and the folder that `npm run bundle` writes in the repository. */
const FOLDERS = [join(ROOT, 'bundles'), join(ROOT, 'dist')];

/**
 * Finds the bundles of the functions, for apps that use the constructs.
 *
 * @throws Error if there are none
 */
export function findBundles({ node }: Construct): string {
  const set: unknown = node.tryGetContext(BUNDLES_CONTEXT);
  const candidates = typeof set === 'string' ? [set] : FOLDERS;
  const found = candidates.find((folder) => existsSync(join(folder, 'send-report', 'index.mjs')));
  if (found !== undefined) return found;
  throw new Error(
    `The functions' bundles were not found in ${candidates.join(' or ')}. Install the package ${SERVICE} again; in its repository, run npm run bundle first.`,
  );
}
