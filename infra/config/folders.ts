import { join, relative, resolve } from 'node:path';

/** Whether this is the published package, which contains compiled code, and not the repository. */
export const IS_PACKAGE = !import.meta.filename.endsWith('.ts');
export const ROOT = join(import.meta.dirname, '..', '..');
/** The folder that users work in, with their environments: in the repository its root, whatever folder a command starts in. */
export const WORKING_FOLDER = IS_PACKAGE ? process.cwd() : ROOT;
/** Default folder of the users' environments; the repository ignores it. */
export const DEFAULT_FOLDER = join(WORKING_FOLDER, 'environments');

/** Resolves the value of `--environments`, which is relative to the folder in which npm was started. */
export function environmentsFolder(option: string | undefined): string {
  if (option === undefined) return DEFAULT_FOLDER;
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), option);
}

/** A path as a message shows it: relative to the working folder where it is inside. */
export function displayPath(path: string): string {
  const inside = relative(WORKING_FOLDER, path);
  return inside.startsWith('..') ? path : inside;
}
