import { join, relative, resolve } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');
/** Default folder of the users' environments; git ignores it. */
export const DEFAULT_FOLDER = join(ROOT, 'environments');

/** Resolves the value of `--environments`, which is relative to the folder in which npm was started. */
export function environmentsFolder(option: string | undefined): string {
  if (option === undefined) return DEFAULT_FOLDER;
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), option);
}

/** A path as a message shows it: relative to the project where it is inside. */
export function displayPath(path: string): string {
  const fromRoot = relative(ROOT, path);
  return fromRoot.startsWith('..') ? path : fromRoot;
}
