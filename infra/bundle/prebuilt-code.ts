import { join } from 'node:path';
import { ROOT } from '../config/folders.ts';
import { type Code, type CodeSettings, copyCode } from './code-assets.ts';

/** Copies the built functions: the module `#bundle-code` of the package, which in the repository is `bundle-code.ts`. */
export async function bundleCode(settings: CodeSettings): Promise<Code> {
  return copyCode(join(ROOT, 'bundles'), settings);
}
