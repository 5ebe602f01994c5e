import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';

/** The time at which the settings are checked. */
export const NOW = Date.UTC(2026, 10, 25);

/** Returns the problems of settings that TypeScript may reject. */
export function problemsOf(settings: object, name = 'test'): readonly string[] {
  try {
    checkEnvironment(name, settings as EnvironmentSettings, NOW);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}
