import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { quotable } from '../../lib/config/printable.ts';
import { SERVICE } from '../../lib/naming.ts';
import type { EnvironmentSettings } from './environment.ts';
import { EnvironmentError } from './environment-error.ts';
import { DEFAULT_FOLDER, displayPath, IS_PACKAGE } from './folders.ts';

// The command line imports this module: nothing here may import the CDK.

/** The file of an environment that has a folder of its own, for certificates and data beside it. */
const FILE_IN_FOLDER = 'environment.ts';
/** Maximum length of a quoted name. */
const MAX_NAME_LENGTH = 100;

/** How a user gets the first environment. */
const CREATE_ONE = IS_PACKAGE
  ? `Create one with npx ${SERVICE} init <folder>`
  : 'Copy an example (mkdir -p environments && cp examples/minimal.ts environments/prod.ts)';

/** An environment as its file exports it, not validated. */
export interface WrittenEnvironment {
  readonly name: string;
  /** Absolute path of the folder that the file is in; paths in the settings are relative to it. */
  readonly folder: string;
  readonly settings: EnvironmentSettings;
}

function quoteName(name: string): string {
  return quotable(JSON.stringify(name), MAX_NAME_LENGTH);
}

/**
 * Finds the environments of a folder: `<name>.ts` and `<name>/environment.ts`.
 *
 * @returns the files by the environments' names, in alphabetical order; none when the folder does not exist
 */
async function findEnvironments(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  const files = entries.flatMap((entry): readonly (readonly [name: string, file: string])[] => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) {
      return /\.ts$/.test(entry.name) && !/\.d\.ts$/.test(entry.name)
        ? [[basename(entry.name, '.ts'), path]]
        : [];
    }
    const file = join(path, FILE_IN_FOLDER);
    return existsSync(file) ? [[entry.name, file]] : [];
  });
  const byName = Map.groupBy(files, ([name]) => name);
  return new Map(
    [...byName.keys()]
      .toSorted()
      .map((name) => [name, (byName.get(name) ?? []).map(([, file]) => file)]),
  );
}

/** The names of the environments in a folder, in alphabetical order. */
export async function environmentNames(folder = DEFAULT_FOLDER): Promise<readonly string[]> {
  return [...(await findEnvironments(folder)).keys()];
}

/** A message on a name that does not exist, and its remedy; both without a full stop. */
export interface NameProblem {
  readonly message: string;
  readonly remedy: string;
}

function formatNameProblem({ message, remedy }: NameProblem): string {
  return `${message}. ${remedy}`;
}

/** Explains that a folder has no environment of a name; undefined when it has one. */
export async function findNameProblem(
  name: string,
  folder = DEFAULT_FOLDER,
): Promise<NameProblem | undefined> {
  const names = await environmentNames(folder);
  if (names.includes(name)) return undefined;
  const where = displayPath(folder);
  if (names.length === 0) {
    const state = existsSync(folder) ? 'contains no environment' : 'does not exist';
    return {
      message: `The folder ${where} ${state}`,
      remedy: `${CREATE_ONE}, or name another folder with --environments <dir>`,
    };
  }
  return {
    message:
      name === ''
        ? 'No environment is named'
        : `There is no environment ${quoteName(name)} in ${where}`,
    remedy: `Use one of ${names.join(', ')}, or another folder with --environments <dir>`,
  };
}

function isSettings(value: unknown): value is EnvironmentSettings {
  return typeof value === 'object' && value !== null;
}

async function importSettings(name: string, file: string): Promise<unknown> {
  try {
    const module: { readonly environment?: unknown } = await import(pathToFileURL(file).href);
    return module.environment;
  } catch (error) {
    // Imported only on an error, because it imports esbuild.
    const { describeImportError } = await import('./import-problems.ts');
    throw new EnvironmentError(name, await describeImportError(file, error));
  }
}

/**
 * Imports an environment of a folder.
 *
 * @throws EnvironmentError when the folder has none of that name, or its file cannot be imported or exports none
 */
export async function readEnvironment(
  name: string,
  folder = DEFAULT_FOLDER,
): Promise<WrittenEnvironment> {
  const problem = await findNameProblem(name, folder);
  if (problem !== undefined) throw new EnvironmentError(name, [formatNameProblem(problem)]);
  const [file = '', duplicate] = (await findEnvironments(folder)).get(name) ?? [];
  if (duplicate !== undefined) {
    throw new EnvironmentError(name, [
      `${displayPath(file)} and ${displayPath(duplicate)} have the same name; rename one of them`,
    ]);
  }
  const settings = await importSettings(name, file);
  if (isSettings(settings)) return { name, folder: dirname(file), settings };
  throw new EnvironmentError(name, [
    `${displayPath(file)} exports no environment; write export const environment = defineEnvironment({ … })`,
  ]);
}

/** Imports an environment; undefined if it does not exist or its file cannot be used. */
export async function readIfPossible(
  name: string,
  folder = DEFAULT_FOLDER,
): Promise<EnvironmentSettings | undefined> {
  try {
    return (await readEnvironment(name, folder)).settings;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return undefined;
  }
}

function databaseNames(settings: EnvironmentSettings | undefined): readonly string[] {
  const databases: unknown = settings?.databases;
  if (!Array.isArray(databases)) return [];
  return databases.flatMap((database: unknown) => {
    const name: unknown =
      typeof database === 'object' && database !== null ? Reflect.get(database, 'name') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/** Maximum number of databases listed in a problem. */
const MAX_LISTED = 10;

/**
 * Explains that the environments of a folder have no such database; undefined when they have it, and where the folder
 * cannot answer: it has no environments, or the file cannot be used.
 */
export async function findTargetProblem(
  environment: string,
  database: string,
  folder = DEFAULT_FOLDER,
): Promise<NameProblem | undefined> {
  if ((await environmentNames(folder)).length === 0) return undefined;
  const problem = await findNameProblem(environment, folder);
  if (problem !== undefined) return problem;
  const names = databaseNames(await readIfPossible(environment, folder));
  if (names.length === 0 || names.includes(database)) return undefined;
  const more = names.length - MAX_LISTED;
  const listed = `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return {
    message: `The environment ${environment} has no database ${quoteName(database)}`,
    remedy: `Use one of ${listed}`,
  };
}
