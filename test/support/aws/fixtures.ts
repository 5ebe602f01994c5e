import { join } from 'node:path';

/** The folder of the tests' own environments: `dev`, `staging` and `prod`. */
export const FIXTURES_FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'environments');
/** A folder that does not exist, so that the user's `environments/` is not read. */
export const NO_ENVIRONMENTS = join(FIXTURES_FOLDER, 'none');
