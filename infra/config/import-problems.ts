import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildFailure, Message } from 'esbuild';
import { SERVICE } from '../../lib/naming.ts';
import { displayPath, IS_PACKAGE, ROOT } from './folders.ts';

/** Maximum number of problems shown of one file: later syntax errors often follow from the first. */
const MAX_PROBLEMS = 3;

interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

function formatLocation({ file, line, column }: Location): string {
  return `${displayPath(file)}:${line}:${column}`;
}

/** Whether esbuild threw an error, with messages about its input. */
function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** The module that an environment imports, and how esbuild names it when the import leads elsewhere. */
const OWN_MODULE = join('infra', 'config', 'environment.ts');
const OWN_MODULE_UNRESOLVED = new RegExp(
  `^(Could not resolve ".*infra/config/environment\\.ts"$|Cannot find package '${SERVICE}')`,
);

/** Returns what an environment in another folder needs, to import this project; empty for other problems. */
function importRemedy(file: string, text: string): string {
  if (!OWN_MODULE_UNRESOLVED.test(text)) return '';
  if (IS_PACKAGE) return `; run npm install ${SERVICE} in its folder`;
  const path = relative(dirname(file), join(ROOT, OWN_MODULE));
  const specifier = path.startsWith('.') ? path : `./${path}`;
  return `; write import { defineEnvironment } from '${specifier}'`;
}

/** Describes a message of esbuild with its place, where it has one. */
function describeMessage({ text, location }: Message): string {
  if (location === null) return text;
  const { line, column } = location;
  const file = resolve(ROOT, location.file);
  // esbuild counts columns from 0.
  return `${formatLocation({ file, line, column: column + 1 })}: ${text}${importRemedy(file, text)}`;
}

/** Imports esbuild, which the package does not depend on: where it is not installed, problems have only Node's location. */
async function importEsbuild() {
  try {
    return await import('esbuild');
  } catch {
    return undefined;
  }
}

/** Returns syntax errors, missing files and missing exports of a file and its imports, with esbuild's locations. */
async function findStaticProblems(file: string): Promise<readonly string[]> {
  const esbuild = await importEsbuild();
  try {
    await esbuild?.build({
      entryPoints: [file],
      absWorkingDir: ROOT,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      write: false,
      logLevel: 'silent',
    });
    return [];
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    return error.errors.slice(0, MAX_PROBLEMS).map(describeMessage);
  }
}

function toLocation(place: string, line: string, column: number): Location {
  const file = place.startsWith('file:') ? fileURLToPath(place) : place;
  return { file, line: Number(line), column };
}

/** Returns the location of a thrown error: from Node's excerpt with carets, or the first frame outside of packages. */
function locateError(stack: string): Location | undefined {
  const [, place, line = '', indent = ''] =
    /^((?:file:\/\/|\/).+):(\d+)\n(?:.*\n)*?( *)\^/.exec(stack) ?? [];
  if (place !== undefined) return toLocation(place, line, indent.length + 1);
  const frames = [...stack.matchAll(/ at (?:.*\()?((?:file:\/\/|\/).+?):(\d+):(\d+)\)?$/gm)];
  const own = frames.find(([, file = '']) => !file.includes('/node_modules/'));
  if (own === undefined) return undefined;
  const [, file = '', ownLine = '', column = ''] = own;
  return toLocation(file, ownLine, Number(column));
}

/** Describes why a file could not be imported, with file, line and column where they can be found. */
export async function describeImportError(
  file: string,
  thrown: unknown,
): Promise<readonly string[]> {
  const problems = await findStaticProblems(file);
  if (problems.length > 0) return problems;
  if (!(thrown instanceof Error)) return [String(thrown)];
  const location = locateError(thrown.stack ?? '');
  const message = thrown.message.trim();
  const problem = message + importRemedy(file, message);
  return [location === undefined ? problem : `${formatLocation(location)}: ${problem}`];
}
