import type { Bundle, FunctionName } from '../../../infra/bundle/bundle.ts';
import type { TestServer } from '../postgres/postgres.ts';

/** What the global setups in `setup/` provide to the tests of their projects (see vitest.config.ts). */
declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
    /** The functions as they ship. */
    bundles: Readonly<Record<FunctionName, Bundle>>;
    /** Texts that no test may write: those of the server. */
    secrets: readonly string[];
    /** For files that a test needs; removed in the end. */
    folder: string;
  }
}
