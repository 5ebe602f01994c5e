import { join } from 'node:path';

/** The folder of the tests' own environments: `dev`, `staging` and `prod`. */
export const FIXTURES_FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'environments');
/** A folder that does not exist: no environment answers, whatever the user keeps in `environments/`. */
export const NO_ENVIRONMENTS = join(FIXTURES_FOLDER, 'none');
