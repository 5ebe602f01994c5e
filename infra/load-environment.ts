import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkEnvironment, EnvironmentError } from './check-environment.ts';
import type { EnvironmentSettings } from './environment.ts';
import type { Environment } from './model.ts';

const FOLDER = join(import.meta.dirname, 'environments');

/** The names of all environments: those of the files in `infra/environments/`. */
export async function environmentNames(): Promise<readonly string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .toSorted();
}

function isSettings(value: unknown): value is EnvironmentSettings {
  return typeof value === 'object' && value !== null;
}

/**
 * The environment of `infra/environments/<name>.ts`, checked.
 *
 * @param now in milliseconds since 1970
 * @throws EnvironmentError when there is none of that name, with those that there are, or when anything in it is wrong
 */
export async function loadEnvironment(name: string, now: number): Promise<Environment> {
  const names = await environmentNames();
  if (!names.includes(name)) {
    throw new EnvironmentError(name, [
      `there is none of that name in infra/environments; there are ${names.join(', ')}`,
    ]);
  }
  const module: { readonly environment?: unknown } = await import(join(FOLDER, `${name}.ts`));
  if (!isSettings(module.environment)) {
    throw new EnvironmentError(name, [
      'its file has no environment; write export const environment = defineEnvironment({ … })',
    ]);
  }
  return checkEnvironment(name, module.environment, now);
}
