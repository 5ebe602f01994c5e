import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EnvironmentSettings } from './environment.ts';
import type { Environment } from './resolved-environment.ts';
import { checkEnvironment, EnvironmentError } from './validate.ts';

const FOLDER = join(import.meta.dirname, '..', 'environments');

/** The names of all environments: those of the files in `infra/environments/`. */
export async function environmentNames(folder = FOLDER): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .toSorted();
}

function isSettings(value: unknown): value is EnvironmentSettings {
  return typeof value === 'object' && value !== null;
}

async function importSettings(name: string, folder: string): Promise<unknown> {
  try {
    const module: { readonly environment?: unknown } = await import(join(folder, `${name}.ts`));
    return module.environment;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EnvironmentError(name, [
      `its file cannot be loaded: ${why.trim()}; node infra/environments/${name}.ts shows where`,
    ]);
  }
}

/**
 * The environment of `infra/environments/<name>.ts`, as it is written.
 *
 * @throws EnvironmentError when there is none of that name, with those that there are, or when its file cannot be used
 */
export async function readEnvironment(name: string, folder = FOLDER): Promise<EnvironmentSettings> {
  const names = await environmentNames(folder);
  if (!names.includes(name)) {
    throw new EnvironmentError(name, [
      `there is none of that name in infra/environments; there are ${names.join(', ')}`,
    ]);
  }
  const settings = await importSettings(name, folder);
  if (isSettings(settings)) return settings;
  throw new EnvironmentError(name, [
    'its file has no environment; write export const environment = defineEnvironment({ … })',
  ]);
}

/** The same for whoever can do without; undefined where there is none, or its file cannot be used. */
export async function readIfPossible(
  name: string,
  folder = FOLDER,
): Promise<EnvironmentSettings | undefined> {
  try {
    return await readEnvironment(name, folder);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return undefined;
  }
}

/**
 * The same, checked.
 *
 * @param now in milliseconds since 1970
 * @throws EnvironmentError also when anything in it is wrong
 */
export async function loadEnvironment(name: string, now: number): Promise<Environment> {
  return checkEnvironment(name, await readEnvironment(name), now);
}
