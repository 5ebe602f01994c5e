import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DATABASE_WORKER, Purpose } from '../../lib/naming.ts';
import { ROOT } from '../config/folders.ts';

/** A function that the package contains. */
interface PrebuiltBundle extends AsyncDisposable {
  /** The file that Lambda imports. */
  readonly file: string;
  /** Size of the code that every start imports. */
  readonly bytes: number;
}

/** Finds a built function: the module `#bundle` of the package, which in the repository is `bundle.ts`. */
export async function bundleOnce(name: Purpose | typeof DATABASE_WORKER): Promise<PrebuiltBundle> {
  const file = join(ROOT, 'bundles', name, 'index.mjs');
  return { file, bytes: statSync(file).size, [Symbol.asyncDispose]: async () => undefined };
}
