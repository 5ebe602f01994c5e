import { findBrowser } from '../../browser/launch.ts';
import { resources } from '../resources.ts';

/**
 * Finds the browser before the test files, which would unpack it at the same time. It is unpacked into the folder of the
 * tests, because a run that was interrupted can have left an incomplete one in the temporary folder.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await resources.folder.acquire();
  const { TMPDIR } = process.env;
  process.env['TMPDIR'] = folder;
  try {
    process.env['CHROMIUM'] ??= await findBrowser();
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
  return () => resources.folder.release();
}
