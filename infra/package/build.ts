import { join } from 'node:path';
import { ROOT } from '../config/folders.ts';
import { buildPackage } from './build-package.ts';

/**
 * Builds the npm package, which `npm pack` and `npm publish` take: into `dist/package`, or into a folder that is given with the
 * folders of functions that are built already.
 */
const [folder = join(ROOT, 'dist', 'package'), ...bundles] = process.argv.slice(2);

await buildPackage(folder, bundles.length === 0 ? undefined : bundles);
process.stdout.write(`${folder}\n`);
