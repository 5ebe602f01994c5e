import { defineConfig } from 'vitest/config';

/** The tests that need nothing but the code: no server, no bundle. */
export default defineConfig({
  test: {
    include: [
      'test/unit/{consent,fields,level,schedule,retry,versions,version-support,report,sql-by-release,docs}.test.ts',
    ],
  },
});
