import { bundle, FUNCTIONS } from './bundle.ts';
import { addFiles, type Code, type CodeSettings, createCodeFolder } from './code-assets.ts';

/** Bundles every function once, and adds the files of an environment. */
export async function bundleCode(settings: CodeSettings): Promise<Code> {
  const folder = createCodeFolder();
  for (const name of FUNCTIONS) await bundle(name, folder);
  return addFiles(folder, settings);
}
